"""GET /health has exactly seven keys, and its status follows the checks (config.md §4.16)."""

import json

import pytest

from photoncloud.runtime.health import Health, Identity, Phase, reason_line

KEYS = ["status", "mode", "component", "version", "checks", "stage", "backends"]


@pytest.fixture
def health() -> Health:
    return Health(Identity("demo", "1.2", "hybrid", "S1", {"metadata": "chainfire"}))


def test_exactly_seven_keys(health: Health) -> None:
    assert list(health.document()) == KEYS
    assert health.document() == {
        "status": "unhealthy",
        "mode": "hybrid",
        "component": "demo",
        "version": "1.2",
        "checks": {},
        "stage": "S1",
        "backends": {"metadata": "chainfire"},
    }
    assert json.loads(health.body()) == health.document()


def test_not_started_is_unhealthy_and_starting(health: Health) -> None:
    assert health.status == "unhealthy"
    assert health.readiness == "starting"


def test_ready_without_checks_is_healthy(health: Health) -> None:
    health.enter(Phase.READY)
    assert (health.status, health.readiness) == ("healthy", "ok")


def test_an_unreported_check_says_so(health: Health) -> None:
    health.register("storage")
    assert health.checks() == {"storage": "not checked yet"}


def test_a_failed_check_degrades_a_critical_one_is_unhealthy(health: Health) -> None:
    health.register("cache")
    health.register("storage", critical=True)
    health.enter(Phase.READY)
    health.report("storage", "ok")
    health.report("cache", "cold")
    assert (health.status, health.readiness) == ("degraded", "ok")
    health.report("storage", "disk full")
    assert (health.status, health.readiness) == ("unhealthy", "unhealthy")
    health.report("storage", "ok")
    health.report("cache", "ok")
    assert health.status == "healthy"


def test_draining_is_degraded_and_not_ready(health: Health) -> None:
    health.enter(Phase.DRAINING)
    assert (health.status, health.readiness) == ("degraded", "draining")


def test_notes_come_and_go(health: Health) -> None:
    health.enter(Phase.READY)
    health.note("config", "reload refused: 2 problems")
    assert health.checks() == {"config": "reload refused: 2 problems"}
    assert health.status == "degraded"
    health.clear("config")
    health.clear("config")
    assert health.status == "healthy"


@pytest.mark.parametrize(
    ("state", "shown"), [("ok", "ok"), ("suspect", "ok"), ("fallback", "why"), ("failed", "why"), ("recovering", "why")]
)
def test_capability_states(health: Health, state: str, shown: str) -> None:
    health.enter(Phase.READY)
    health.capability("metadata", state, "why")
    assert health.checks() == {"metadata": shown}
    assert health.status == ("healthy" if shown == "ok" else "degraded")


def test_a_check_and_a_capability_of_one_name_show_the_trouble(health: Health) -> None:
    health.register("metadata")
    health.report("metadata", "ok")
    health.capability("metadata", "fallback", "reading snapshot")
    assert health.checks() == {"metadata": "reading snapshot"}
    health.capability("metadata", "ok", "")
    health.report("metadata", "slow")
    assert health.checks() == {"metadata": "slow"}


def test_without_detail_reasons_are_hidden(health: Health) -> None:
    health.register("a")
    health.register("b")
    health.report("a", "ok")
    health.report("b", "secret place is full")
    assert health.document(detail=False)["checks"] == {"a": "ok", "b": "failed"}
    assert b"secret place" not in health.body(detail=False)
    assert b"secret place" in health.body()


def test_the_body_is_made_once_a_change(health: Health) -> None:
    first = health.body()
    assert health.body() is first
    health.enter(Phase.READY)
    assert health.body() is not first


def test_listeners_hear_changes_only(health: Health) -> None:
    health.register("a")
    heard: list[str] = []
    health.on_change(lambda: heard.append(health.status))
    health.report("a", "x")
    health.report("a", "x")
    assert len(heard) == 1


def test_two_checks_of_one_name_are_a_defect(health: Health) -> None:
    health.register("a")
    with pytest.raises(ValueError, match="two checks"):
        health.register("a")


def test_a_reason_is_one_short_harmless_line() -> None:
    reason = reason_line("first\nsecond \x1b[2J http://u:p@h/ " + "x" * 500)
    assert len(reason) == 200
    assert reason.startswith("first second \\x1b[2J http://***@h/ ")
    assert reason.endswith("…")
