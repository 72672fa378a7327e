"""Durations."""

from __future__ import annotations

import pytest

from photoncloud.ctl.core.age import age, duration_sec


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0s"), (42, "42s"), (119, "119s"), (1020, "17m"), (5 * 3600, "5h"), (3 * 86400, "3d")]
)
def test_age(seconds: float, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30), ("30s", 30), ("1h30m", 5400), ("500ms", 0.5), ("2d", 172800)]
)
def test_duration(text: str, seconds: float) -> None:
    assert duration_sec(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "1x", "1h x", "-5s", "1h30"])
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration_sec(text)
