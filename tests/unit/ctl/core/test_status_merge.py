"""One row a component."""

from __future__ import annotations

import pytest

from photoncloud.ctl.core.status_merge import Answer, Sighting, merged, row

HEALTH = {"status": "degraded", "mode": "hybrid", "component": "store", "version": "0.1.0", "stage": "S1"}
HEALTH |= {"checks": {"disk": "ok", "kv": "unreachable for 41 s"}, "backends": {"metadata": "chainfire"}}  # type: ignore[dict-item]

REGISTERED = Sighting("s", "store", "a", mode="integrated")
FAILED = Sighting("s", "store", "a", is_stopped=True, note="failed: x")


def test_earlier_sources_win_and_later_ones_fill() -> None:
    first = Sighting("supervisor", "store", "127.0.0.1:9003", uptime_sec=5.0)
    second = Sighting("registry", "store", "127.0.0.1:9003", id="store-01", mode="integrated")
    other = Sighting("registry", "kv", "10.0.0.1:2379")
    found = merged([first, second, other])
    assert [(s.component, s.source, s.id) for s in found] == [
        ("store", "supervisor", "store-01"),
        ("kv", "registry", ""),
    ]


@pytest.mark.parametrize(
    ("seen", "answer", "status", "reason"),
    [
        (Sighting("s", "store", "a"), Answer(HEALTH), "degraded", "kv: unreachable for 41 s"),
        (
            Sighting("s", "store", "a", mode="integrated"),
            Answer(HEALTH),
            "degraded",
            "registered as integrated, says hybrid",
        ),
        (Sighting("s", "store", "a"), Answer(failure="refused"), "unreachable", "refused"),
        (
            Sighting("s", "store", "a", is_stopped=True, note="failed: x"),
            Answer(failure="refused"),
            "stopped",
            "failed: x",
        ),
        (Sighting("s", "store", "a"), Answer({"status": "odd"}), "unhealthy", ""),
    ],
)
def test_rows(seen: Sighting, answer: Answer, status: str, reason: str) -> None:
    found = row(seen, answer)
    assert (found["status"], found["reason"]) == (status, reason)
    assert found["component"] == "store"


def test_keys_are_what_scripts_rely_on() -> None:
    found = row(Sighting("s", "store", "a:1", id="i"), Answer(HEALTH))
    keys = "component id status mode stage version uptime_sec endpoint reason checks backends"
    assert list(found) == keys.split()
