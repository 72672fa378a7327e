"""What GET /health, /readyz say. Reading an answer does no I/O: results are reported here when they change.

Shape (config.md §4.16), exactly seven keys:
    {"status", "mode", "component", "version", "checks": {name: "ok" | reason}, "stage", "backends"}
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from photoncloud.config import Resolved
from photoncloud.runtime.limits import CHECK_REASON_CHARACTERS
from photoncloud.runtime.redaction import clean, one_line

OK = "ok"
FAILED = "failed"
"""Shown instead of a reason to other hosts when `photon.ops.public_detail` is off."""
NOT_CHECKED = "not checked yet"

SERVING_CAPABILITY_STATES = frozenset({"ok", "suspect"})
"""The fallback states (config.md §4.13) in which a capability still works as it should."""


class Phase(enum.StrEnum):
    """Where a process is in its life."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@dataclass(slots=True)
class _Check:
    critical: bool
    result: str = NOT_CHECKED


@dataclass(frozen=True, slots=True)
class Identity:
    """The keys of /health that never change while a process lives."""

    component: str
    version: str
    mode: str
    stage: str
    backends: Mapping[str, str]

    @classmethod
    def of(cls, resolved: Resolved, version: str) -> Identity:
        return cls(resolved.component, version, resolved.mode, resolved.stage, dict(resolved.backends))


class Health:
    """The current state. `on_change` callbacks run whenever the document changed."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.public_detail = True
        self._phase = Phase.STARTING
        self._checks: dict[str, _Check] = {}
        self._notes: dict[str, str] = {}
        self._capabilities: dict[str, str] = {}
        self._listeners: list[Callable[[], None]] = []
        self._bodies: dict[bool, bytes] = {}
        self._status = ""

    @property
    def phase(self) -> Phase:
        return self._phase

    def enter(self, phase: Phase) -> None:
        self._phase = phase
        self._changed()

    def on_change(self, callback: Callable[[], None]) -> None:
        self._listeners.append(callback)

    def register(self, name: str, *, critical: bool = False) -> None:
        """Announce a check; until its first report its reason is `not checked yet`."""
        if name in self._checks:
            raise ValueError(f"two checks are named {name!r}")
        self._checks[name] = _Check(critical)
        self._changed()

    def report(self, name: str, result: str) -> None:
        """`result` is "ok" or a reason in words: one line, no secret, no user data; longer than the limit is cut."""
        check = self._checks[name]
        text = reason_line(result)
        if check.result != text:
            check.result = text
            self._changed()

    def result(self, name: str) -> str:
        """The last reported result of a registered check."""
        return self._checks[name].result

    def note(self, name: str, reason: str) -> None:
        """Show a passing trouble (`config`, `tls`) as a check until `clear`; it degrades, never more."""
        self._notes[name] = reason_line(reason)
        self._changed()

    def clear(self, name: str) -> None:
        if self._notes.pop(name, None) is not None:
            self._changed()

    def capability(self, name: str, state: str, reason: str) -> None:
        """The state of an integrated capability; it is a check of its own name."""
        self._capabilities[name] = OK if state in SERVING_CAPABILITY_STATES else reason_line(reason)
        self._changed()

    def checks(self) -> dict[str, str]:
        """Name -> "ok" or reason. Where a check and a capability share a name, the trouble is shown."""
        results: dict[str, str] = {name: check.result for name, check in self._checks.items()}
        for source in (self._capabilities, self._notes):
            for name, result in source.items():
                if results.get(name, OK) == OK:
                    results[name] = result
        return results

    @property
    def status(self) -> str:
        """`healthy`, `degraded` or `unhealthy`; worked out once a change."""
        if not self._status:
            self._status = self._current_status()
        return self._status

    def _current_status(self) -> str:
        critical_failed = any(check.critical and check.result != OK for check in self._checks.values())
        if critical_failed or self._phase is Phase.STARTING:
            return "unhealthy"
        if self._phase is Phase.DRAINING or any(result != OK for result in self.checks().values()):
            return "degraded"
        return "healthy"

    @property
    def readiness(self) -> str:
        """`ok`, or why no traffic should come: `starting`, `draining`, `unhealthy`."""
        if self._phase is not Phase.READY:
            return str(self._phase)
        return "unhealthy" if self.status == "unhealthy" else OK

    def document(self, *, detail: bool = True) -> dict[str, object]:
        """The answer of GET /health; without `detail` a reason is just `failed`."""
        checks = self.checks()
        if not detail:
            checks = {name: result if result == OK else FAILED for name, result in checks.items()}
        return {
            "status": self.status,
            "mode": self.identity.mode,
            "component": self.identity.component,
            "version": self.identity.version,
            "checks": checks,
            "stage": self.identity.stage,
            "backends": dict(self.identity.backends),
        }

    def body(self, *, detail: bool = True) -> bytes:
        """`document` as JSON, encoded once a change."""
        body = self._bodies.get(detail)
        if body is None:
            body = self._bodies[detail] = json.dumps(self.document(detail=detail)).encode()
        return body

    def _changed(self) -> None:
        self._bodies.clear()
        self._status = ""
        for callback in self._listeners:
            callback()


def reason_line(text: str) -> str:
    """`text` as one line within the limit, without control characters and userinfo in URLs."""
    line = one_line(clean(" ".join(text.split())))
    longest = int(CHECK_REASON_CHARACTERS.value)
    return line if len(line) <= longest else line[: longest - 1] + "…"
