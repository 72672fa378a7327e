"""When a secondary asks its primaries, and when its copy dies (RFC 1034 §4.3.5): a pure function of state and time.

All times are Unix seconds; the shell adds a monotonic anchor. Jitter comes in as a number in [-1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from photoncloud.flashdns.core.limits import TransferLimits
from photoncloud.flashdns.core.rdata import soa_fields
from photoncloud.flashdns.core.zone import RRset

JITTER_FRACTION = 0.1  # ±10 %, so that many zones of one primary do not come back together
FRUITLESS_TRANSFERS_MAX = 3  # then a primary that sends without advancing is treated as failed
FIRST_RETRY_SEC = 60  # a zone that never was transferred has no SOA to take a retry time from

Action = Literal["wait", "refresh"]


@dataclass(frozen=True, slots=True)
class RefreshTimes:
    """The timers of an SOA, clamped."""

    refresh_sec: int
    retry_sec: int
    expire_sec: int


def times_of(soa: RRset, limits: TransferLimits) -> RefreshTimes:
    """REFRESH, RETRY and EXPIRE within the limits; a zone lives at least until its first retry."""
    _, _, _, refresh, retry, expire, _ = soa_fields(soa.rdatas[0])
    refresh = max(refresh, limits.refresh_min_sec)
    retry = max(retry, limits.retry_min_sec)
    return RefreshTimes(refresh, retry, min(max(expire, refresh + retry), limits.expire_max_sec))


@dataclass(frozen=True, slots=True)
class SecondaryState:
    """What survives a restart. `primary` is the index of the one asked next."""

    times: RefreshTimes | None = None
    next_at_sec: int = 0
    expires_at_sec: int | None = None
    primary: int = 0
    failures: int = 0
    fruitless: int = 0
    is_notified: bool = False


def action(state: SecondaryState, now_sec: int, *, is_running: bool) -> Action:
    """Whether to start a refresh. One at a time; a NOTIFY while one runs is kept for afterwards."""
    if is_running:
        return "wait"
    return "refresh" if state.is_notified or now_sec >= state.next_at_sec else "wait"


def is_expired(state: SecondaryState, now_sec: int) -> bool:
    """Whether the copy must no longer be served."""
    return state.expires_at_sec is not None and now_sec >= state.expires_at_sec


def notified(state: SecondaryState) -> SecondaryState:
    """A NOTIFY that was accepted: refresh as soon as possible."""
    return replace(state, is_notified=True)


def started(state: SecondaryState) -> SecondaryState:
    """A refresh begins; NOTIFYs from now on count for the next one."""
    return replace(state, is_notified=False)


def succeeded(
    state: SecondaryState, soa: RRset, now_sec: int, jitter: float, limits: TransferLimits, *, advanced: bool = True
) -> SecondaryState:
    """A primary answered: the copy is current as of now. `advanced=False`: it transferred without a newer serial."""
    times = times_of(soa, limits)
    fruitless = 0 if advanced else state.fruitless + 1
    wait = times.retry_sec if fruitless >= FRUITLESS_TRANSFERS_MAX else times.refresh_sec
    return replace(
        state,
        times=times,
        next_at_sec=now_sec + jittered(wait, jitter),
        expires_at_sec=now_sec + times.expire_sec,
        failures=0,
        fruitless=fruitless,
    )


def failed(state: SecondaryState, now_sec: int, jitter: float, primaries: int) -> SecondaryState:
    """No primary data: the next primary at once until each was asked, then after RETRY. EXPIRE keeps running."""
    failures = state.failures + 1
    has_rested = failures % max(primaries, 1) == 0
    retry = state.times.retry_sec if state.times is not None else FIRST_RETRY_SEC
    wait = jittered(retry, jitter) if has_rested else 0
    return replace(
        state, failures=failures, primary=(state.primary + 1) % max(primaries, 1), next_at_sec=now_sec + wait
    )


def jittered(seconds: int, jitter: float) -> int:
    """At least one second, within a tenth of `seconds`."""
    return max(1, round(seconds * (1 + JITTER_FRACTION * max(-1.0, min(1.0, jitter)))))


def resumed(state: SecondaryState, now_sec: int) -> SecondaryState:
    """After a restart or a clock that jumped back: no wait longer than the timers allow."""
    if state.times is None:
        return replace(state, next_at_sec=now_sec)
    latest = now_sec + jittered(state.times.refresh_sec, 1.0)
    expires = state.expires_at_sec
    if expires is not None:
        expires = min(expires, now_sec + state.times.expire_sec)
    return replace(state, next_at_sec=min(state.next_at_sec, latest), expires_at_sec=expires)
