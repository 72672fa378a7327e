"""The first TERM or INT stops, the second forces; HUP reloads; USR2 dumps. Real signals, a real loop."""

import asyncio
import os
import signal

import pytest

from photoncloud.runtime.signals import Signals


class Heard:
    def __init__(self) -> None:
        self.calls: list[str] = []

    def signals(self) -> Signals:
        return Signals(
            stop=lambda name: self.calls.append(f"stop {name}"),
            reload=lambda: self.calls.append("reload"),
            dump=lambda: self.calls.append("dump"),
            force=lambda status: self.calls.append(f"force {status}"),
        )


async def send(*numbers: signal.Signals) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ([signal.SIGTERM], ["stop SIGTERM"]),
        ([signal.SIGINT, signal.SIGINT], ["stop SIGINT", "force 130"]),
        ([signal.SIGINT, signal.SIGTERM], ["stop SIGINT", "force 143"]),
        ([signal.SIGHUP, signal.SIGUSR2, signal.SIGHUP, signal.SIGTERM], ["reload", "dump", "reload", "stop SIGTERM"]),
    ],
)
async def test_what_each_signal_does(sent: list[signal.Signals], expected: list[str]) -> None:
    heard = Heard()
    with heard.signals():
        await send(*sent)
    assert heard.calls == expected


async def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)]
    with Heard().signals():
        pass
    after = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)]
    assert before == after


async def test_outside_the_main_thread_nothing_is_installed() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def in_a_thread() -> None:
        async def inner() -> None:
            with Heard().signals():
                assert signal.getsignal(signal.SIGTERM) is before

        asyncio.run(inner())

    await asyncio.to_thread(in_a_thread)
