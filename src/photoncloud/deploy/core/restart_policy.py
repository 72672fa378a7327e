"""When and whether an ended process is started again."""

from __future__ import annotations

from dataclasses import dataclass

SECOND_NS = 1_000_000_000

BACKOFF_FIRST_NS = SECOND_NS // 2
BACKOFF_MAX_NS = 30 * SECOND_NS
# Keeps components that failed together from starting together for ever.
BACKOFF_JITTER = 0.10
# A process this long healthy has recovered: the next failure counts as the first.
HEALTHY_RESETS_AFTER_NS = 60 * SECOND_NS
FAILURES_MAX = 10
FAILURES_WINDOW_NS = 600 * SECOND_NS

# Usage, missing extra or service, missing privilege, configuration: trying again cannot help.
HOPELESS_STATUSES = frozenset({64, 69, 77, 78})
# Operating system: a port was taken between our probe and the bind. Retried only by a process that has served before.
OS_ERROR_STATUS = 71


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended: `status` when it exited, `signal` when it was killed; `spawn_error` when it never began."""

    status: int | None = None
    signal: int | None = None
    spawn_error: str = ""

    @property
    def is_clean(self) -> bool:
        return self.status == 0

    def __str__(self) -> str:
        if self.spawn_error:
            return f"could not be started ({self.spawn_error})"
        return f"killed by signal {self.signal}" if self.signal is not None else f"exit status {self.status}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows an exit: `again` after `delay_ns`, or not at all because of `reason`; `failed` says which end."""

    again: bool
    delay_ns: int = 0
    failed: bool = False
    reason: str = ""


def backoff_ns(attempt: int, jitter: float) -> int:
    """0.5 s · 2^attempt, at most 30 s, ± 10 %; `jitter` lies in [-1, 1]."""
    base = min(BACKOFF_FIRST_NS << min(attempt, 16), BACKOFF_MAX_NS)
    return int(base * (1 + BACKOFF_JITTER * max(-1.0, min(1.0, jitter))))


def verdict(
    policy: str, end: Exit, *, attempt: int, failures_in_window: int, was_ready: bool, jitter: float
) -> Verdict:
    """Judge one unexpected end; `failures_in_window` includes this one."""
    if end.is_clean and policy != "always":
        return Verdict(again=False, reason="finished with exit status 0")
    if end.status in HOPELESS_STATUSES or end.spawn_error:
        return Verdict(again=False, failed=True, reason=f"{end}: trying again cannot help")
    if end.status == OS_ERROR_STATUS and not was_ready:
        return Verdict(again=False, failed=True, reason=f"{end}: the operating system refused (is a port taken?)")
    if policy == "never":
        return Verdict(again=False, failed=True, reason=str(end))
    if failures_in_window >= FAILURES_MAX:
        return Verdict(again=False, failed=True, reason=f"{end}, {failures_in_window} failures in 10 minutes")
    return Verdict(again=True, delay_ns=backoff_ns(attempt, jitter), reason=str(end))
