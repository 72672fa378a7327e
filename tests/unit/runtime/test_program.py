"""From a loaded configuration to an exit status."""

import logging as stdlib_logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.config import Resolved
from photoncloud.runtime import logging, program
from photoncloud.runtime.application import App
from photoncloud.runtime.errors import FatalError
from photoncloud.runtime.logging import LogSettings

Configure = Callable[..., Resolved]


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    handlers = stdlib_logging.getLogger().handlers
    yield
    logging.configure("test", "test-1", LogSettings())
    stdlib_logging.getLogger().handlers = handlers


class Stops:
    def __init__(self, app: App) -> None:
        self.app = app

    async def start(self) -> None:
        self.app.stop()

    async def close(self) -> None:
        pass


def build(resolved: Resolved) -> App:
    app = App(resolved)
    app.own(Stops(app))
    return app


def test_the_first_line_says_the_mode_and_why(configure: Configure, tmp_path: Path) -> None:
    for format in ("json", "console"):
        file = tmp_path / format
        resolved = configure(f"photon.logging.file={file}", f"photon.logging.format={format}")
        assert program.main(build, resolved) == 0
        first = file.read_text().splitlines()[0]
        quote = '\\"' if format == "json" else '"'
        assert f"operation_mode=standalone stage=S0 reason={quote}" in first


def test_notes_of_the_loader_are_logged(configure: Configure, captured: list[Any]) -> None:
    resolved = configure()
    program.introduce(resolved)
    assert [record["event"] for record in captured][1:] == [note.event for note in resolved.notes]
    assert captured[0]["operation_mode"] == "standalone"


def test_what_the_factory_raises_is_a_failed_start(configure: Configure, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_: Resolved) -> App:
        raise FatalError("no-data-dir", "make", "/x", exit_status=73)

    assert program.main(refuse, configure()) == 73
    assert "demo: no-data-dir: make /x" in capsys.readouterr().err


def test_an_impossible_log_file_is_a_failed_start(configure: Configure, tmp_path: Path) -> None:
    resolved = configure(f"photon.logging.file={tmp_path / 'no' / 'dir'}")
    assert program.main(build, resolved) == 71
