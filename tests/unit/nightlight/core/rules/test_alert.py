"""The life of an alert, evaluation by evaluation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.rules.alert import (
    RESOLVED_RETENTION_MS,
    AlertInstance,
    AlertState,
    AlertTimes,
    Observation,
    Reason,
    alert_series,
    ends_at_ms,
    evaluated,
    needs_sending,
    restored,
)

KEY = Labels.of({"alertname": "x", "job": "a"})
FOUND = {KEY: Observation(1.0)}
Known = dict[Labels, AlertInstance]


def run(times: AlertTimes, steps: list[tuple[int, bool]], known: Known | None = None) -> tuple[Known, list[str]]:
    """States after evaluations at the given times with the condition true or false."""
    states, instances = [], dict(known or {})
    for now, holds in steps:
        instances = evaluated(times, instances, FOUND if holds else {}, now).instances
        states.append(instances[KEY].state.value if KEY in instances else "none")
    return instances, states


def test_fires_at_once_without_for() -> None:
    instances, states = run(AlertTimes(), [(10, True)])
    assert states == ["firing"]
    assert (instances[KEY].active_at_ms, instances[KEY].fired_at_ms) == (10, 10)


def test_pends_for_a_while() -> None:
    instances, states = run(AlertTimes(for_ms=60), [(0, True), (30, True), (60, True), (90, True)])
    assert states == ["pending", "pending", "firing", "firing"]
    assert (instances[KEY].active_at_ms, instances[KEY].fired_at_ms) == (0, 60)


def test_pending_is_forgotten_when_the_condition_ends() -> None:
    instances, states = run(AlertTimes(for_ms=60), [(0, True), (30, False), (60, True), (90, True)])
    assert states == ["pending", "none", "pending", "pending"]
    assert instances[KEY].active_at_ms == 60


def test_resolved_is_kept_and_starts_anew() -> None:
    late = 30 + RESOLVED_RETENTION_MS
    instances, states = run(AlertTimes(), [(0, True), (30, False), (late, False), (late + 1, False)])
    assert states == ["firing", "inactive", "inactive", "none"]
    instances, states = run(AlertTimes(for_ms=10), [(0, True), (10, True), (30, False), (40, True)])
    assert states[-1] == "pending"
    assert (instances[KEY].active_at_ms, instances[KEY].resolved_at_ms) == (40, None)


def test_keeps_firing() -> None:
    times = AlertTimes(keep_firing_for_ms=60)
    steps = [(0, True), (10, False), (60, False), (65, True), (70, False), (129, False), (130, False)]
    instances, states = run(times, steps)
    assert states == ["firing"] * 6 + ["inactive"]
    assert instances[KEY].resolved_at_ms == 130
    assert evaluated(times, run(times, steps[:2])[0], {}, 20).reasons == {KEY: Reason.KEEP_FIRING}


def test_a_longer_for_returns_it_to_pending() -> None:
    instances, _ = run(AlertTimes(), [(0, True)])
    _, states = run(AlertTimes(for_ms=100), [(50, True), (100, True)], instances)
    assert states == ["pending", "firing"]


def test_value_and_annotations_are_refreshed() -> None:
    instances, _ = run(AlertTimes(), [(0, True)])
    annotations = Labels.of({"summary": "new"})
    after = evaluated(AlertTimes(), instances, {KEY: Observation(2.0, annotations)}, 10).instances[KEY]
    assert (after.value, after.annotations, after.fired_at_ms) == (2.0, annotations, 0)


def test_sending() -> None:
    firing = run(AlertTimes(), [(0, True)])[0][KEY]
    assert needs_sending(firing, 60, 0)
    told = AlertInstance(KEY, Labels(), 1, AlertState.FIRING, 0, 0, last_sent_at_ms=0)
    assert [needs_sending(told, 60, now) for now in (60, 61)] == [False, True]
    resolved = run(AlertTimes(), [(90, False)], {KEY: told})[0][KEY]
    assert needs_sending(resolved, 60, 90)
    assert ends_at_ms(resolved, 15, 60, 100) == 90
    assert ends_at_ms(firing, 15, 60, 100) == 340
    pending = run(AlertTimes(for_ms=5), [(0, True)])[0][KEY]
    assert not needs_sending(pending, 60, 100)


def test_an_outage_does_not_count_towards_for() -> None:
    times = AlertTimes(for_ms=60)
    pending, _ = run(times, [(0, True), (30, True)])
    _, states = run(times, [(130, True), (159, True), (160, True)], restored(pending, 30, 130, 3600))
    assert states == ["pending", "pending", "firing"]


def test_firing_survives_a_restart_without_a_second_start() -> None:
    firing, _ = run(AlertTimes(for_ms=10), [(0, True), (10, True)])
    instances, states = run(AlertTimes(for_ms=10), [(500, True)], restored(firing, 10, 500, 3600))
    assert states == ["firing"]
    assert (instances[KEY].active_at_ms, instances[KEY].fired_at_ms) == (0, 10)


def test_beyond_tolerance_firing_is_evaluated_once_before_it_resolves() -> None:
    firing, _ = run(AlertTimes(), [(0, True)])
    _, states = run(AlertTimes(), [(5000, False), (5010, False)], restored(firing, 0, 5000, 3600))
    assert states == ["firing", "inactive"]
    pending, _ = run(AlertTimes(for_ms=60), [(0, True)])
    assert restored(pending, 0, 5000, 3600) == {}


def test_series() -> None:
    firing = run(AlertTimes(), [(90_500, True)])[0][KEY]
    assert [(str(labels), value) for labels, value in alert_series("x", firing)] == [
        ('{__name__="ALERTS", alertname="x", alertstate="firing", job="a"}', 1.0),
        ('{__name__="ALERTS_FOR_STATE", alertname="x", job="a"}', 90.0),
    ]


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 40), st.integers(0, 40))
def test_never_fires_before_its_time_nor_vanishes_while_it_holds(holds: list[bool], wait: int, keep: int) -> None:
    times, instances = AlertTimes(wait, keep), dict[Labels, AlertInstance]()
    since: int | None = None
    for step, own in enumerate(holds):
        now = step * 10
        instances = evaluated(times, instances, FOUND if own else {}, now).instances
        since = (now if since is None else since) if own else None
        state = instances[KEY].state if KEY in instances else None
        if own:
            assert state in (AlertState.PENDING, AlertState.FIRING)
            if since is not None and now - since >= wait:
                assert state is AlertState.FIRING
        if state is AlertState.FIRING:
            assert now - instances[KEY].active_at_ms >= wait
