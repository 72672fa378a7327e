"""Label sets: order, absence, text, hash."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.labels import (
    EMPTY_LABELS,
    Labels,
    is_legacy_label_name,
    is_legacy_metric_name,
    is_valid_name,
    label_hash,
)


def test_sorted_and_empty_values_are_absent() -> None:
    labels = Labels.of({"b": "2", "a": "1", "c": ""})
    assert list(labels) == [("a", "1"), ("b", "2")]
    assert labels == Labels.of([("b", "2"), ("a", "1")])
    assert labels.get("c") == ""
    assert labels.get("c", "x") == "x"


def test_order_is_pairwise_then_shorter_first() -> None:
    sets = [Labels.of(own) for own in ({"a": "2"}, {"a": "1", "b": "1"}, {"a": "1"}, {"b": "0"}, {})]
    assert sorted(sets) == [EMPTY_LABELS, sets[2], sets[1], sets[0], sets[3]]


def test_changes_make_copies() -> None:
    labels = Labels.of({"__name__": "up", "job": "a"})
    assert labels.metric_name == "up"
    assert labels.without(("job",)) == Labels.of({"__name__": "up"})
    assert labels.only(("job", "x")) == Labels.of({"job": "a"})
    assert labels.with_label("job", "") == Labels.of({"__name__": "up"})
    assert labels.with_label("x", "y").get("x") == "y"
    assert labels.get("job") == "a"


def test_texts() -> None:
    labels = Labels.of({"__name__": "up", "job": 'a"b', "a.b": "1"})
    assert str(labels) == '{__name__="up", "a.b"="1", job="a\\"b"}'
    assert labels.series_text() == 'up{"a.b"="1", job="a\\"b"}'
    assert Labels.of({"__name__": "a.b"}).series_text() == '{"a.b"}'
    assert EMPTY_LABELS.series_text() == "{}"


def test_hash_is_xxh64_over_separated_pairs() -> None:
    assert label_hash(EMPTY_LABELS) == 0xEF46DB3751D8E999
    assert label_hash(Labels.of({"a": "b"})) != label_hash(Labels.of({"ab": ""}))


@pytest.mark.parametrize(
    ("name", "metric", "label"), [("a:b", True, False), ("a1", True, True), ("1a", False, False), ("é", False, False)]
)
def test_legacy_names(name: str, metric: bool, label: bool) -> None:
    assert (is_legacy_metric_name(name), is_legacy_label_name(name)) == (metric, label)


def test_utf8_names() -> None:
    assert is_valid_name("a.b é")
    assert not is_valid_name("")
    assert not is_valid_name("a\udcc5")
