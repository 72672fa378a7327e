"""What the process is doing right now, for the log (SIGUSR2)."""

from __future__ import annotations

import asyncio
import sys
import threading
import traceback

from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)

FRAMES_MAX = 4
"""The innermost frames say where a task waits; more would bury the others."""


def dump() -> None:
    """One line a task and one a thread: name and the tops of the stack."""
    for task in sorted(asyncio.all_tasks(), key=lambda task: task.get_name()):
        frames = task.get_stack(limit=FRAMES_MAX)
        stack = [f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}" for frame in frames]
        log.info("task_dump", task=task.get_name(), stack=stack)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        tops = traceback.extract_stack(frame)[-FRAMES_MAX:]
        stack = [f"{top.filename}:{top.lineno} {top.name}" for top in reversed(tops)]
        log.info("thread_dump", thread=names.get(ident, str(ident)), stack=stack)
