"""Poll for something with a limit."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SEC = 0.1


def until(is_so: Callable[[], bool], limit_sec: float) -> bool:
    """Whether it came to be in time; asked at least once."""
    deadline = time.monotonic() + limit_sec
    while not is_so():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SEC)
    return True
