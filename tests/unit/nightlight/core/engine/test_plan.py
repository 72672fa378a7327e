"""What does not depend on the step."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.engine.plan import is_step_invariant, metric_selectors
from photoncloud.nightlight.core.promql.parser import parse


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1", True),
        ("m", False),
        ("m @ 5", True),
        ("m @ start() + 1", True),
        ("m @ 5 + m", False),
        ("rate(m[5m] @ 5)", True),
        ("max_over_time(m[5m:1m] @ end())", True),
        ("timestamp(m @ 5)", True),
        ("timestamp(abs(m @ 5))", False),
        ("vector(time())", False),
        ("hour(m @ 5)", False),
        ("predict_linear(m[5m] @ 5, 1)", False),
        ("sum(m @ 5) > bool 3", True),
    ],
)
def test_step_invariance(query: str, expected: bool) -> None:
    assert is_step_invariant(parse(query)) is expected


def test_metric_selectors() -> None:
    found = metric_selectors(parse("a + sum(rate(b[5m])) + max_over_time((c)[5m:])"))
    assert [own.name for own in found] == ["a", "b", "c"]
