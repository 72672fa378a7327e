"""SIGUSR2: what the process is doing, one line a task and a thread."""

import asyncio
from typing import Any

from photoncloud.runtime.task_dump import dump


async def test_tasks_and_threads_with_their_stack_tops(captured: list[Any]) -> None:
    async def waits_here() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(waits_here(), name="sweeper")
    await asyncio.sleep(0)
    dump()
    task.cancel()
    lines = {record["task"]: record for record in captured if record["event"] == "task_dump"}
    assert "waits_here" in lines["sweeper"]["stack"][-1]
    assert len(lines["sweeper"]["stack"]) <= 4
    assert "MainThread" in [record["thread"] for record in captured if record["event"] == "thread_dump"]
