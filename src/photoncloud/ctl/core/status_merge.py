"""One row a component out of what several sources say and what the component itself answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from photoncloud.ctl.core.table import UNKNOWN

STATUSES = ("healthy", "degraded", "unhealthy", "unreachable", "stopped")


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one source knows: `source` is supervisor, endpoint, registry or plan."""

    source: str
    component: str
    endpoint: str
    id: str = ""
    is_stopped: bool = False
    uptime_sec: float | None = None
    note: str = ""
    mode: str = ""
    has_health: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """`/health` as it came: `document` is {} and `failure` says why when it did not."""

    document: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""


def merged(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Earlier sources win; a later one only fills what an earlier did not know. Order of first sight."""
    found: dict[tuple[str, str], Sighting] = {}
    for seen in sightings:
        key = (seen.component, seen.endpoint)
        known = found.get(key)
        found[key] = seen if known is None else _filled(known, seen)
    return list(found.values())


def row(seen: Sighting, answer: Answer) -> dict[str, Any]:
    """The row as JSON data; keys are documented and do not change."""
    health = answer.document
    checks = health.get("checks")
    checks = dict(checks) if isinstance(checks, Mapping) else {}
    status = str(health.get("status", "")) if health else ""
    if seen.is_stopped and not health:
        status = "stopped"
    elif status not in STATUSES:
        status = "unreachable" if not health else "unhealthy"
    return {
        "component": str(health.get("component") or seen.component or UNKNOWN),
        "id": seen.id or UNKNOWN,
        "status": status,
        "mode": str(health.get("mode") or UNKNOWN),
        "stage": str(health.get("stage") or UNKNOWN),
        "version": str(health.get("version") or UNKNOWN),
        "uptime_sec": seen.uptime_sec,
        "endpoint": seen.endpoint,
        "reason": _reason(seen, answer, checks),
        "checks": checks,
        "backends": dict(health.get("backends") or {}),
    }


def _reason(seen: Sighting, answer: Answer, checks: Mapping[str, Any]) -> str:
    registered, says = seen.mode, answer.document.get("mode")
    if registered and says and registered != says:
        return f"registered as {registered}, says {says}"
    for name, text in checks.items():
        if text != "ok":
            return f"{name}: {text}"
    if seen.note:
        return seen.note
    return answer.failure if not answer.document else ""


def _filled(known: Sighting, other: Sighting) -> Sighting:
    return Sighting(
        known.source,
        known.component or other.component,
        known.endpoint,
        known.id or other.id,
        known.is_stopped,
        known.uptime_sec if known.uptime_sec is not None else other.uptime_sec,
        known.note or other.note,
        known.mode or other.mode,
        known.has_health,
    )
