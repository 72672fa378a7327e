"""The state machine of config.md §4.13."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config.fallback import (
    PROBE_INTERVAL_NS,
    REASON_CHARACTERS_MAX,
    RECOVERY_NS,
    SECOND,
    STATES,
    CapabilityState,
    Policy,
    failure,
    probe_delay_ns,
    success,
    tick,
)

POLICY = Policy(30 * SECOND)
STRICT = Policy(30 * SECOND, is_allowed=False)


def at(second: float) -> int:
    return int(second * SECOND)


def test_a_short_silence_is_only_suspect() -> None:
    state = failure(CapabilityState(), at(1), "refused", POLICY)
    assert (state.state, state.reason, state.is_degraded, state.may_write) == ("suspect", "refused", False, True)
    assert tick(state, at(30.9), POLICY).state == "suspect"
    assert success(state, at(30), POLICY) == CapabilityState("ok", at(30))


@pytest.mark.parametrize(("policy", "degraded"), [(POLICY, "fallback"), (STRICT, "failed")])
def test_a_long_silence_degrades_and_three_answers_over_five_seconds_end_it(policy: Policy, degraded: str) -> None:
    state = failure(CapabilityState(), at(1), "refused", policy)
    state = failure(state, at(20), "still refused", policy)
    state = tick(state, at(31), policy)
    assert (state.state, state.since_ns, state.may_write, state.reason) == (degraded, at(31), False, "still refused")
    state = success(state, at(100), policy)
    assert state.state == "recovering"
    state = success(state, at(101), policy)
    state = success(state, at(102), policy)
    assert state.state == "recovering", "three answers, but within two seconds"
    assert success(state, at(105), policy) == CapabilityState("ok", at(105))


def test_two_answers_are_not_enough_however_long_they_take() -> None:
    state = CapabilityState("fallback", at(0))
    state = success(success(state, at(1), POLICY), at(100), POLICY)
    assert (state.state, state.successes) == ("recovering", 2)


def test_a_failure_while_recovering_goes_back_at_once() -> None:
    state = success(CapabilityState("fallback", at(0)), at(1), POLICY)
    state = failure(state, at(2), "gone", POLICY)
    assert (state.state, state.since_ns, state.successes) == ("fallback", at(2), 0)
    assert failure(success(state, at(3), STRICT), at(4), "x", STRICT).state == "failed"


def test_a_failure_after_the_timeout_degrades_without_a_tick() -> None:
    state = failure(CapabilityState(), at(0), "a", POLICY)
    assert failure(state, at(30), "b", POLICY).state == "fallback"


def test_a_reloaded_policy_takes_effect_on_the_next_tick() -> None:
    state = CapabilityState("fallback", at(0))
    assert tick(state, at(1), STRICT).state == "failed"
    assert tick(tick(state, at(1), STRICT), at(2), POLICY).state == "fallback"


def test_reasons_are_one_short_line() -> None:
    state = failure(CapabilityState(), 0, "a\nb" + "x" * 500, POLICY)
    assert state.reason.startswith("a\\nbx")
    assert len(state.reason) == REASON_CHARACTERS_MAX


def test_probe_delay_is_two_seconds_give_or_take_a_fifth() -> None:
    assert probe_delay_ns(0.0) == PROBE_INTERVAL_NS * 8 // 10
    assert probe_delay_ns(0.5) == PROBE_INTERVAL_NS
    assert probe_delay_ns(0.999999) <= PROBE_INTERVAL_NS * 12 // 10


events = st.lists(st.tuples(st.sampled_from(["failure", "success", "tick"]), st.integers(0, 20 * SECOND)), max_size=60)
ALLOWED = {
    ("ok", "suspect"),
    ("suspect", "ok"),
    ("suspect", "fallback"),
    ("fallback", "recovering"),
    ("recovering", "fallback"),
    ("recovering", "ok"),
}


@given(events)
def test_only_the_drawn_transitions_happen(steps: list[tuple[str, int]]) -> None:
    state, now, answers = CapabilityState(), 0, 0
    for event, pause in steps:
        now += pause
        before = state
        state = tick(state, now, POLICY)
        assert state.state in STATES
        middle = state.state
        if event == "failure":
            state = failure(state, now, "x", POLICY)
        elif event == "success":
            state = success(state, now, POLICY)
        for old, new in ((before.state, middle), (middle, state.state)):
            assert old == new or (old, new) in ALLOWED
        answers = answers + 1 if event == "success" else 0 if event == "failure" else answers
        if before.is_degraded and state.state == "ok":
            assert answers >= 3
            assert now - before.first_success_ns >= RECOVERY_NS
        assert state.may_write == (state.state in ("ok", "suspect"))
