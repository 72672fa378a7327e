"""Contexts in a file, variables over it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from photoncloud.ctl import settings
from photoncloud.ctl.errors import SettingsWrong
from photoncloud.ctl.settings import Context, Settings


def environ(tmp_path: Path, **variables: str) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path), **variables}


def test_defaults_without_a_file(tmp_path: Path) -> None:
    found = settings.load(environ(tmp_path))
    assert found.current_context == "local"
    assert found.context("local").server == "http://127.0.0.1:8081"


def test_round_trip_is_private(tmp_path: Path) -> None:
    lab = Context(
        "https://lab:8443", "p", token_file="/t", token_command=("a", "b"), chainfire_endpoints=("http://x:1",)
    )
    made = Settings("lab", {"lab": lab}, output="json", pager=("less", "-F"))
    settings.save(made, environ(tmp_path))
    assert settings.load_file(environ(tmp_path)) == made
    assert stat.S_IMODE(settings.path(environ(tmp_path)).stat().st_mode) == 0o600


def test_variables_lie_over_the_file(tmp_path: Path) -> None:
    settings.save(Settings("local", {"lab": Context("http://lab")}), environ(tmp_path))
    found = settings.load(environ(tmp_path, PHOTONCTL_CONTEXT="lab", PHOTONCTL_PROJECT="q", PHOTONCTL_OUTPUT="yaml"))
    assert found.context(found.current_context) == Context("http://lab", "q")
    assert found.output == "yaml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("curent_context = 'x'", "unknown key 'curent_context'"),
        ("[contexts.a]\nsrver = 'x'", "unknown key 'srver'"),
        ("[contexts.a]\nserver = 1", "expected a str"),
        ("[contexts.a]\ntoken_command = 'x'", "expected a list"),
        ("contexts = 1", "table of tables"),
        ("[", "config.toml"),
    ],
)
def test_refused_files(tmp_path: Path, text: str, words: str) -> None:
    path = settings.path(environ(tmp_path))
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(SettingsWrong, match=words):
        settings.load(environ(tmp_path))


def test_a_file_with_tokens_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings.save(Settings("a", {"a": Context(token_file="/t")}), environ(tmp_path))
    settings.path(environ(tmp_path)).chmod(0o644)
    with pytest.raises(SettingsWrong, match="chmod 600"):
        settings.load(environ(tmp_path))


def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="no context 'ghost'"):
        settings.load(environ(tmp_path)).context("ghost")
