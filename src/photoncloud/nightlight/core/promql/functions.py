"""Table: the functions of PromQL, their arguments and what they give."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.nightlight.core.promql.ast import ValueType

_TYPES = {"s": ValueType.SCALAR, "v": ValueType.VECTOR, "r": ValueType.MATRIX, "t": ValueType.STRING}


@dataclass(frozen=True, slots=True)
class Signature:
    """`variadic` = how many arguments beyond the required ones; -1 = any number of the last type, 0 = exact."""

    name: str
    arguments: tuple[ValueType, ...]
    variadic: int
    returns: ValueType
    is_experimental: bool

    @property
    def least(self) -> int:
        return len(self.arguments) - (1 if self.variadic else 0)

    @property
    def most(self) -> int | None:
        """None = no upper bound."""
        return None if self.variadic < 0 else self.least + self.variadic

    def argument_type(self, index: int) -> ValueType:
        return self.arguments[min(index, len(self.arguments) - 1)]


_VECTOR_TO_VECTOR = """abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg
histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan
tanh timestamp"""
_RANGE_TO_VECTOR = """absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase
irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time
sum_over_time"""
_EXPERIMENTAL_RANGE = "mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time"
_DATE = "day_of_month day_of_week day_of_year days_in_month hour minute month year"


def _row(name: str, arguments: str, returns: str = "v", variadic: int = 0, experimental: bool = False) -> Signature:
    return Signature(name, tuple(_TYPES[letter] for letter in arguments), variadic, _TYPES[returns], experimental)


_ROWS = (
    *(_row(name, "v") for name in _VECTOR_TO_VECTOR.split()),
    *(_row(name, "r") for name in _RANGE_TO_VECTOR.split()),
    *(_row(name, "r", experimental=True) for name in _EXPERIMENTAL_RANGE.split()),
    *(_row(name, "v", variadic=1) for name in _DATE.split()),
    _row("clamp", "vss"),
    _row("clamp_max", "vs"),
    _row("clamp_min", "vs"),
    _row("double_exponential_smoothing", "rss", experimental=True),
    _row("end", "", "s", experimental=True),
    _row("histogram_fraction", "ssv"),
    _row("histogram_quantile", "sv"),
    _row("histogram_quantiles", "vtss", variadic=9, experimental=True),
    _row("info", "vv", variadic=1, experimental=True),
    _row("label_join", "vttt", variadic=-1),
    _row("label_replace", "vtttt"),
    _row("max_of", "ss", "s", experimental=True),
    _row("min_of", "ss", "s", experimental=True),
    _row("pi", "", "s"),
    _row("predict_linear", "rs"),
    _row("quantile_over_time", "sr"),
    _row("range", "", "s", experimental=True),
    _row("round", "vs", variadic=1),
    _row("scalar", "v", "s"),
    _row("sort_by_label", "vt", variadic=-1, experimental=True),
    _row("sort_by_label_desc", "vt", variadic=-1, experimental=True),
    _row("start", "", "s", experimental=True),
    _row("start_timestamp", "v", experimental=True),
    _row("step", "", "s", experimental=True),
    _row("time", "", "s"),
    _row("vector", "s"),
)

FUNCTIONS = {row.name: row for row in _ROWS}
"""`histogram_quantiles` takes one to ten quantiles, `label_join` one or more sources, `sort_by_label` any number of
names."""

TIME_DEPENDENT = frozenset(["time", "timestamp", "predict_linear", "start", "end", "step", "range", *_DATE.split()])
"""Functions whose answer moves with the evaluation time even over a pinned selector."""
CALLS_THAT_ARE_KEYWORDS = frozenset(("start", "end", "step", "range", "max_of", "min_of"))
