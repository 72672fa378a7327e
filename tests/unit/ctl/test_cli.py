"""The table of verbs, help, lazy imports and exit statuses, through the real command."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from photoncloud.ctl import cli
from photoncloud.ctl.core.exit_status import MEANINGS
from photoncloud.runtime import exit_status as runtime_status

ROOT = Path(__file__).parents[3]
VERBS = list(cli.COMMANDS)


def photonctl(*words: str, home: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home or "/nonexistent"), **variables}
    command = [sys.executable, "-m", "photoncloud.ctl", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_version_imports_neither_typer_nor_grpc() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "photoncloud.ctl", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert re.fullmatch(r"photonctl \d+\.\d+\.\d+\S*\n", done.stdout)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"typer", "grpc", "pydantic", "rich", "asyncio", "photoncloud.deploy", "photoncloud.config"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_ends_with_an_example_of_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = cli.command(verb)
    names = sorted(getattr(found, "commands", {})) or [""]
    for name in names:
        assert cli.run([verb, *([name] if name else []), "--help"]) == 0
        lines = capsys.readouterr().out.rstrip().splitlines()
        assert lines[-2].strip() == "Example:"
        assert f"photonctl {verb}{f' {name}' if name else ''}" in lines[-1]


def test_root_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"^  {verb} ", text, re.M) for verb in cli.COMMANDS)
    assert text.rstrip().splitlines()[-2] == "Example:"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["stauts"], 64, "did you mean 'status'?"),
        (["--nonsense"], 64, "unknown flag"),
        (["status", "--nonsense"], 64, "No such option"),
        (["context", "use"], 64, "Missing argument"),
        (["context", "use", "ghost"], 78, "no context 'ghost'"),
        (["up", "--level", "99"], 64, "there is no level '99'"),
        (["ps"], 69, 'start it with "photonctl up"'),
        (["completion", "tcsh"], 64, "none of bash, zsh, fish"),
        (["config", "explain", "x", "--component", "ghost"], 69, "ghost-server is not installed"),
        (["check-connection"], 64, "nothing to check"),
        (["check-connection", "--endpoint", "http://user:pw@x"], 64, "no user name or password"),
        (["down", "--remove-data"], 64, "--yes"),
        (["deploy", "check", "--compose", "/nonexistent"], 78, "/nonexistent"),
    ],
)
def test_endings(words: list[str], status: int, message: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert cli.run(words) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.startswith("photonctl: ")


def test_a_defect_is_70_and_shows_its_stack_only_when_asked(monkeypatch, capsys) -> None:
    monkeypatch.setitem(cli.COMMANDS, "status", ("photoncloud.ctl.cli:COMMANDS", ""))
    assert cli.run(["status"]) == 70
    assert "Traceback" not in capsys.readouterr().err
    assert cli.run(["-v", "status"]) == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_verb_whose_package_is_missing_is_69(monkeypatch, capsys) -> None:
    monkeypatch.setitem(cli.COMMANDS, "status", ("no_such_package.x:app", ""))
    assert cli.run(["status"]) == 69
    assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--wait"], ["--wait=30s"]),
        (["--wait", "lightningstor"], ["--wait=30s", "lightningstor"]),
        (["--wait", "60"], ["--wait", "60"]),
        (["--wait", "1m30s", "-d"], ["--wait", "1m30s", "-d"]),
        (["--wait=5s"], ["--wait=5s"]),
        ([], []),
    ],
)
def test_wait_may_stand_without_a_time(words: list[str], wanted: list[str]) -> None:
    assert cli._with_wait_value(words) == wanted


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m photoncloud.ctl deploy ports --level 0a -o json | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_no_colour_reaches_a_pipe() -> None:
    done = photonctl("deploy", "ports", "--level", "0a", NO_COLOR="1")
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[0].split() == ["COMPONENT", "PORT", "NUMBER", "PROTOCOL", "PUBLIC", "MOVED"]


def test_status_without_anything_is_a_row_an_array_and_1(tmp_path: Path) -> None:
    done = photonctl("status", "-o", "json", home=tmp_path)
    rows = json.loads(done.stdout)
    assert isinstance(rows, list)
    assert rows[0]["component"] == "lightningstor"
    assert (done.returncode, done.stderr) == (0 if rows[0]["status"] == "healthy" else 1, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    script = photonctl("completion", shell).stdout
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["che"], ["check-connection"]),
        (["config", "ex"], ["explain"]),
        (["config", "check", "--comp"], ["--component"]),
        (["logs", "light"], ["lightningstor"]),
        (["nonsense", ""], []),
        (["--quiet", "deb"], ["debug"]),
    ],
)
def test_words_complete(words: list[str], candidates: list[str], tmp_path: Path) -> None:
    done = photonctl("__complete", *words, home=tmp_path)
    assert done.stdout.split() == candidates


def test_exit_statuses_are_documented_as_they_are() -> None:
    text = (ROOT / "docs" / "operations" / "exit-statuses.md").read_text()
    ours = dict(re.findall(r"^\| (\d+) \| ([^|]+?) \|$", text, re.M))
    assert {int(number): meaning for number, meaning in ours.items()} == MEANINGS
    components = {
        int(n) for cell in re.findall(r"^\| ([\d, ]+) \|[^|]+\|[^|]*\|$", text, re.M) for n in cell.split(",")
    }
    named = {v for k, v in vars(runtime_status).items() if k.isupper() and isinstance(v, int)}
    assert components == named


def test_the_reference_is_the_help_itself() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text()
    for verb in VERBS:
        assert f"## photonctl {verb}\n" in text


def test_no_component_is_imported_by_the_package() -> None:
    for path in (ROOT / "src" / "photoncloud" / "ctl").rglob("*.py"):
        if path.name != "storage.py":
            assert not re.search(r"photoncloud\.(lightningstor|flashdns|fiberlb|chainfire)\b", path.read_text()), path


def test_container_health_checks_do_without_the_command_line_library(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "photoncloud.ctl", "check-connection", "--self"]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PHOTON_COMPONENT": "lightningstor"}
    environ["PHOTON__OPS__ADDR"] = "127.0.0.1:1"
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 11
    assert "127.0.0.1:1 refused" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"typer", "grpc", "pydantic", "rich", "asyncio", "cryptography"}
    assert photonctl("check-connection", "--self", home=tmp_path).returncode == 64


def test_a_missing_package_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(verb: str) -> None:
        raise ModuleNotFoundError("No module named 'cryptography'", name="cryptography")

    monkeypatch.setattr(cli, "command", missing)
    assert cli.run(["up"]) == 69
    words = 'this needs cryptography, which is not installed; pip install "photoncloud[all]"'
    assert capsys.readouterr().err == f"photonctl: {words}\n"
