"""Servers are bound in order, drained together within the grace time, closed in reverse."""

import asyncio
from typing import Any

import pytest

from photoncloud.runtime.server import Server
from photoncloud.runtime.serving import Serving


class Fake:
    def __init__(self, steps: list[str], name: str, *, drain_sec: float = 0, fail: str = "") -> None:
        self.steps, self.name, self.drain_sec, self.fail = steps, name, drain_sec, fail
        self.addresses: dict[str, str] = {}

    def _step(self, step: str) -> None:
        self.steps.append(f"{step} {self.name}")
        if self.fail == step:
            raise RuntimeError("broken")

    async def start(self) -> None:
        self._step("start")
        self.addresses = {self.name: f"127.0.0.1:{len(self.steps)}"}

    async def stop_accepting(self) -> None:
        self._step("stop")

    async def drain(self, timeout: float) -> None:
        self._step(f"drain({timeout:g})")
        await asyncio.sleep(self.drain_sec)
        self._step("drained")

    async def close(self) -> None:
        self._step("close")


def serving(*fakes: Fake) -> Serving:
    made = Serving()
    for fake in fakes:
        made.add(fake.name, fake)
    return made


def test_a_fake_is_a_server() -> None:
    assert isinstance(Fake([], "a"), Server)


async def test_listeners_are_logged_with_their_real_addresses(captured: list[Any]) -> None:
    both = serving(Fake([], "s3"), Fake([], "website"))
    await both.start()
    assert [(r["event"], r["listener"], r["addr"]) for r in captured] == [
        ("listening", "s3", "127.0.0.1:1"),
        ("listening", "website", "127.0.0.1:1"),
    ]
    assert both.addresses == {"s3": "127.0.0.1:1", "website": "127.0.0.1:1"}


async def test_all_stop_accepting_before_any_drains_and_close_in_reverse() -> None:
    steps: list[str] = []
    both = serving(Fake(steps, "a"), Fake(steps, "b"))
    await both.start()
    steps.clear()
    assert await both.stop(3) == []
    assert steps == ["stop a", "stop b", "drain(3) a", "drain(3) b", "drained a", "drained b", "close b", "close a"]


async def test_a_drain_that_overruns_is_cancelled_and_the_server_closed() -> None:
    steps: list[str] = []
    one = serving(Fake(steps, "a", drain_sec=60))
    await one.start()
    await one.stop(0)
    assert "drained a" not in steps
    assert steps[-1] == "close a"


@pytest.mark.parametrize("step", ["stop", "drained"])
async def test_one_failing_step_does_not_stop_the_others(step: str, captured: list[Any]) -> None:
    steps: list[str] = []
    both = serving(Fake(steps, "a", fail=step), Fake(steps, "b"))
    await both.start()
    await both.stop(1)
    assert steps[-2:] == ["close b", "close a"]
    assert [r["server"] for r in captured if r["event"] == "stop_failed"] == ["a"]


async def test_a_failed_start_closes_what_was_bound() -> None:
    steps: list[str] = []
    both = serving(Fake(steps, "a"), Fake(steps, "b", fail="start"))
    with pytest.raises(RuntimeError):
        await both.start()
    await both.stop(0)
    assert steps.count("close a") == 1
    assert steps.count("close b") == 1
