"""Times of a query and what it may hold."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.engine.steps import Budget, Steps
from photoncloud.nightlight.errors import QueryCanceled, QueryError, QueryTimedOut


def test_steps() -> None:
    steps = Steps.range(0, 25, 10)
    assert (steps.times.tolist(), steps.count) == ([0, 10, 20], 3)
    assert (steps.first_ms, steps.last_ms, steps.step_ms) == (0, 25, 10)
    inner = steps.at(steps.times[:1], 5)
    assert (inner.count, inner.last_ms, inner.interval_ms) == (1, 25, 5)
    assert Steps.instant(7).step_ms == 0


def test_budget_counts_what_is_held() -> None:
    budget = Budget(10, 5, lambda: None)
    budget.hold(8)
    budget.held = 0
    budget.hold(10)
    assert budget.peak == 10
    with pytest.raises(QueryError, match="too many samples"):
        budget.hold(1)
    budget.check_series(5)
    with pytest.raises(QueryError, match="more than 5 series"):
        budget.check_series(6)


def test_interruptions() -> None:
    Budget(1, 1, lambda: None).check_time()
    with pytest.raises(QueryTimedOut):
        Budget(1, 1, lambda: "timeout").check_time()
    with pytest.raises(QueryCanceled):
        Budget(1, 1, lambda: "canceled").check_time()
