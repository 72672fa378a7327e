"""The ledger of lost and regained integrated services: what GET /degradation shows (config.md §4.13)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from photoncloud.runtime.clock import Clock
from photoncloud.runtime.logging import get_logger

log = get_logger(__name__)

WORKING = "ok"
DEGRADED_STATES = frozenset({"fallback", "failed", "recovering"})
"""The states in which the integrated backend is not used."""

_NANOSECONDS = 1_000_000_000

Listener = Callable[["Transition"], None]


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a capability's state."""

    capability: str
    backend: str
    before: str
    after: str
    reason: str


@dataclass(slots=True)
class Entry:
    """One stretch in which a capability was not `ok`. Times are RFC 3339 UTC; `until` is None while it lasts."""

    capability: str
    backend: str
    since: str
    until: str | None
    reason: str
    rejected_writes: int = 0
    served_reads: int = 0
    spooled_events: int = 0


class Ledger:
    """Entries newest first, at most `entries_max`; `on_transition` listeners hear of every change."""

    def __init__(self, clock: Clock, entries_max: int) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=entries_max)
        self._open: dict[str, Entry] = {}
        self._states: dict[str, str] = {}
        self._degraded_since_ns: dict[str, int] = {}
        self._degraded_ns: dict[str, int] = {}
        self._listeners: list[Listener] = []

    def on_transition(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def keep(self, entries_max: int) -> None:
        """Change the length; the oldest entries go first."""
        self._entries = deque(list(self._entries)[:entries_max], maxlen=entries_max)

    def state(self, capability: str) -> str:
        return self._states.get(capability, WORKING)

    def transition(self, capability: str, backend: str, after: str, reason: str) -> None:
        """Record that `capability` is now in state `after` (config.md §4.13). The same state again does nothing."""
        change = Transition(capability, backend, self.state(capability), after, reason)
        if change.before == after:
            return
        self._states[capability] = after
        self._account(change)
        self._record(change)
        write = log.info if after == WORKING else log.warning
        write(
            "capability_state",
            capability=capability,
            backend=backend,
            **{"from": change.before, "to": after},
            reason=reason,
        )
        for listener in self._listeners:
            listener(change)

    def _account(self, change: Transition) -> None:
        now = self._clock.monotonic_ns()
        if change.after in DEGRADED_STATES:
            self._degraded_since_ns.setdefault(change.capability, now)
        elif (since := self._degraded_since_ns.pop(change.capability, None)) is not None:
            self._degraded_ns[change.capability] = self._degraded_ns.get(change.capability, 0) + now - since

    def _record(self, change: Transition) -> None:
        now = datetime.fromtimestamp(self._clock.now_ns() / _NANOSECONDS, UTC).isoformat(timespec="milliseconds")
        now = now.replace("+00:00", "Z")
        entry = self._open.get(change.capability)
        if change.after == WORKING:
            if entry is not None:
                entry.until = now
                del self._open[change.capability]
        elif entry is not None:
            entry.reason = change.reason
        else:
            entry = self._open[change.capability] = Entry(change.capability, change.backend, now, None, change.reason)
            self._entries.appendleft(entry)

    def count(
        self, capability: str, *, rejected_writes: int = 0, served_reads: int = 0, spooled_events: int = 0
    ) -> None:
        """Add to the entry that is open for `capability`; nothing when it works."""
        entry = self._open.get(capability)
        if entry is not None:
            entry.rejected_writes += rejected_writes
            entry.served_reads += served_reads
            entry.spooled_events += spooled_events

    def degraded_seconds(self) -> dict[tuple[str, ...], float]:
        """(capability,) -> seconds without its integrated backend, the current stretch included."""
        now = self._clock.monotonic_ns()
        total = dict(self._degraded_ns)
        for capability, since in self._degraded_since_ns.items():
            total[capability] = total.get(capability, 0) + now - since
        return {(capability,): nanoseconds / _NANOSECONDS for capability, nanoseconds in total.items()}

    def document(self) -> list[dict[str, object]]:
        """The answer of GET /degradation, newest first."""
        return [asdict(entry) for entry in self._entries]
