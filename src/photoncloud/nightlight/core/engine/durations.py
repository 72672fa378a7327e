"""Evaluates duration expressions: ranges, steps and offsets that are computed."""

from __future__ import annotations

import math

from photoncloud.nightlight.core.engine.steps import Steps
from photoncloud.nightlight.core.promql.ast import (
    DurationBinary,
    DurationCall,
    DurationExpr,
    DurationParen,
    DurationUnary,
    NumberLiteral,
)
from photoncloud.nightlight.core.promql.duration_parser import SECONDS_MAX
from photoncloud.nightlight.errors import QueryError


def range_ms(duration: DurationExpr, steps: Steps) -> int:
    """A range or subquery step, above zero. Raises `QueryError` naming the place."""
    seconds = _seconds(duration, steps)
    if not seconds > 0:
        raise _failure(duration, "duration must be greater than 0")
    return _milliseconds(seconds, duration)


def offset_ms(duration: DurationExpr | None, steps: Steps) -> int:
    """An offset of either sign; 0 for none."""
    return 0 if duration is None else _milliseconds(_seconds(duration, steps), duration)


def _milliseconds(seconds: float, duration: DurationExpr) -> int:
    if not math.isfinite(seconds):
        raise _failure(duration, "duration is NaN or infinite")
    if abs(seconds) >= SECONDS_MAX:
        raise _failure(duration, "duration is out of range")
    return int(round(seconds * 1e6) / 1000)  # truncated to ms, but 0.3 s is 300 ms


def _failure(duration: DurationExpr, text: str) -> QueryError:
    """An error at the expression inside of all parentheses."""
    while isinstance(duration, DurationParen):
        duration = duration.inner
    return QueryError(f"{duration.span.start}:{duration.span.end}: {text}")


def _seconds(duration: DurationExpr, steps: Steps) -> float:
    match duration:
        case NumberLiteral():
            return duration.value
        case DurationParen():
            return _seconds(duration.inner, steps)
        case DurationUnary():
            value = _seconds(duration.operand, steps)
            return -value if duration.op == "-" else value
        case DurationCall():
            return _call(duration, steps)
        case DurationBinary():
            return _binary(duration, _seconds(duration.left, steps), _seconds(duration.right, steps))


def _call(call: DurationCall, steps: Steps) -> float:
    match call.name:
        case "step":
            return steps.step_ms / 1000
        case "range":
            return (steps.last_ms - steps.first_ms) / 1000
    first, second = (_seconds(argument, steps) for argument in call.arguments)
    return min(first, second) if call.name == "min_of" else max(first, second)


def _binary(expr: DurationBinary, left: float, right: float) -> float:
    match expr.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right == 0:
            raise _failure(expr, "division by zero")
        case "/":
            return left / right
        case "%" if right == 0:
            raise _failure(expr, "modulo by zero")
        case "%":
            return math.fmod(left, right)
        case _:
            try:
                power = left**right
            except OverflowError:
                return math.inf
            except ZeroDivisionError:
                return math.inf
            return power if isinstance(power, float) else math.nan
