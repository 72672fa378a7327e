"""Signals of a serving process: the first TERM or INT stops, a second forces; HUP reloads; USR2 dumps the tasks."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from photoncloud.runtime import exit_status

_FORCED = {signal.SIGINT: exit_status.FORCED_INTERRUPT, signal.SIGTERM: exit_status.FORCED_TERMINATE}


class Signals:
    """A context manager around the life of a process; outside the main thread it does nothing.

    Plain Python handlers, not the loop's: a second signal must work while the loop is stuck in Python code.
    """

    def __init__(
        self,
        *,
        stop: Callable[[str], None],
        reload: Callable[[], None],
        dump: Callable[[], None],
        force: Callable[[int], Any] = os._exit,
    ) -> None:
        """`stop(name)`, `reload()` and `dump()` run on the loop; `force(status)` ends the process at once."""
        self._stop = stop
        self._force = force
        self._on_loop = {signal.SIGHUP: reload, signal.SIGUSR2: dump}
        self._before: dict[int, Any] = {}
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Signals:
        self._loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (*_FORCED, *self._on_loop):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        assert self._loop is not None
        received = signal.Signals(number)
        if received in self._on_loop:
            self._loop.call_soon_threadsafe(self._on_loop[received])
        elif self._stopping:
            self._force(_FORCED[received])
        else:
            self._stopping = True
            self._loop.call_soon_threadsafe(self._stop, received.name)
