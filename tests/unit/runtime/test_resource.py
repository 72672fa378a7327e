"""start in order, close in reverse, also after a partial start; each step bounded."""

import asyncio
from typing import Any

import pytest

from photoncloud.runtime.errors import FatalError
from photoncloud.runtime.resource import Resource, Resources


class Recorder:
    """Async context manager that writes down what happens."""

    def __init__(self, steps: list[str], name: str, *, fail: str = "") -> None:
        self.steps, self.name, self.fail = steps, name, fail

    async def __aenter__(self) -> None:
        self.steps.append(f"start {self.name}")
        if self.fail == "start":
            raise ValueError("no start")

    async def __aexit__(self, *_: object) -> None:
        self.steps.append(f"close {self.name}")
        if self.fail == "close":
            raise ValueError("no close")


class SyncContext:
    def __init__(self, steps: list[str]) -> None:
        self.steps = steps

    def __enter__(self) -> None:
        self.steps.append("enter")

    def __exit__(self, *_: object) -> None:
        self.steps.append("exit")


class Closer:
    def __init__(self, steps: list[str], *, fail: bool = False) -> None:
        self.steps, self.fail = steps, fail

    async def start(self) -> None:
        self.steps.append("start")
        if self.fail:
            raise ValueError("half way")

    def close(self) -> None:
        self.steps.append("close")


class AsyncCloser:
    def __init__(self, steps: list[str]) -> None:
        self.steps = steps

    async def aclose(self) -> None:
        self.steps.append("aclose")


def resources(*targets: Any) -> Resources:
    made = Resources()
    for number, target in enumerate(targets):
        made.add(Resource(f"r{number}", target))
    return made


async def test_start_in_order_close_in_reverse() -> None:
    steps: list[str] = []
    several = resources(*(Recorder(steps, name) for name in "abc"))
    await several.start()
    assert await several.close() == []
    assert steps == ["start a", "start b", "start c", "close c", "close b", "close a"]
    assert await several.close() == []


async def test_a_partial_start_is_cleaned_up() -> None:
    steps: list[str] = []
    several = resources(Recorder(steps, "a"), Recorder(steps, "b", fail="start"), Recorder(steps, "c"))
    with pytest.raises(ValueError, match="no start"):
        await several.start()
    assert await several.close() == []
    assert steps == ["start a", "start b", "close a"]


async def test_every_kind_of_resource() -> None:
    steps: list[str] = []
    several = resources(SyncContext(steps), Closer(steps), AsyncCloser(steps))
    await several.start()
    await several.close()
    assert steps == ["enter", "start", "aclose", "close", "exit"]


async def test_an_object_whose_start_fails_is_closed() -> None:
    steps: list[str] = []
    with pytest.raises(ValueError, match="half way"):
        await resources(Closer(steps, fail=True)).start()
    assert steps == ["start", "close"]


async def test_one_failing_close_does_not_stop_the_others(captured: list[Any]) -> None:
    steps: list[str] = []
    several = resources(Recorder(steps, "a"), Recorder(steps, "b", fail="close"))
    await several.start()
    assert await several.close() == ["r1"]
    assert steps[-2:] == ["close b", "close a"]
    assert [(r["event"], r["resource"]) for r in captured] == [("close_failed", "r1")]


class Hanging:
    def __init__(self) -> None:
        self.closed = False

    async def start(self) -> None:
        await asyncio.sleep(60)

    async def close(self) -> None:
        self.closed = True


async def test_a_start_that_hangs_ends_and_is_closed() -> None:
    target = Hanging()
    with pytest.raises(FatalError) as caught:
        await Resource("store", target, start_timeout_sec=0.01).start()
    assert caught.value.code == "start-timeout"
    assert caught.value.object == "store"
    assert target.closed


async def test_a_close_that_hangs_ends() -> None:
    class Stuck:
        async def aclose(self) -> None:
            await asyncio.sleep(60)

    several = Resources()
    several.add(Resource("stuck", Stuck(), close_timeout_sec=0.01))
    await several.start()
    assert await several.close() == ["stuck"]


async def test_a_resource_may_add_others_while_it_starts() -> None:
    steps: list[str] = []
    several = Resources()

    class Opens:
        async def start(self) -> None:
            steps.append("outer")
            several.add(Resource("inner", Recorder(steps, "inner")))

        async def close(self) -> None:
            steps.append("close outer")

    several.add(Resource("outer", Opens()))
    await several.start()
    await several.close()
    assert steps == ["outer", "start inner", "close inner", "close outer"]


def test_something_that_cannot_be_closed_is_a_defect() -> None:
    with pytest.raises(TypeError, match="no way to be closed"):
        Resource("x", object())
