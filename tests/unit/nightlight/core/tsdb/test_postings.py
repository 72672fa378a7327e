"""Postings answer like matching every series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.matcher import Matcher, MatchOp, matches_all
from photoncloud.nightlight.core.tsdb.postings import IdList, Postings

NAMES = st.sampled_from(["a", "b"])
VALUES = st.sampled_from(["", "x", "y", "xy"])
LABELS = st.builds(Labels.of, st.dictionaries(NAMES, VALUES))
MATCHERS = st.builds(
    Matcher, NAMES, st.sampled_from(list(MatchOp)), st.sampled_from(["", "x", "x|y", "x.*", ".+", ".*", "y|", "z"])
)


@given(st.lists(LABELS, max_size=12), st.lists(MATCHERS, max_size=4))
def test_equals_matching_every_series(series: list[Labels], matchers: list[Matcher]) -> None:
    postings = Postings()
    for number, labels in enumerate(series):
        postings.add(number * 3, labels)
    wanted = [number * 3 for number, labels in enumerate(series) if matches_all(matchers, labels)]
    assert postings.select(matchers).tolist() == wanted


def test_names_and_values() -> None:
    postings = Postings()
    postings.add(1, Labels.of({"b": "2", "a": "1"}))
    postings.add(2, Labels.of({"b": "1"}))
    assert postings.names() == ["a", "b"]
    assert postings.values("b") == ["1", "2"]
    assert postings.values("c") == []


def test_ids_rise() -> None:
    ids = IdList()
    for number in range(100):
        ids.append(number)
    assert ids.ids.tolist() == list(range(100))
    with pytest.raises(ValueError, match="is not above"):
        ids.append(99)
