"""Flags shared by the commands of `photonctl storage`, and times as people write them."""

from __future__ import annotations

import inspect
import time
from pathlib import Path

import pytest
import typer

from photoncloud.ctl.commands.storage_flags import FLAGS, moment, with_store
from photoncloud.ctl.errors import UsageWrong
from photoncloud.ctl.service.storage import Given


def test_a_command_gets_the_flags_as_one_value() -> None:
    seen: list[tuple[str, Given]] = []

    @with_store
    def command(context: typer.Context, name: str = "x", *, store: Given) -> int:
        seen.append((name, store))
        return 7

    assert [*inspect.signature(command).parameters] == ["context", "name", *FLAGS]
    flags = {"endpoint": "h:1", "credentials": Path("c"), "profile": "p", "ca": "ca"}
    assert command(context=None, name="n", **flags) == 7
    assert seen == [("n", Given(endpoint="h:1", credentials=Path("c"), profile="p", ca_file="ca"))]


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-02", 86_400_000),
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:00+01:00", 0),
    ],
)
def test_moments(text: str, milliseconds: int) -> None:
    assert moment("--at", text) == milliseconds


def test_a_moment_from_now() -> None:
    assert abs(moment("--at", "+2d") / 1000 - time.time() - 2 * 86_400) < 60
    for wrong in ("tomorrow", "+soon", ""):
        with pytest.raises(UsageWrong):
            moment("--at", wrong)
