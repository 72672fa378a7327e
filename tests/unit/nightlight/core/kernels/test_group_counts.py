"""Counting rows by group."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.kernels import group_counts


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), max_size=12))
def test_equals_a_loop(rows: list[tuple[int, bool, bool]]) -> None:
    groups = np.array([own[0] for own in rows], np.intp)
    flags = np.array([own[1:] for own in rows], bool).reshape(-1, 2)
    wanted = [[sum(own[0] == group and own[1 + step] for own in rows) for step in (0, 1)] for group in range(5)]
    assert group_counts(groups, flags, 5).tolist() == wanted
