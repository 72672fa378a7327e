"""What happens when an integrated service is silent: one pure state machine per capability.

    ok --failure--> suspect --timeout--> fallback (failed when falling back is switched off)
    suspect --success--> ok      fallback|failed --success--> recovering --3 successes over 5 s--> ok
    recovering --failure--> back to fallback|failed

Times are monotonic nanoseconds that the caller passes in; nothing here reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from photoncloud.config.problem import printable

OK = "ok"
SUSPECT = "suspect"
FALLBACK = "fallback"
FAILED = "failed"
RECOVERING = "recovering"
STATES = (OK, SUSPECT, FALLBACK, FAILED, RECOVERING)

SECOND = 1_000_000_000
# A service that answers once and goes again would switch truth back and forth: three answers over five seconds.
SUCCESSES_TO_RECOVER = 3
RECOVERY_NS = 5 * SECOND
PROBE_INTERVAL_NS = 2 * SECOND
# Probes of many processes must not fall on one moment after an outage.
PROBE_JITTER = 0.2
REASON_CHARACTERS_MAX = 200


@dataclass(frozen=True)
class Policy:
    """`timeout_ns`: silence before the fallback. `is_allowed`: `fallback_to_standalone`."""

    timeout_ns: int
    is_allowed: bool = True

    @property
    def degraded(self) -> str:
        """The state after the timeout."""
        return FALLBACK if self.is_allowed else FAILED


@dataclass(frozen=True)
class CapabilityState:
    """One capability at one moment. `since_ns`: when the state was entered. `reason`: the last failure, one line.

    `silent_since_ns`: first failure after the last success. `successes`, `first_success_ns`: of the present recovery.
    """

    state: str = OK
    since_ns: int = 0
    reason: str = ""
    silent_since_ns: int = 0
    successes: int = 0
    first_success_ns: int = 0

    @property
    def is_degraded(self) -> bool:
        """True in every state that `/health` calls degraded."""
        return self.state not in (OK, SUSPECT)

    @property
    def may_write(self) -> bool:
        """False while writes must be refused at once; in `suspect` they retry within their own deadline."""
        return not self.is_degraded


def failure(now: CapabilityState, now_ns: int, reason: str, policy: Policy) -> CapabilityState:
    """The state after a call or a probe failed."""
    line = printable(reason)[:REASON_CHARACTERS_MAX]
    if now.state == OK:
        now = replace(now, state=SUSPECT, since_ns=now_ns, silent_since_ns=now_ns)
    elif now.state == RECOVERING:
        now = replace(now, state=policy.degraded, since_ns=now_ns, successes=0)
    return tick(replace(now, reason=line), now_ns, policy)


def success(now: CapabilityState, now_ns: int, policy: Policy) -> CapabilityState:
    """The state after a call or a probe succeeded."""
    if now.state == SUSPECT:
        return CapabilityState(OK, now_ns)
    if now.state in (FALLBACK, FAILED):
        return replace(now, state=RECOVERING, since_ns=now_ns, successes=1, first_success_ns=now_ns)
    if now.state == RECOVERING:
        now = replace(now, successes=now.successes + 1)
        steady = now_ns - now.first_success_ns >= RECOVERY_NS
        if steady and now.successes >= SUCCESSES_TO_RECOVER:
            return CapabilityState(OK, now_ns)
    return now


def tick(now: CapabilityState, now_ns: int, policy: Policy) -> CapabilityState:
    """The state as time passes; also where a reloaded policy takes effect."""
    if now.state == SUSPECT and now_ns - now.silent_since_ns >= policy.timeout_ns:
        return replace(now, state=policy.degraded, since_ns=now_ns)
    if now.state in (FALLBACK, FAILED) and now.state != policy.degraded:
        return replace(now, state=policy.degraded, since_ns=now_ns)
    return now


def probe_delay_ns(chance: float) -> int:
    """Time to the next probe while not `ok`; `chance` is a random number in [0, 1)."""
    return int(PROBE_INTERVAL_NS * (1 + PROBE_JITTER * (2 * chance - 1)))
