"""Windows: left-open edges, gaps and stale markers cut rows into dense groups."""

from __future__ import annotations

import numpy as np

from photoncloud.nightlight.core.batch import SampleBatch
from photoncloud.nightlight.core.engine.window import BLOCK_ROWS, DenseRows, RangeRows, dense_rows
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.sample import STALE


def test_stale_rows_become_groups_of_their_own() -> None:
    labels = [Labels.of({"a": str(own)}) for own in range(3)]
    values = np.array([[1.0, 2.0, 3.0], [1.0, STALE, 3.0], [4.0, STALE, 6.0]])
    batch = SampleBatch(labels, np.array([10, 20, 30]), values)
    groups = dense_rows(batch, 5, drops_stale=True)
    assert [(own.rows.tolist(), own.times.tolist()) for own in groups] == [([5], [10, 20, 30]), ([6, 7], [10, 30])]
    assert len(dense_rows(batch, 0, drops_stale=False)) == 1


def test_a_row_without_samples_is_gone() -> None:
    batch = SampleBatch([Labels()], np.array([10]), np.array([[STALE]]))
    assert dense_rows(batch, 0, drops_stale=True) == []


def test_edges_are_open_on_the_left() -> None:
    dense = DenseRows(np.array([0]), np.array([10, 20, 30]), np.array([[1.0, 2.0, 3.0]]))
    rows = RangeRows([Labels()], np.zeros(1, bool), [dense], np.array([10, 0, 30]), np.array([30, 10, 40]))
    (window,) = rows.windows()
    assert window.counts.tolist() == [2, 1, 0]
    assert [(step, cell.start, cell.stop) for step, cell in window.cells()] == [(0, 1, 3), (1, 0, 1)]
    kth = [(x[0].tolist(), active.tolist()) for x, active in window.in_order()]
    assert kth[0][0][:2] == [2.0, 1.0]
    assert kth[0][1] == [True, True, False]
    assert kth[1][1] == [True, False, False]


def test_margins_widen_both_ends() -> None:
    dense = DenseRows(np.array([0]), np.array([10, 20, 30, 40]), np.ones((1, 4)))
    rows = RangeRows([Labels()], np.zeros(1, bool), [dense], np.array([20]), np.array([30]), (15, 10))
    (window,) = rows.windows()
    assert window.counts.tolist() == [4]


def test_blocks_hold_a_bounded_number_of_rows() -> None:
    count = BLOCK_ROWS * 2 + 1
    dense = DenseRows(np.arange(count), np.array([10]), np.ones((count, 1)))
    rows = RangeRows([Labels()] * count, np.zeros(count, bool), [dense], np.array([0]), np.array([10]))
    assert [len(window.rows) for window in rows.windows()] == [BLOCK_ROWS, BLOCK_ROWS, 1]
