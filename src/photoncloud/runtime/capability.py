"""Watching one integrated capability: calls and probes feed the state machine of `config.fallback`, the ledger hears.

watch = app.watch_capability("metadata", probe=client.ping)
...
watch.failed(str(error))          # what a call met
watch.succeeded()
if not watch.state.may_write: raise BackendUnavailable(...)
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from photoncloud.config import Resolved, fallback
from photoncloud.config.fallback import CapabilityState, Policy
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.degradation import Ledger
from photoncloud.runtime.errors import describe

PROBE_TIMEOUT_SEC = 2.0
"""As long as the time between two probes: they never overlap."""

_NANOSECONDS = 1_000_000_000


def fallback_policy(resolved: Resolved) -> Policy:
    """`fallback_timeout_sec` and `fallback_to_standalone` of `[photon.integrated]`."""
    integrated = resolved.photon.integrated
    return Policy(integrated.fallback_timeout_sec * _NANOSECONDS, integrated.fallback_to_standalone)


class CapabilityWatch:
    """The state of `capability` as `backend` serves it. All methods belong to the loop's thread.

    probe       raises when the service does not answer; runs only while the state is not `ok`
    policy      asked each time, so that a reload takes effect
    """

    def __init__(
        self,
        capability: str,
        backend: str,
        probe: Callable[[], Awaitable[object]],
        *,
        ledger: Ledger,
        clock: Clock,
        policy: Callable[[], Policy],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._names = (capability, backend)
        self._probe = probe
        self._ledger = ledger
        self._clock = clock
        self._policy = policy
        self._chance = chance
        self._state = CapabilityState()
        self._troubled = asyncio.Event()

    @property
    def state(self) -> CapabilityState:
        return self._state

    def failed(self, reason: str) -> None:
        """A call or probe failed because the service is silent (not because it refused)."""
        self._become(fallback.failure(self._state, self._clock.monotonic_ns(), reason, self._policy()))

    def succeeded(self) -> None:
        """The service answered. Costs nothing while all is well."""
        if self._state.state != fallback.OK:
            self._become(fallback.success(self._state, self._clock.monotonic_ns(), self._policy()))

    def _become(self, after: CapabilityState) -> None:
        self._state = after
        self._ledger.transition(*self._names, after.state, after.reason)
        if after.state == fallback.OK:
            self._troubled.clear()
        else:
            self._troubled.set()

    async def run(self) -> None:
        """Probe while there is trouble, about every 2 s, until cancelled."""
        while True:
            await self._troubled.wait()
            await self._clock.sleep(fallback.probe_delay_ns(self._chance()) / _NANOSECONDS)
            await self._probe_once()
            self._become(fallback.tick(self._state, self._clock.monotonic_ns(), self._policy()))

    async def _probe_once(self) -> None:
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_SEC):
                await self._probe()
        except TimeoutError:
            self.failed(f"no answer within {PROBE_TIMEOUT_SEC:g} s")
        except Exception as error:  # whatever the client of the service raises
            self.failed(describe(error))
        else:
            self.succeeded()
