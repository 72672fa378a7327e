"""Log lines on a terminal."""

from __future__ import annotations

import io
import threading
import time

import pytest

from photoncloud.ctl.adapters.screen import QUEUE_LINES_MAX, TerminalScreen, text_of

JSON_LINE = b'{"ts":"2026-11-25T18:51:29.494427Z","level":"info","event":"ready","a":1,"b":"x y"}'


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"plain \x1b[31m", "plain \\x1b[31m"),
        (JSON_LINE, '18:51:29.494 INFO  ready a=1 b="x y"'),
        (b'{"no": "event"}', '{"no": "event"}'),
        (b"{broken", "{broken"),
        (b"\xff\xfe", "��"),
    ],
)
def test_lines(line: bytes, text: str) -> None:
    assert text_of(line) == text


def test_prefixes_line_up_and_colour_is_optional() -> None:
    out = io.StringIO()
    screen = TerminalScreen(out, ["a", "longer-name"], color=False)
    screen.show("a", b"one\ntwo\n")
    screen.close()
    assert out.getvalue() == "a           | one\na           | two\n"
    out = io.StringIO()
    screen = TerminalScreen(out, ["a"], color=True)
    screen.show("a", b"x\n")
    screen.close()
    assert "\x1b[36m" in out.getvalue()


def test_a_slow_terminal_loses_lines_and_stops_nobody() -> None:
    gate = threading.Event()

    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            gate.wait(10)
            return super().write(text)

    out = Slow()
    screen = TerminalScreen(out, ["a"], color=False)
    screen.show("a", b"line\n" * (QUEUE_LINES_MAX + 500))
    gate.set()
    time.sleep(0.1)
    screen.close()
    assert "lines not shown; the log files have them" in out.getvalue()


def test_a_closed_terminal_is_no_error() -> None:
    out = io.StringIO()
    out.close()
    screen = TerminalScreen(out, ["a"], color=False)
    screen.show("a", b"x\n")
    screen.close()


def test_what_a_component_says_of_itself_on_every_line_is_left_out() -> None:
    own = b'{"ts":"2026-01-02T03:04:05.678Z","event":"ready","component":"a","component_id":"a-1","logger":"x","n":1}'
    assert text_of(own) == "03:04:05.678 INFO  ready n=1"
    about_another = b'{"ts":"2026-01-02T03:04:05.678Z","event":"ready","component":"a"}'
    assert text_of(about_another).endswith("ready component=a")
