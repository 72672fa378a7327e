"""Binary operators on native histograms, one cell at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.batch import Histograms
from photoncloud.nightlight.core.engine.frame import Frame
from photoncloud.nightlight.core.histogram import FloatHistogram, ResetHint, is_equal
from photoncloud.nightlight.core.histogram_arithmetic import Combined, added, divided, scaled
from photoncloud.nightlight.core.histogram_trim import trimmed
from photoncloud.nightlight.core.promql.tokens import TRIMS

Value = float | FloatHistogram
OPERATION_NAMES = {"+": "addition", "-": "subtraction"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`value` None = no sample; `verdict` is a comparison's answer; `mismatch` names the two kinds that do not go
    together."""

    value: Value | None = None
    verdict: bool | None = None
    mismatch: tuple[str, str] | None = None
    infos: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def combine(op: str, left: Value, right: Value) -> Outcome:
    """The result of one cell in which at least one side is a histogram."""
    if isinstance(left, FloatHistogram) and isinstance(right, FloatHistogram):
        return _two_histograms(op, left, right)
    if isinstance(left, FloatHistogram) and isinstance(right, float):
        match op:
            case "*":
                return Outcome(scaled(left, right).compacted())
            case "/":
                return Outcome(divided(left, right).compacted())
            case _ if op in TRIMS:
                return Outcome(trimmed(left, right, keeps_below=op == "</").compacted())
    if isinstance(left, float) and isinstance(right, FloatHistogram) and op == "*":
        return Outcome(scaled(right, left).compacted())
    return Outcome(mismatch=(_kind(left), _kind(right)))


def _two_histograms(op: str, left: FloatHistogram, right: FloatHistogram) -> Outcome:
    if op in ("==", "!="):
        verdict = is_equal(left, right) == (op == "==")
        return Outcome(left if verdict else None, verdict)
    if op not in OPERATION_NAMES:
        return Outcome(mismatch=("histogram", "histogram"))
    total = added(left, right, 1.0 if op == "+" else -1.0)
    if total is None:
        return Outcome(warnings=(f"incompatible bucket layout encountered for binary operator {op}",))
    result = total.histogram.compacted()
    warnings, infos = remarks(total, OPERATION_NAMES[op])
    return Outcome(result.with_hint(ResetHint.GAUGE) if op == "-" else result, None, None, infos, warnings)


def remarks(total: Combined, operation: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Warnings and infos that a sum of histograms deserves."""
    warnings = (f"conflicting counter resets during histogram {operation}",) if total.collides else ()
    infos = (f"mismatched custom buckets were reconciled during {operation}",) if total.reconciled else ()
    return warnings, infos


def _kind(value: Value) -> str:
    return "float" if isinstance(value, float) else "histogram"


def negated(frame: Frame) -> Histograms | None:
    """The histograms of a frame with every count and sum negated."""
    if frame.histograms is None:
        return None
    result = np.full(frame.values.shape, None, object)
    for row, step in np.argwhere(frame.is_histogram):
        result[row, step] = scaled(frame.histograms[row, step], -1.0)
    return result


def without_reset_hints(frame: Frame) -> Histograms | None:
    """The histograms of a frame that is sampled anew: what a hint says about the sample before no longer holds."""
    if frame.histograms is None:
        return None
    result = frame.histograms.copy()
    for row, step in np.argwhere(frame.is_histogram):
        if result[row, step].hint is not ResetHint.GAUGE:
            result[row, step] = result[row, step].with_hint(ResetHint.UNKNOWN)
    return result
