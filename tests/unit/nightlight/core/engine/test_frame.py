"""Frames: merging, name dropping, order."""

from __future__ import annotations

import numpy as np
import pytest

from photoncloud.nightlight.core.engine.frame import Frame, merged, stacked, with_names_dropped
from photoncloud.nightlight.core.histogram import FloatHistogram
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.errors import QueryError


def frame(rows: dict[str, list[float | None]], drops: bool = False) -> Frame:
    labels = [Labels.of({"__name__": name.partition("/")[0], "l": name.partition("/")[2]}) for name in rows]
    values = np.array([[np.nan if own is None else own for own in row] for row in rows.values()])
    present = np.array([[own is not None for own in row] for row in rows.values()])
    return Frame.of_floats(labels, values, present, np.full(len(rows), drops))


def test_series_that_never_meet_merge() -> None:
    found = with_names_dropped(frame({"a/x": [1, None], "b/x": [None, 2]}, drops=True), with_metadata=False)
    assert [str(own) for own in found.labels] == ['{l="x"}']
    assert found.values.tolist() == [[1, 2]]
    assert found.present.all()


def test_series_that_meet_are_an_error() -> None:
    with pytest.raises(QueryError, match="vector cannot contain metrics with the same labelset"):
        with_names_dropped(frame({"a/x": [1, 1], "b/x": [None, 2]}, drops=True), with_metadata=False)


def test_names_stay_without_the_flag() -> None:
    own = frame({"a/x": [1], "b/x": [2]})
    assert with_names_dropped(own, with_metadata=False).labels == own.labels


def test_metadata_labels_go_with_the_name() -> None:
    labels = Labels.of({"__name__": "a", "__type__": "gauge", "__unit__": "s", "x": "y"})
    own = Frame.of_floats([labels], np.ones((1, 1)), np.ones((1, 1), bool), np.array([True]))
    assert with_names_dropped(own, with_metadata=True).labels == [Labels.of({"x": "y"})]


def test_merge_keeps_histograms() -> None:
    labels = Labels.of({"a": "b"})
    cells = np.full((2, 2), None, object)
    cells[1, 1] = FloatHistogram(count=1)
    own = Frame([labels, labels], np.zeros((2, 2)), np.array([[True, False], [False, True]]), np.zeros(2, bool), cells)
    found = merged(own)
    assert found.is_histogram.tolist() == [[False, True]]
    assert found.floats.tolist() == [[True, False]]
    assert found.only_floats().cells == 1


def test_stack_order_and_repeat() -> None:
    both = stacked([frame({"b/1": [1]}), frame({"a/1": [2]})])
    assert [own.metric_name for own in both.rows([1, 0]).labels] == ["a", "b"]
    assert both.at_every(3).values.tolist() == [[1, 1, 1], [2, 2, 2]]
    assert both.where(np.array([[True], [False]])).without_empty_rows().labels == both.labels[:1]
