"""The nine layers of `check-connection`, in order, and the status they end with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from photoncloud.ctl.core.exit_status import LAYER_FIRST, OK

LAYERS = ("dns", "tcp", "tls", "health", "protocol", "access", "latency", "clock", "version")

CLOCK_WARN_SEC = 1.0
CLOCK_FAIL_SEC = 30.0
CERTIFICATE_WARN_DAYS = 14


@dataclass(frozen=True, slots=True)
class LayerResult:
    """`status` is ok, warn, fail or skip; `detail` is one line; `milliseconds` None when time means nothing."""

    layer: str
    status: str
    detail: str
    milliseconds: float | None = None


def exit_status(results: Iterable[LayerResult]) -> int:
    """10 + index of the first layer that failed, else 0."""
    failed = (LAYER_FIRST + LAYERS.index(result.layer) for result in results if result.status == "fail")
    return next(failed, OK)


def latency(samples_ms: list[float], budget_ms: float) -> LayerResult:
    """p50 and p99 (nearest rank) of the samples against the budget."""
    ordered = sorted(samples_ms)
    p50 = ordered[(len(ordered) - 1) // 2]
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    detail = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    if p99 > budget_ms:
        return LayerResult("latency", "fail", f"{detail}: over the budget of {budget_ms:g} ms")
    return LayerResult("latency", "ok", detail)


def clock(skew_sec: float | None) -> LayerResult:
    """`skew_sec` is theirs minus ours; None when the service tells no time."""
    if skew_sec is None:
        return LayerResult("clock", "skip", "the service tells no time")
    text = f"{skew_sec:+.2f} s"
    if abs(skew_sec) > CLOCK_FAIL_SEC:
        return LayerResult("clock", "fail", f"{text}: signatures and certificates will be refused")
    return LayerResult("clock", "warn" if abs(skew_sec) > CLOCK_WARN_SEC else "ok", text)


def version(theirs: str, ours: str) -> LayerResult:
    """Same major; one minor apart warns, more fails; an unreadable one is skipped."""
    their, our = _numbers(theirs), _numbers(ours)
    if their is None or our is None:
        return LayerResult("version", "skip", f"{theirs!r} is no version" if theirs else "the service tells no version")
    short = f"{their[0]}.{their[1]}"
    apart = abs(their[1] - our[1])
    if their[0] != our[0] or apart > 1:
        return LayerResult("version", "fail", f"{short} does not go with {our[0]}.{our[1]}")
    return LayerResult("version", "warn" if apart else "ok", short)


def _numbers(text: str) -> tuple[int, int] | None:
    parts = text.split(".")
    if len(parts) < 2 or not parts[0].isdigit() or not parts[1].isdigit():
        return None
    return int(parts[0]), int(parts[1])
