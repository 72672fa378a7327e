"""Warnings and infos: merging, positions, how many are shown."""

from __future__ import annotations

from photoncloud.nightlight.core.engine.annotations import Annotations, for_metric, rfc3339, shortened
from photoncloud.nightlight.core.promql.ast import NumberLiteral, Span

AT = NumberLiteral(1, span=Span(4, 5))


def test_equal_texts_merge_and_positions_are_lines() -> None:
    notes = Annotations("ab\n+1")
    notes.warn("x", AT)
    notes.warn("x", AT)
    notes.inform("y", NumberLiteral(1))
    assert notes.warnings == ["PromQL warning: x (2:2)"]
    assert notes.infos == ["PromQL info: y (1:1)"]


def test_repairs_merge_by_metric() -> None:
    notes = Annotations("q")
    notes.repaired("m", AT, 2000, (1, 2), 0.5)
    notes.repaired("m", AT, 1000, (0.5, 1), 2)
    notes.repaired("n", AT, 0, (1, 1), 1)
    assert len(notes.infos) == 2
    assert "from buckets 0.5 to 2, with a max diff of 2, over 2 samples from 1970-01-01T00:00:01Z" in notes.infos[0]


def test_ten_are_shown() -> None:
    texts = [str(own) for own in range(12)]
    assert shortened(texts, "warning") == [*texts[:10], "2 more warning annotations omitted"]
    assert shortened(texts[:10], "info") == texts[:10]


def test_names_and_times() -> None:
    assert (for_metric(""), for_metric('a"')) == ("", ' for metric name "a\\""')
    assert rfc3339(1_700_000_000_999) == "2023-11-14T22:13:20Z"
