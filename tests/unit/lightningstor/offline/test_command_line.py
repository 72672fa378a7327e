"""Command lines of the offline tools: their own options anywhere, the rest for the configuration."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from photoncloud.config import UsageError
from photoncloud.lightningstor.offline.command_line import Invocation, Option, Tool, invocation

TOOL = Tool(
    name="tool",
    summary="Does something.",
    options=(Option("--deep", "", "go deep"), Option("--out", "DIR", "where")),
    statuses={0: "fine", 2: "not fine"},
    examples=("lightningstor-server tool --deep",),
)
CONFIGURATION = """
[photon]
mode = "standalone"
[standalone.auth]
access_key = "AKIATESTTESTTESTTEST"
secret_key = "secretsecretsecretsecretsecretsecretsecr"
"""


def test_options_are_taken_out_wherever_they_stand() -> None:
    found, rest = TOOL.take(["--set", "a.b=c", "--deep", "--out=dir", "-o", "json", "--data-dir", "x"])
    assert found == {"--deep": "true", "--out": "dir", "--output": "json"}
    assert rest == ["--set", "a.b=c", "--data-dir", "x"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--deep=yes"], "--deep takes no value"),
        (["--out"], "--out needs a value"),
        (["-o", "xml"], "should be text or json"),
    ],
)
def test_wrong_options(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        TOOL.take(words)


def test_help_lists_options_statuses_and_examples() -> None:
    out = io.StringIO()
    assert invocation(TOOL, ["--help"], out, io.StringIO()) == 0
    lines = out.getvalue().splitlines()
    assert lines[0] == "usage: lightningstor-server tool [OPTION]..."
    assert "  -o FORMAT, --output FORMAT  text or json" in lines
    assert lines[-1] == "  lightningstor-server tool --deep"


def test_the_rest_is_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text(CONFIGURATION)
    words = ["--deep", "--config-only", "--config", str(file), "--metadata-path", "/somewhere"]
    call = invocation(TOOL, words, io.StringIO(), io.StringIO())
    assert isinstance(call, Invocation)
    assert call.has("--deep")
    assert not call.is_json
    assert call.settings.metadata.path == "/somewhere"
    assert call.store.component == "lightningstor"


@pytest.mark.parametrize(("words", "status"), [(["--out"], 64), (["--nonsense"], 64), (["--config", "/absent"], 78)])
def test_what_is_refused(words: list[str], status: int) -> None:
    err = io.StringIO()
    assert invocation(TOOL, ["--config-only", *words], io.StringIO(), err) == status
    assert err.getvalue()
