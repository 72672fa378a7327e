from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from photoncloud.lightningstor import __main__, cli
from photoncloud.runtime import exit_status


def test_the_version_needs_nothing_third_party() -> None:
    code = (
        "import sys; sys.argv = ['lightningstor-server', '--version'];"
        "from photoncloud.lightningstor.__main__ import main; status = main();"
        "heavy = {'pydantic', 'rocksdict', 'uvloop', 'httptools', 'grpc', 'lxml'} & set(sys.modules);"
        "sys.exit(status or (9 if heavy else 0))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (0, "lightningstor 0.1.0\n"), result.stderr


def test_help_shows_the_offline_tools(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    assert "fsck" in capsys.readouterr().out


def test_a_wrong_flag_is_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--frobnicate"]) == exit_status.USAGE
    assert "--frobnicate" in capsys.readouterr().err


def test_offline_tools_are_handed_their_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    class Tool:
        @staticmethod
        def run(argv: list[str]) -> int:
            seen.append(list(argv))
            return 2

    monkeypatch.setattr("importlib.import_module", lambda name: Tool)
    assert cli.run(["fsck", "--deep"]) == 2
    assert seen == [["--deep"]]


def test_a_missing_extra_is_told_before_anything_about_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(ModuleNotFoundError, match="uvloop"):
        cli.run(["--config-only"])
    assert cli.run(["--config-only", "--check-config"]) == exit_status.CONFIGURATION


def test_a_missing_extra_is_told_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(argv: list[str]) -> int:
        raise ModuleNotFoundError("No module named 'rocksdict'", name="rocksdict")

    monkeypatch.setattr(cli, "run", missing)
    assert __main__.main() == exit_status.UNAVAILABLE == __main__.UNAVAILABLE
    assert capsys.readouterr().err == (
        'lightningstor needs packages that are not installed: pip install "photoncloud[lightningstor]"\n'
    )


def test_a_missing_module_of_our_own_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(argv: list[str]) -> int:
        raise ModuleNotFoundError("No module named 'photoncloud.gone'", name="photoncloud.gone")

    monkeypatch.setattr(cli, "run", broken)
    with pytest.raises(ModuleNotFoundError):
        __main__.main()


def test_check_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.toml"
    file.write_text("[standalone.features]\nversionning = true\n")
    assert cli.run(["--config", str(file), "--check-config"]) == exit_status.CONFIGURATION
    shown = capsys.readouterr()
    assert f"{file}:2" in shown.out + shown.err
    assert "versioning" in shown.out + shown.err
