"""Background tasks with a name and an owner: never garbage-collected half way, never failing unseen.

    tasks.spawn(self._sweep(), name="cache_sweep")

The owner is the `Tasks` of the running App (found through the context of the calling task), which cancels what is
left when the process stops. Without an App (tests, scripts) a task belongs to the default owner of the context.
Names come from a bounded set: they are label values of the metric `photon_tasks`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

from photoncloud.runtime.limits import TASK_CANCEL_SEC
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.runtime.tasks")

OnFailure = Callable[[str, BaseException], None]


class Tasks:
    """The tasks of one owner. `on_failure(name, error)` hears of failed tasks that were spawned `critical`."""

    def __init__(self, on_failure: OnFailure | None = None) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._critical: set[asyncio.Task[Any]] = set()
        self._on_failure = on_failure

    def spawn(self, coro: Coroutine[Any, Any, Any], *, name: str, critical: bool = False) -> asyncio.Task[Any]:
        """Run `coro` beside everything else. An exception of it is logged as `task_failed`, once.

        critical: without this task the process is useless; its failure stops the App with exit status 1.
        """
        task = asyncio.get_running_loop().create_task(coro, name=name)
        self._running.add(task)
        if critical:
            self._critical.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        critical = task in self._critical
        self._critical.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("task_failed", task=task.get_name(), critical=critical, exc_info=error)
        if critical and self._on_failure is not None:
            self._on_failure(task.get_name(), error)

    def label_counts(self) -> dict[tuple[str, ...], float]:
        """(name,) -> how many run; callable from any thread."""
        return {(name,): float(count) for name, count in Counter(t.get_name() for t in list(self._running)).items()}

    async def cancel_all(self, timeout_sec: float = TASK_CANCEL_SEC.value) -> list[str]:
        """Cancel every running task and wait; returns the names of those that did not end in time."""
        running = list(self._running)
        for task in running:
            task.cancel()
        if not running:
            return []
        _, late = await asyncio.wait(running, timeout=timeout_sec)
        return sorted(task.get_name() for task in late)


_owner: ContextVar[Tasks] = ContextVar("photon_tasks_owner", default=Tasks())  # noqa: B039  the owner without an App


def own_tasks_here(owner: Tasks) -> None:
    """From here on, `spawn` in this context and in tasks made from it belongs to `owner`."""
    _owner.set(owner)


def spawn(coro: Coroutine[Any, Any, Any], *, name: str, critical: bool = False) -> asyncio.Task[Any]:
    """`Tasks.spawn` of the owner of the calling context."""
    return _owner.get().spawn(coro, name=name, critical=critical)
