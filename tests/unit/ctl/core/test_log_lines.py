"""Which log lines are wanted."""

from __future__ import annotations

import pytest

from photoncloud.ctl.core.log_lines import Filter, order_sec

OLD = b'{"ts": "2026-01-01T00:00:00.000000Z", "level": "info", "event": "ready"}'
NOW = 1767225600.0 + 100


@pytest.mark.parametrize(
    ("wanted", "line", "is_wanted"),
    [
        (Filter(), OLD, True),
        (Filter(grep="rea.y"), OLD, True),
        (Filter(grep="nothing"), OLD, False),
        (Filter(level="info"), OLD, True),
        (Filter(level="WARN"), OLD, False),
        (Filter(level="error"), b"a traceback line", True),
        (Filter(since_sec=99), OLD, False),
        (Filter(since_sec=101), OLD, True),
        (Filter(since_sec=1), b'{"ts": "rubbish"}', True),
        (Filter(since_sec=1), b"{broken", True),
    ],
)
def test_wants(wanted: Filter, line: bytes, is_wanted: bool) -> None:
    assert wanted.wants(line, NOW) is is_wanted


@pytest.mark.parametrize("wrong", [{"grep": "("}, {"level": "loud"}])
def test_wrong_filters(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="--"):
        Filter(**wrong)  # type: ignore[arg-type]


def test_order() -> None:
    assert order_sec(OLD) == NOW - 100
    assert order_sec(b"x") is None
