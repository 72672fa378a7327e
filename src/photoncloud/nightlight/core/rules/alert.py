"""The life of an alert: pending, firing, resolved. One evaluation in, the next state of every instance out.

Times are int64 milliseconds of the evaluation's own clock. Instances are values: storing them after each evaluation is
all that a restart needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from photoncloud.nightlight.core.labels import METRIC_NAME, Labels

RESOLVED_RETENTION_MS = 900_000
"""How long a resolved alert is kept so that its end can be told again."""
VALIDITY_FACTOR = 4
"""A firing alert is valid for so many times the longer of interval and resend delay, should we fall silent."""


class AlertState(StrEnum):
    """Where an instance stands."""

    PENDING = "pending"
    FIRING = "firing"
    INACTIVE = "inactive"


class Reason(StrEnum):
    """Why an evaluation left an instance as it did; shown by the rule trace."""

    PENDING_FOR = "pending_for"
    FIRING = "firing"
    KEEP_FIRING = "keep_firing"
    CONDITION_FALSE = "condition_false"


@dataclass(frozen=True, slots=True)
class AlertTimes:
    """How long a rule's condition must hold, and how long its alerts outlive it."""

    for_ms: int = 0
    keep_firing_for_ms: int = 0


@dataclass(frozen=True, slots=True)
class Observation:
    """What an evaluation found for one label set."""

    value: float
    annotations: Labels = Labels()  # noqa: RUF009 - immutable


@dataclass(frozen=True, slots=True)
class AlertInstance:
    """One alert; None = that has not happened."""

    labels: Labels
    annotations: Labels
    value: float
    state: AlertState
    active_at_ms: int
    fired_at_ms: int | None = None
    keep_firing_since_ms: int | None = None
    resolved_at_ms: int | None = None
    last_sent_at_ms: int | None = None
    is_restored: bool = False
    """Loaded after an outage beyond tolerance: evaluated once more before it may resolve."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Every instance that is kept, and why each (also those that are gone) stands where it does."""

    instances: dict[Labels, AlertInstance]
    reasons: dict[Labels, Reason]


def evaluated(
    times: AlertTimes, known: Mapping[Labels, AlertInstance], found: Mapping[Labels, Observation], now_ms: int
) -> Evaluation:
    """The state after an evaluation at `now_ms` that found `found` (label set of the alert -> observation)."""
    result = Evaluation({}, {})
    for labels, observation in found.items():
        instance, reason = _present(times, known.get(labels), labels, observation, now_ms)
        result.instances[labels], result.reasons[labels] = instance, reason
    for labels, before in known.items():
        if labels not in found:
            after, reason = _missing(times, before, now_ms)
            result.reasons[labels] = reason
            if after is not None:
                result.instances[labels] = after
    return result


def _present(
    times: AlertTimes, before: AlertInstance | None, labels: Labels, observation: Observation, now_ms: int
) -> tuple[AlertInstance, Reason]:
    """The condition holds."""
    if before is None or before.state is AlertState.INACTIVE:
        before = AlertInstance(labels, observation.annotations, observation.value, AlertState.PENDING, now_ms)
    instance = replace(
        before,
        value=observation.value,
        annotations=observation.annotations,
        keep_firing_since_ms=None,
        is_restored=False,
    )
    if now_ms - instance.active_at_ms < times.for_ms:
        # also an alert that fired before a reload made `for` longer
        return replace(instance, state=AlertState.PENDING, fired_at_ms=None), Reason.PENDING_FOR
    if instance.state is AlertState.PENDING:
        instance = replace(instance, state=AlertState.FIRING, fired_at_ms=now_ms)
    return instance, Reason.FIRING


def _missing(times: AlertTimes, before: AlertInstance, now_ms: int) -> tuple[AlertInstance | None, Reason]:
    """The condition does not hold any more."""
    match before.state:
        case AlertState.PENDING:
            return None, Reason.CONDITION_FALSE
        case AlertState.INACTIVE:
            since = before.resolved_at_ms if before.resolved_at_ms is not None else now_ms
            return (None if now_ms - since > RESOLVED_RETENTION_MS else before), Reason.CONDITION_FALSE
    if before.is_restored:
        return replace(before, is_restored=False), Reason.KEEP_FIRING
    if times.keep_firing_for_ms > 0:
        since = now_ms if before.keep_firing_since_ms is None else before.keep_firing_since_ms
        if now_ms - since < times.keep_firing_for_ms:
            return replace(before, keep_firing_since_ms=since), Reason.KEEP_FIRING
    return replace(before, state=AlertState.INACTIVE, resolved_at_ms=now_ms), Reason.CONDITION_FALSE


def needs_sending(instance: AlertInstance, resend_delay_ms: int, now_ms: int) -> bool:
    """Whether receivers are told now: a firing alert each `resend_delay`, a resolved one until told once after its
    end."""
    sent = instance.last_sent_at_ms
    if instance.state is AlertState.PENDING:
        return False
    if instance.resolved_at_ms is not None and instance.state is AlertState.INACTIVE:
        return sent is not None and sent < instance.resolved_at_ms
    return sent is None or sent + resend_delay_ms < now_ms


def ends_at_ms(instance: AlertInstance, interval_ms: int, resend_delay_ms: int, now_ms: int) -> int:
    """When the alert ends: its resolution, or how long it stays valid if nothing more is heard."""
    if instance.state is AlertState.INACTIVE and instance.resolved_at_ms is not None:
        return instance.resolved_at_ms
    return now_ms + VALIDITY_FACTOR * max(interval_ms, resend_delay_ms)


def restored(
    instances: Mapping[Labels, AlertInstance], last_seen_ms: int, now_ms: int, tolerance_ms: int
) -> dict[Labels, AlertInstance]:
    """What a start makes of the stored instances after an outage from `last_seen_ms` to `now_ms`.

    The outage does not count towards `for`. Firing stays firing with its times; beyond the tolerance pending alerts
    start anew and firing ones are evaluated once before they may resolve.
    """
    outage = max(0, now_ms - last_seen_ms)
    is_long = outage > tolerance_ms
    kept: dict[Labels, AlertInstance] = {}
    for labels, instance in instances.items():
        if instance.state is AlertState.PENDING:
            if not is_long:
                kept[labels] = replace(instance, active_at_ms=instance.active_at_ms + outage)
        else:
            kept[labels] = replace(instance, is_restored=is_long and instance.state is AlertState.FIRING)
    return kept


def alert_series(name: str, instance: AlertInstance) -> list[tuple[Labels, float]]:
    """The samples that show an active alert: `ALERTS` and `ALERTS_FOR_STATE` (the time it became active, in
    seconds)."""
    own = {**dict(instance.labels), "alertname": name}
    shown = {**own, METRIC_NAME: "ALERTS", "alertstate": instance.state.value}
    since = {**own, METRIC_NAME: "ALERTS_FOR_STATE"}
    return [(Labels.of(shown), 1.0), (Labels.of(since), float(instance.active_at_ms // 1000))]
