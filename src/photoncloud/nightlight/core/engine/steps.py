"""The times a query is evaluated at, what bounds it, and what it spends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from photoncloud.nightlight.core.sample import Times
from photoncloud.nightlight.errors import QueryCanceled, QueryError, QueryTimedOut

LOOKBACK_MS = 300_000
DEFAULT_SUBQUERY_STEP_MS = 15_000
SAMPLES_MAX = 50_000_000
SERIES_MAX = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """times int64[T] in milliseconds, `interval_ms` apart; `first_ms`, `last_ms` bound the whole query, also inside of
    subqueries, and `step_ms` is its step (0 for an instant query)."""

    times: Times
    interval_ms: int
    first_ms: int
    last_ms: int
    step_ms: int

    @classmethod
    def instant(cls, time_ms: int) -> Steps:
        return cls(np.array([time_ms], np.int64), 1, time_ms, time_ms, 0)

    @classmethod
    def range(cls, start_ms: int, end_ms: int, step_ms: int) -> Steps:
        return cls(np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64), step_ms, start_ms, end_ms, step_ms)

    def at(self, times: Times, interval_ms: int) -> Steps:
        """Other times inside the same query."""
        return Steps(times, interval_ms, self.first_ms, self.last_ms, self.step_ms)

    @property
    def count(self) -> int:
        return len(self.times)


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """What a query may use and how it reads; see the configuration keys `query.*`."""

    lookback_ms: int = LOOKBACK_MS
    subquery_step_ms: int = DEFAULT_SUBQUERY_STEP_MS
    samples_max: int = SAMPLES_MAX
    series_max: int = SERIES_MAX
    is_experimental: bool = True
    delays_name_removal: bool = True
    has_metadata_labels: bool = False


CELLS_PER_SAMPLE_MAX = 4
"""Series x steps that may be laid out for each sample allowed: sparse series take room too."""
TOO_MANY_SAMPLES = "query processing would load too many samples into memory in query execution"


class Budget:
    """Samples held at a time, and whether the query may go on.

    `interruption` is asked between nodes and batches: None = go on, else `timeout` or `canceled`.
    """

    def __init__(self, samples_max: int, series_max: int, interruption: Callable[[], str | None]) -> None:
        self._samples_max = samples_max
        self._series_max = series_max
        self._interruption = interruption
        self.held = 0
        self.peak = 0

    def hold(self, samples: int) -> None:
        """Count samples that now stay in memory. Raises `QueryError` above the limit."""
        self.held += samples
        self.peak = max(self.peak, self.held)
        if self.held > self._samples_max:
            raise QueryError(TOO_MANY_SAMPLES)

    def check_cells(self, cells: int) -> None:
        """Refuse to lay out so many cells, before any is allocated."""
        if cells > self._samples_max * CELLS_PER_SAMPLE_MAX:
            raise QueryError(TOO_MANY_SAMPLES)

    def check_series(self, series: int) -> None:
        if series > self._series_max:
            raise QueryError(f"query selects more than {self._series_max} series in query execution")

    def check_time(self) -> None:
        """Raises `QueryTimedOut` or `QueryCanceled` when the query must end."""
        match self._interruption():
            case None:
                return
            case "canceled":
                raise QueryCanceled("query was canceled in expression evaluation")
            case _:
                raise QueryTimedOut("query timed out in expression evaluation")
