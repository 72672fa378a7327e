from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config import Flag, UsageError
from photoncloud.config.arguments import OPTIONS, Assignment, parse_arguments, usage

FLAGS = (Flag("--s3-addr", "server.s3_addr", "ADDR", "S3 listener"), Flag("--versioning", "features.versioning", ""))


def test_forms_of_options() -> None:
    parsed = parse_arguments(
        ["--config=a=b", "--config-only", "--set", "a.b=c=d", "--s3-addr", ":1", "--versioning"], FLAGS
    )
    assert parsed.values == {"--config": "a=b", "--config-only": "true"}
    assert parsed.assignments == (
        Assignment("a.b", "c=d", "--set a.b"),
        Assignment("server.s3_addr", ":1", "--s3-addr"),
        Assignment("features.versioning", "true", "--versioning"),
    )
    assert parsed.action == ""


def test_mode_and_level_are_leaves() -> None:
    parsed = parse_arguments(["--mode", "hybrid", "--log-level=debug"])
    assert [(a.key, a.flag) for a in parsed.assignments] == [
        ("photon.mode", "--mode"),
        ("photon.logging.level", "--log-level"),
    ]


def test_help_wins_over_other_actions() -> None:
    assert parse_arguments(["--check-config", "-h"]).action == "--help"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--confg", "x"], 'did you mean "--config"?'),
        (["serve"], "unexpected argument"),
        (["--config"], "needs a value"),
        (["--config-only=yes"], "takes no value"),
        (["--set", "a"], "KEY=VALUE"),
        (["--set", "=x"], "KEY=VALUE"),
        (["--print-schema", "xml"], "json or toml or markdown"),
        (["--s3-addr", ":1"], "unknown option"),
        (["-x"], "unknown option"),
    ],
)
def test_usage_errors(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        parse_arguments(argv)


def test_help_lists_every_option_and_ends_with_examples() -> None:
    text = usage("lightningstor", "Object storage.", FLAGS, ())
    for option in (*OPTIONS, *FLAGS):
        assert option.name in text
    assert "sets features.versioning" in text
    assert text.splitlines()[-1].strip() == "PHOTON_MODE=standalone lightningstor-server --print-config"
    assert usage("x", "", (), ("x-server run",)).endswith("  x-server run\n")


@given(st.lists(st.text(max_size=8) | st.sampled_from([o.name for o in OPTIONS]), max_size=5))
def test_any_words_are_parsed_or_a_usage_error(argv: list[str]) -> None:
    try:
        parse_arguments(argv)
    except UsageError:
        pass
