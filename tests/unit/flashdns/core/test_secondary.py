"""Timers of a secondary (RFC 1034 §4.3.5, flashdns.md §4.7): pure, so a year passes in a moment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core import secondary as sec
from photoncloud.flashdns.core.limits import TransferLimits
from photoncloud.flashdns.core.zone import RRset

LIMITS = TransferLimits()
NOW = 1_750_000_000


def soa(refresh: int = 3600, retry: int = 600, expire: int = 86400) -> RRset:
    numbers = b"".join(number.to_bytes(4, "big") for number in (1, refresh, retry, expire, 60))
    return RRset(b"\x00", 6, 60, (b"\x00\x00" + numbers,))


def fresh() -> sec.SecondaryState:
    return sec.succeeded(sec.SecondaryState(), soa(), NOW, 0.0, LIMITS)


def test_times_are_clamped() -> None:
    assert sec.times_of(soa(), LIMITS) == sec.RefreshTimes(3600, 600, 86400)
    assert sec.times_of(soa(0, 0, 0), LIMITS) == sec.RefreshTimes(2, 1, 3)
    assert sec.times_of(soa(10, 10, 2**32 - 1), LIMITS).expire_sec == LIMITS.expire_max_sec


def test_a_new_zone_is_fetched_at_once() -> None:
    assert sec.action(sec.SecondaryState(), NOW, is_running=False) == "refresh"
    assert not sec.is_expired(sec.SecondaryState(), NOW)


def test_refresh_when_due() -> None:
    state = fresh()
    assert sec.action(state, NOW + 3599, is_running=False) == "wait"
    assert sec.action(state, NOW + 3600, is_running=False) == "refresh"
    assert sec.action(state, NOW + 3600, is_running=True) == "wait"


def test_notify_refreshes_now_and_once_more_after_a_running_one() -> None:
    state = sec.notified(fresh())
    assert sec.action(state, NOW, is_running=False) == "refresh"
    running = sec.started(state)
    assert sec.action(running, NOW, is_running=False) == "wait"
    again = sec.succeeded(sec.notified(running), soa(), NOW, 0.0, LIMITS)
    assert sec.action(again, NOW, is_running=False) == "refresh"


def test_failures_rotate_primaries_then_rest() -> None:
    state = fresh()
    one = sec.failed(state, NOW + 3600, 0.0, primaries=2)
    assert (one.primary, one.next_at_sec) == (1, NOW + 3600)
    two = sec.failed(one, NOW + 3600, 0.0, primaries=2)
    assert (two.primary, two.next_at_sec) == (0, NOW + 3600 + 600)
    assert sec.failed(sec.SecondaryState(), NOW, 0.0, primaries=1).next_at_sec == NOW + sec.FIRST_RETRY_SEC


def test_expiry_runs_on_while_primaries_fail() -> None:
    state = fresh()
    now = NOW
    while not sec.is_expired(state, now):
        if sec.action(state, now, is_running=False) == "refresh":
            state = sec.failed(sec.started(state), now, 0.5, primaries=1)
        now += 60
    assert now == NOW + 86400
    back = sec.succeeded(state, soa(), now, 0.0, LIMITS)
    assert not sec.is_expired(back, now)
    assert back.failures == 0


def test_transfers_that_do_not_advance_fall_back_to_retry() -> None:
    state = fresh()
    for expected in (3600, 3600, 600, 600):
        state = sec.succeeded(state, soa(), NOW, 0.0, LIMITS, advanced=False)
        assert state.next_at_sec == NOW + expected
    assert sec.succeeded(state, soa(), NOW, 0.0, LIMITS).next_at_sec == NOW + 3600


@given(st.integers(0, 10**7), st.floats(-5, 5))
def test_jitter_is_a_tenth(seconds: int, jitter: float) -> None:
    assert max(1, int(seconds * 0.9)) <= sec.jittered(seconds, jitter) <= max(1, int(seconds * 1.1) + 1)


@pytest.mark.parametrize("jump", [0, 86400, -86400, -(10**8)])
def test_restarts_and_clocks_that_jump(jump: int) -> None:
    """No wait longer than the timers allow, and no life beyond EXPIRE."""
    state = sec.resumed(fresh(), NOW + jump)
    assert state.next_at_sec <= NOW + min(jump, 0) + 3960
    assert state.expires_at_sec <= NOW + min(jump, 0) + 86400
    assert sec.resumed(sec.SecondaryState(), NOW).next_at_sec == NOW
