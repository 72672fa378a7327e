"""A small component to build an App around, and captured log lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from photoncloud.config import ConfigModel, Declaration, Resolved, load, setting, table


class Limits(ConfigModel):
    """A table of settings."""

    speed: int = setting(1, "May change while the process runs.", reload=True)
    size: int = setting(1, "Needs a restart.")


class Settings(ConfigModel):
    """The demo component."""

    declaration: ClassVar[Declaration] = Declaration(
        component="demo", ops_addr="127.0.0.1:0", capabilities={"metadata": ("memory",)}
    )
    limits: Limits = table(Limits, "A table of settings.")


Configure = Callable[..., Resolved]


@pytest.fixture
def configure(tmp_path: Any) -> Configure:
    """`configure("photon.grace_timeout_sec=1", ...)` -> Resolved of the demo component."""

    def configured(*assignments: str) -> Resolved:
        defaults = (f"photon.state_dir={tmp_path / 'state'}", "photon.component_id=demo-1")
        argv = [word for assignment in (*defaults, *assignments) for word in ("--set", assignment)]
        return load("demo", Settings, ["--config-only", *argv], {})

    return configured


@pytest.fixture
def captured() -> Iterator[list[Any]]:
    """The log records of the test, as dictionaries with `event` and `log_level`."""
    with capture_logs() as records:
        yield records
