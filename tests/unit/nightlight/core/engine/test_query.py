"""The entrance: types, errors, limits, annotations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.core.engine.query import Answer, instant_query, range_query
from photoncloud.nightlight.core.memory_series import MemorySeries
from photoncloud.nightlight.core.promql.ast import ValueType
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.errors import (
    InvalidQuery,
    ParseError,
    QueryCanceled,
    QueryError,
    QueryTimedOut,
)

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
Ask = Callable[..., Answer]


@pytest.mark.parametrize(
    ("query", "kind"),
    [("1", ValueType.SCALAR), ("m", ValueType.VECTOR), ("m[1m]", ValueType.MATRIX), ('"x"', ValueType.STRING)],
)
def test_types_of_instant_answers(load: Load, ask: Ask, query: str, kind: ValueType) -> None:
    load(10, "m 1 2")
    assert ask(query, 10).type is kind


@pytest.mark.parametrize(("query", "name"), [("m[1m]", "range vector"), ('"x"', "string")])
def test_range_queries_give_scalars_or_vectors(ask: Ask, query: str, name: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        ask(query, 0, 10, 10)
    assert str(caught.value) == f'invalid expression type "{name}" for range query, must be Scalar or instant Vector'


@pytest.mark.parametrize(
    ("times", "text"),
    [((0, 10, 0), "zero or negative query resolution"), ((10, 0, 1), "end timestamp must not be before")],
)
def test_times_are_checked(source: MemorySeries, times: tuple[int, int, int], text: str) -> None:
    with pytest.raises(InvalidQuery, match=text):
        range_query("1", times, source.select)


def test_errors_carry_the_kind_of_the_api(source: MemorySeries) -> None:
    assert ParseError("x", "1:1").code == "bad_data"
    assert (InvalidQuery.code, QueryError.code) == ("bad_data", "execution")
    with pytest.raises(QueryTimedOut) as late:
        instant_query("1 + m", 0, source.select, interruption=lambda: "timeout")
    assert (late.value.code, str(late.value)) == ("timeout", "query timed out in expression evaluation")
    with pytest.raises(QueryCanceled) as gone:
        instant_query("1 + m", 0, source.select, interruption=lambda: "canceled")
    assert (gone.value.code, str(gone.value)) == ("canceled", "query was canceled in expression evaluation")


def test_a_query_is_interrupted_between_blocks(load: Load, source: MemorySeries) -> None:
    load(10, "\n".join(f'm{{a="{own}"}} 1 2 3' for own in range(300)))
    asked = 0

    def interruption() -> str | None:
        nonlocal asked
        asked += 1
        return "timeout" if asked > 3 else None

    with pytest.raises(QueryTimedOut):
        instant_query("sum_over_time(m[1m])", 30_000, source.select, interruption=interruption)
    assert asked == 4


def test_samples_in_memory_are_limited(load: Load, ask: Ask) -> None:
    load(10, 'm{a="1"} 0+1x100\nm{a="2"} 0+1x100')
    assert ask("sum_over_time(m[100s])", 500, samples_max=30).samples_peak <= 30
    for query in ("m", "sum_over_time(m[1000s])", "m[1000s]"):
        with pytest.raises(QueryError) as caught:
            ask(query, 500, 1000, 10, samples_max=20) if query == "m" else ask(query, 1000, samples_max=20)
        assert str(caught.value) == ("query processing would load too many samples into memory in query execution")


@pytest.mark.parametrize("query", ["max_over_time(m[50y:1ms])", "sum_over_time(vector(1)[1y:1s])"])
def test_subqueries_of_endless_steps_are_refused_before_they_are_laid_out(load: Load, ask: Ask, query: str) -> None:
    load(10, "m 0+1x100")
    with pytest.raises(QueryError, match="too many samples"):
        ask(query, 500, samples_max=1_000_000)


def test_samples_are_given_back(load: Load, ask: Ask) -> None:
    load(10, "m 0+1x100")
    assert ask("m + m + m + m + m", 500).samples_peak <= 3


def test_names_may_be_dropped_at_once(load: Load, values: Values) -> None:
    load(10, "a 1\nb 2")
    query = 'label_replace({__name__=~"a|b"} * 2, "n", "$1", "__name__", "(.+)")'
    assert values(query, 0) == {'{n="a"}': [2], '{n="b"}': [4]}
    with pytest.raises(QueryError):
        values(query, 0, delays_name_removal=False)


def test_range_answers_are_sorted(load: Load, ask: Ask) -> None:
    load(10, 'm{a="2"} 1\nm{a="1"} 2\nm{a="3"} 0')
    answer = ask("sort(m)", 0, 10, 10)
    assert [own.labels.get("a") for own in answer.series] == ["1", "2", "3"]
    assert "sort is ineffective" in answer.warnings[0]
    assert [own.labels.get("a") for own in ask("sort(m)", 0).series] == ["3", "2", "1"]


def test_a_tree_is_as_good_as_a_text(load: Load, source: MemorySeries) -> None:
    load(10, "m 1")
    answer = instant_query(parse("rate(m[1m]) + quantile(2, m)"), 0, source.select)
    assert answer.series == []
    assert answer.warnings == ["PromQL warning: quantile value should be between 0 and 1, got 2 (1:24)"]


@pytest.mark.parametrize("query", ["(" * 600 + "1" + ")" * 600, "+".join("m" * 600)])
def test_deep_expressions_are_errors(source: MemorySeries, query: str) -> None:
    with pytest.raises((ParseError, QueryError), match="expression too deeply nested"):
        instant_query(query, 0, source.select)
