"""A background task is never lost: it has a name and an owner, its failure is said once."""

import asyncio
import gc
from typing import Any

from photoncloud.runtime import tasks
from photoncloud.runtime.tasks import Tasks, own_tasks_here, spawn


async def forever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ValueError("broken")


async def test_a_task_nobody_holds_is_not_collected() -> None:
    owner = Tasks()
    owner.spawn(forever(), name="held")
    gc.collect()
    await asyncio.sleep(0)
    assert owner.label_counts() == {("held",): 1.0}
    assert await owner.cancel_all() == []
    assert owner.label_counts() == {}


async def test_failure_is_one_log_line(captured: list[Any]) -> None:
    owner = Tasks()
    task = owner.spawn(fail(), name="sweep")
    await asyncio.wait({task})
    await asyncio.sleep(0)
    (line,) = [record for record in captured if record["event"] == "task_failed"]
    assert line["task"] == "sweep"
    assert not line["critical"]
    assert isinstance(line["exc_info"], ValueError)


async def test_only_critical_failures_reach_the_owner() -> None:
    heard: list[tuple[str, str]] = []
    owner = Tasks(lambda name, error: heard.append((name, str(error))))
    await asyncio.wait({owner.spawn(fail(), name="a"), owner.spawn(fail(), name="b", critical=True)})
    await asyncio.sleep(0)
    assert heard == [("b", "broken")]


async def test_cancelling_is_no_failure(captured: list[Any]) -> None:
    owner = Tasks()
    owner.spawn(forever(), name="x", critical=True)
    await asyncio.sleep(0)
    await owner.cancel_all()
    assert captured == []


async def test_a_task_that_ignores_cancellation_is_named() -> None:
    owner = Tasks()
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    owner.spawn(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    assert await owner.cancel_all(timeout_sec=0.05) == ["stubborn"]
    release.set()
    await asyncio.sleep(0.01)


async def test_spawn_belongs_to_the_owner_of_the_context() -> None:
    owner = Tasks()

    async def part_of_an_app() -> None:
        own_tasks_here(owner)
        spawn(forever(), name="mine")
        spawn(nested(), name="nested")
        await asyncio.sleep(0)

    async def nested() -> None:
        spawn(forever(), name="grandchild")

    await asyncio.create_task(part_of_an_app())
    await asyncio.sleep(0.01)
    assert owner.label_counts() == {("mine",): 1.0, ("grandchild",): 1.0}
    await owner.cancel_all()


async def test_spawn_without_an_app() -> None:
    task = spawn(forever(), name="alone")
    assert task.get_name() == "alone"
    task.cancel()
    await asyncio.wait({task})
    assert tasks.spawn is spawn
