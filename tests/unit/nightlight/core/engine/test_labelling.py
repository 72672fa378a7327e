"""Functions about labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.labelling import labels_of_absence, natural_key
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]


def test_natural_order() -> None:
    names = ["cpu10", "cpu2", "cpu", "10", "9", "a1b2", "a1b10"]
    assert sorted(names, key=natural_key) == ["9", "10", "a1b2", "a1b10", "cpu", "cpu2", "cpu10"]


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ('m{a="1",b=~"x",c!="2"}', {"a": "1"}),
        ('m{a="1",a="2"}', {}),
        ('(m{a="1"}[5m])', {"a": "1"}),
        ('sum(m{a="1"})', {}),
    ],
)
def test_labels_of_absence(query: str, labels: dict[str, str]) -> None:
    expr = parse(query)
    assert labels_of_absence(expr) == Labels.of(labels)


def test_absent(load: Load, values: Values) -> None:
    load(600, "m 1 _ 3")
    assert values('absent(m{a="b"})', 0) == {'{a="b"}': [1]}
    assert values("absent(m)", 0, 1200, 600) == {"{}": [1]}
    assert values("absent_over_time(m[1m])", 0, 1200, 600) == {"{}": [1]}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ('label_replace(m, "a", "", "b", "(")', "invalid regular expression in label_replace(): ("),
        ('label_replace(m, "", "", "b", "")', "invalid destination label name in label_replace(): "),
        ('label_join(m, "", "", "b")', "invalid destination label name in label_join(): "),
        ('label_join(m, "a", "", "")', "invalid source label name in label_join(): "),
    ],
)
def test_refuses(values: Values, query: str, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        values(query, 0)
    assert str(caught.value) == text


def test_writing_the_name_keeps_it(load: Load, values: Values) -> None:
    load(10, 'm_total{env="1"} 0 60')
    assert values('label_replace(rate(m_total[1m]), "__name__", "x", "", "")', 10) == {
        '{__name__="x", env="1"}': [pytest.approx(1)]
    }
