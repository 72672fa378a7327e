"""Whatever a call site logs, a line comes out: JSON a machine reads, or text a person reads."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.runtime.log_render import render_console, render_json


def test_json_keeps_the_order_and_ends_with_a_newline() -> None:
    line = render_json({"ts": "t", "level": "info", "event": "e", "a": 1})
    assert line == b'{"ts":"t","level":"info","event":"e","a":1}\n'


@pytest.mark.parametrize("value", [2**80, "\ud800", {1: "x"}, object(), {"a": {2**70}}, b"\xff", float("nan")])
def test_json_carries_what_json_cannot(value: object) -> None:
    line = render_json({"event": "e", "value": value})
    assert json.loads(line)["event"] == "e"
    assert line.count(b"\n") == 1


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), json_like, max_size=4))
def test_any_fields_give_one_line(fields: dict[str, Any]) -> None:
    for line in (render_json({"event": "e", **fields}), render_console({"event": "e", "level": "info", **fields})):
        if "exception" not in fields:
            assert line.count(b"\n") == 1
            assert line.endswith(b"\n")


def test_console_line() -> None:
    event = {
        "ts": "T",
        "level": "warning",
        "event": "disk_slow",
        "component": "demo",
        "component_id": "demo-1",
        "logger": "x",
        "path": "/a b",
        "n": 3,
        "list": ["x"],
        "bad": "\x1b[2J",
    }
    assert render_console(event).decode() == 'T warning  disk_slow path="/a b" n=3 list=["x"] bad=\\x1b[2J\n'


def test_console_shows_the_stack_below() -> None:
    text = render_console({"ts": "T", "level": "error", "event": "e", "exception": "Traceback\n  x\x1b"}).decode()
    assert text == "T error    e\n    Traceback\n      x\\x1b\n"


def test_console_colours_only_when_asked() -> None:
    event = {"ts": "T", "level": "error", "event": "e"}
    assert b"\x1b" not in render_console(event)
    assert b"\x1b[31m" in render_console(event, colours=True)
