"""Samples: int64 milliseconds and IEEE-754 doubles, kept bit for bit; and the texts Go gives to numbers."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

STALE_BITS = 0x7FF0000000000002
ORDINARY_NAN_BITS = 0x7FF8000000000001
STALE = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])
ORDINARY_NAN = float(np.array([ORDINARY_NAN_BITS], dtype=np.uint64).view(np.float64)[0])

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Mask = NDArray[np.bool_]


def stale_mask(values: Values) -> Mask:
    """Where `values` hold the stale marker; same shape."""
    mask: Mask = np.ascontiguousarray(values).view(np.uint64) == np.uint64(STALE_BITS)
    return mask


def is_stale(value: float) -> bool:
    return value != value and bool(stale_mask(np.array([value]))[0])


def plain_text(value: float) -> str:
    """Go's `FormatFloat(v, 'f', -1, 64)`: shortest digits that read back, never an exponent."""
    if not math.isfinite(value):
        return _not_finite(value)
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shortest_text(value: float) -> str:
    """Go's `%v` and `%g` of a float: shortest digits, an exponent below 1e-4 and from 1e6 on (`1e+06`)."""
    if not math.isfinite(value):
        return _not_finite(value)
    exponent = _decimal_exponent(value)
    if value == 0 or -4 <= exponent < 6:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else plain_text(value)
    return _scientific(value)


def api_text(value: float) -> str:
    """The text of a value in the HTTP API: plain, but an exponent below 1e-6 and from 1e21 on (strconv as JSON
    does)."""
    if not math.isfinite(value):
        return _not_finite(value)
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        return _scientific(value)
    return "-0" if value == 0 and math.copysign(1, value) < 0 else plain_text(value)


def _decimal_exponent(value: float) -> int:
    """The power of ten of the first significant digit."""
    return Decimal(repr(value)).adjusted()


def _scientific(value: float) -> str:
    """Shortest digits with an exponent of at least two digits (Go's `e`, -1)."""
    sign, digits, _ = Decimal(repr(value)).normalize().as_tuple()
    fraction = "".join(map(str, digits[1:]))
    mantissa = f"{digits[0]}.{fraction}" if fraction else str(digits[0])
    return f"{'-' if sign else ''}{mantissa}e{_exponent(_decimal_exponent(value))}"


def general_text(value: float, precision: int) -> str:
    """Go's `%.<precision>g`."""
    if not math.isfinite(value):
        return _not_finite(value)
    text = f"{value:.{precision}g}"
    mantissa, mark, exponent = text.partition("e")
    return f"{mantissa}e{_exponent(int(exponent))}" if mark else text


def openmetrics_text(value: float) -> str:
    """OpenMetrics' float of `le` and `quantile` labels: integers carry `.0`."""
    text = shortest_text(value)
    return text if re.search(r"[.eNI]", text) else text + ".0"


def seconds_text(milliseconds: int) -> str:
    """A time in exact seconds, without trailing zeros: at most three decimals."""
    sign = "-" if milliseconds < 0 else ""
    whole, rest = divmod(abs(milliseconds), 1000)
    return f"{sign}{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")


def _exponent(exponent: int) -> str:
    return f"{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _not_finite(value: float) -> str:
    if value != value:
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


_GO_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_GO_HEX = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+", re.ASCII)
_GO_WORDS = {"inf": math.inf, "infinity": math.inf, "nan": ORDINARY_NAN}


def parse_float(text: str) -> float:
    """Go's `ParseFloat` without digit separators: decimal, hexadecimal with `p`, Inf and NaN in any case. Raises
    ValueError.

    A number beyond the range of a double is an error there, as it is here.
    """
    if _GO_DECIMAL.fullmatch(text):
        value = float(text)
        if math.isinf(value):
            raise ValueError(f"value out of range: {text!r}")
        return value
    if _GO_HEX.fullmatch(text):
        return float.fromhex(text)
    word = text.lower()
    sign = -1.0 if word[:1] == "-" else 1.0
    bare = word[1:] if word[:1] in ("+", "-") else word
    if bare in _GO_WORDS and not (bare == "nan" and bare != word):
        return _GO_WORDS[bare] if bare == "nan" else sign * _GO_WORDS[bare]
    raise ValueError(f"invalid number: {text!r}")
