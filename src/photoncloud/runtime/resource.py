"""One thing an App owns: started in its turn, closed in reverse, each step bounded."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

from photoncloud.runtime.errors import FatalError, describe
from photoncloud.runtime.limits import CLOSE_STEP_SEC, START_STEP_SEC
from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)


@dataclass(slots=True)
class Resource:
    """`target` is one of: an async or sync context manager; an object with `close` (async or sync; `aclose` too) and,
    if it needs one, `start`. Synchronous steps run on the loop and must be quick: slow ones have to be async.
    """

    name: str
    target: Any
    start_timeout_sec: float = START_STEP_SEC.value
    close_timeout_sec: float = CLOSE_STEP_SEC.value

    def __post_init__(self) -> None:
        if not _has_any(self.target, "__aexit__", "__exit__", "aclose", "close"):
            raise TypeError(f"{self.name}: {type(self.target).__name__} has no way to be closed")

    async def start(self) -> None:
        """Raises FatalError `start-timeout` when it takes too long, and whatever the target raises.

        A target with `start` and `close` is closed when its `start` fails; a context manager cleans up itself.
        """
        try:
            async with asyncio.timeout(self.start_timeout_sec):
                await _call_first(self.target, ("__aenter__", "__enter__", "start"))
        except TimeoutError as error:
            await self._close_half_started()
            raise FatalError(
                "start-timeout", "start", self.name, f"not done in {self.start_timeout_sec:g} s"
            ) from error
        except BaseException:
            await self._close_half_started()
            raise

    async def _close_half_started(self) -> None:
        if not _has_any(self.target, "__aenter__", "__enter__"):
            await self.close()

    async def close(self) -> None:
        """Raises TimeoutError when it takes too long, and whatever the target raises."""
        async with asyncio.timeout(self.close_timeout_sec):
            for name in ("__aexit__", "__exit__"):
                if hasattr(self.target, name):
                    await _call(getattr(self.target, name), None, None, None)
                    return
            await _call_first(self.target, ("aclose", "close"))


def _has_any(target: Any, *names: str) -> bool:
    return any(hasattr(target, name) for name in names)


async def _call_first(target: Any, names: tuple[str, ...]) -> None:
    for name in names:
        if hasattr(target, name):
            await _call(getattr(target, name))
            return


async def _call(function: Any, *arguments: Any) -> None:
    result = function(*arguments)
    if inspect.isawaitable(result):
        await result


class Resources:
    """Resources in the order of `add`. A resource may add others while it starts: they follow it."""

    def __init__(self) -> None:
        self._waiting: list[Resource] = []
        self._started: list[Resource] = []

    def add(self, resource: Resource) -> None:
        self._waiting.append(resource)

    async def start(self) -> None:
        """Raises what the first failing resource raises; those before it stay started until `close`."""
        while self._waiting:
            resource = self._waiting.pop(0)
            await resource.start()
            self._started.append(resource)

    async def close(self) -> list[str]:
        """Close everything started, in reverse, whatever fails; returns the names of what did not close well."""
        failed = []
        while self._started:
            resource = self._started.pop()
            try:
                await resource.close()
            except Exception as error:  # the others must be closed too
                log.error("close_failed", resource=resource.name, reason=describe(error), exc_info=error)
                failed.append(resource.name)
        return failed
