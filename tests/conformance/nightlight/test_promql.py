"""The public PromQL test files: 15 files, 1,340 evaluations, each also pinned by `@` and inside a range query."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[4] / "shared" / "conformance" / "promql"
PENDING = Path(__file__).with_name("pending.txt")
EVALUATIONS = {
    "aggregators": 160,
    "at_modifier": 78,
    "collision": 2,
    "duration_expression": 59,
    "functions": 431,
    "histograms": 185,
    "limit": 37,
    "literals": 25,
    "name_label_dropping": 30,
    "operators": 214,
    "range_queries": 18,
    "selectors": 31,
    "staleness": 17,
    "subquery": 34,
    "trig_functions": 19,
}


def pending() -> set[str]:
    """`file:line` of evaluations that may still fail. The list may only shrink."""
    lines = (line.partition("#")[0].strip() for line in PENDING.read_text("utf-8").splitlines())
    return {line for line in lines if line}


@pytest.mark.parametrize("name", sorted(EVALUATIONS))
def test_file(runner: ModuleType, name: str) -> None:
    found = list(runner.outcomes(FOLDER / f"{name}.test"))
    failed = {f"{name}:{own.line}": reason for own, reason in found if reason}
    expected = {place for place in pending() if place.startswith(f"{name}:")}
    assert {place: failed[place] for place in sorted(set(failed) - expected)} == {}
    assert sorted(expected - set(failed)) == [], "these pass now: take them off the list"
    assert len(found) == EVALUATIONS[name]


def test_pending_list_only_shrinks() -> None:
    """No evaluation is pending any more, and none may become so."""
    assert pending() == set()
