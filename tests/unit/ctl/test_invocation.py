"""Global flags anywhere on the line, and how a command speaks."""

from __future__ import annotations

import io

import pytest

from photoncloud.ctl.errors import UsageWrong
from photoncloud.ctl.invocation import GlobalFlags, Invocation, extract


@pytest.mark.parametrize(
    "argv",
    [
        ["-o", "json", "status", "-q", "lightningstor"],
        ["status", "lightningstor", "-q", "-o", "json"],
        ["status", "--output=json", "lightningstor", "--quiet"],
    ],
)
def test_flags_may_stand_before_or_after_the_verb(argv: list[str]) -> None:
    flags, rest = extract(argv)
    assert (flags.output, flags.quiet) == ("json", True)
    assert rest == ["status", "lightningstor"]


def test_every_flag() -> None:
    argv = "--context c --server s -n p -A --no-headers --sort-by .x -l a=b --field-selector f -w --timeout 5s"
    argv += " --request-timeout 1s --color never -vvv -y --dry-run=server x -- -o yaml"
    flags, rest = extract(argv.split())
    assert flags == GlobalFlags(
        "c", "s", "p", True, "", True, ".x", "a=b", "f", True, "5s", "1s", "never", False, 3, True, "server"
    )
    assert rest == ["x", "--", "-o", "yaml"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["-o"], "needs a value"),
        (["--color", "pink"], "none of auto"),
        (["--timeout", "soon"], "not a duration"),
        (["--dry-run=maybe"], "none of client"),
        (["--token", "abc"], "process list"),
        (["--secret-key=abc"], "process list"),
    ],
)
def test_refused(argv: list[str], words: str) -> None:
    with pytest.raises(UsageWrong, match=words):
        extract(argv)


def call(**flags: object) -> tuple[Invocation, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Invocation(GlobalFlags(**flags), {"HOME": "/nonexistent"}, out, err, io.StringIO()), out, err  # type: ignore[arg-type]


def test_data_and_words_go_their_own_ways() -> None:
    made, out, err = call()
    made.print("data")
    made.say("word\x1b[31m")
    made.trace(1, "hidden")
    assert (out.getvalue(), err.getvalue()) == ("data\n", "word\\x1b[31m\n")


def test_quiet_and_verbose() -> None:
    made, _, err = call(quiet=True, verbosity=3)
    made.say("unheard")
    made.trace(3, "token=abcdefgh12345")
    assert err.getvalue() == "token=***\n"


def test_nobody_is_asked_off_a_terminal() -> None:
    made, _, _ = call()
    with pytest.raises(UsageWrong, match="--yes"):
        made.confirm("really?")
    assert call(yes=True)[0].confirm("really?")


def test_an_unknown_form_is_a_usage_error() -> None:
    with pytest.raises(UsageWrong, match="no output form"):
        _ = call(output="xml")[0].form
