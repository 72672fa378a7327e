"""The ledger says what was lost, when, why, and what it cost (config.md §4.13)."""

from typing import Any

from photoncloud.runtime.degradation import Ledger, Transition
from photoncloud.testkit.clock import SimClock

KEYS = ["capability", "backend", "since", "until", "reason", "rejected_writes", "served_reads", "spooled_events"]


def test_one_stretch_is_one_entry() -> None:
    clock = SimClock(0)
    ledger = Ledger(clock, 10)
    ledger.transition("metadata", "chainfire", "suspect", "no answer")
    clock.tick(30)
    ledger.transition("metadata", "chainfire", "fallback", "no answer for 30 s")
    ledger.count("metadata", rejected_writes=2, served_reads=5)
    ledger.count("metadata", served_reads=1)
    clock.tick(10)
    ledger.transition("metadata", "chainfire", "recovering", "answers again")
    ledger.transition("metadata", "chainfire", "ok", "three answers")
    (entry,) = ledger.document()
    assert list(entry) == KEYS
    assert entry == {
        "capability": "metadata",
        "backend": "chainfire",
        "since": "1970-01-01T00:00:00.000Z",
        "until": "1970-01-01T00:00:40.000Z",
        "reason": "answers again",
        "rejected_writes": 2,
        "served_reads": 6,
        "spooled_events": 0,
    }


def test_newest_first_and_bounded() -> None:
    ledger = Ledger(SimClock(), 3)
    for number in range(5):
        ledger.transition("auth", "photonauth", "suspect", str(number))
        ledger.transition("auth", "photonauth", "ok", "")
    assert [entry["reason"] for entry in ledger.document()] == ["4", "3", "2"]
    ledger.keep(1)
    assert [entry["reason"] for entry in ledger.document()] == ["4"]


def test_counting_while_all_is_well_counts_nothing() -> None:
    ledger = Ledger(SimClock(), 3)
    ledger.count("events", spooled_events=1)
    assert ledger.document() == []


def test_the_same_state_again_is_no_transition(captured: list[Any]) -> None:
    ledger = Ledger(SimClock(), 3)
    ledger.transition("auth", "photonauth", "ok", "")
    ledger.transition("auth", "photonauth", "suspect", "a")
    ledger.transition("auth", "photonauth", "suspect", "b")
    assert len(captured) == 1


def test_each_transition_is_one_line_and_one_call(captured: list[Any]) -> None:
    heard: list[Transition] = []
    ledger = Ledger(SimClock(), 3)
    ledger.on_transition(heard.append)
    ledger.transition("auth", "photonauth", "suspect", "silent")
    ledger.transition("auth", "photonauth", "ok", "back")
    assert heard == [
        Transition("auth", "photonauth", "ok", "suspect", "silent"),
        Transition("auth", "photonauth", "suspect", "ok", "back"),
    ]
    assert [(r["event"], r["capability"], r["from"], r["to"], r["reason"]) for r in captured] == [
        ("capability_state", "auth", "ok", "suspect", "silent"),
        ("capability_state", "auth", "suspect", "ok", "back"),
    ]


def test_seconds_without_the_backend_only_monotonic_time_counts() -> None:
    clock = SimClock()
    ledger = Ledger(clock, 3)
    ledger.transition("metadata", "chainfire", "suspect", "")
    clock.tick(30)
    assert ledger.degraded_seconds() == {}
    ledger.transition("metadata", "chainfire", "fallback", "")
    clock.tick(5)
    clock.jump_wall(-3600)
    assert ledger.degraded_seconds() == {("metadata",): 5.0}
    ledger.transition("metadata", "chainfire", "recovering", "")
    clock.tick(5)
    ledger.transition("metadata", "chainfire", "ok", "")
    clock.tick(100)
    assert ledger.degraded_seconds() == {("metadata",): 10.0}
    ledger.transition("metadata", "chainfire", "fallback", "")
    clock.tick(1)
    assert ledger.degraded_seconds() == {("metadata",): 11.0}
