"""`info()`: which labels come from where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from photoncloud.nightlight.errors import QueryError

Values = Callable[..., dict[str, list[float]]]
Load = Callable[[float, str], None]
BASE = 'm{instance="a",job="1",label="value"} 0 1 2\ntarget_info{instance="a",job="1",data="x",more="y"} 1 1 1'
ALL = '{__name__="m", data="x", instance="a", job="1", label="value", more="y"}'
ONE = '{__name__="m", data="x", instance="a", job="1", label="value"}'
PLAIN = '{__name__="m", instance="a", job="1", label="value"}'


def test_all_labels_or_those_named(load: Load, values: Values) -> None:
    load(300, BASE)
    assert values("info(m)", 0, 600, 300) == {ALL: [0, 1, 2]}
    assert values('info(m, {data=~".+"})', 0, 600, 300) == {ONE: [0, 1, 2]}


def test_no_match_drops_only_what_must_not_be_empty(load: Load, values: Values) -> None:
    load(300, BASE)
    assert values('info(m, {nothing=~".+"})', 0) == {}
    assert values('info(m, {nothing=~".*"})', 0) == {PLAIN: [0]}
    assert values("info(m @ 0 offset 1h)", 0) == {}


def test_own_labels_win(load: Load, values: Values) -> None:
    load(300, 'm{instance="a",job="1",data="mine"} 5\ntarget_info{instance="a",job="1",data="x"} 1')
    assert values("info(m)", 0) == {'{__name__="m", data="mine", instance="a", job="1"}': [5]}


def test_other_info_metrics(load: Load, values: Values) -> None:
    load(300, BASE + '\nbuild_info{instance="a",job="1",version="3"} 1')
    found = values('info(m, {__name__="build_info"})', 0)
    assert found == {'{__name__="m", instance="a", job="1", label="value", version="3"}': [0]}
    both = values('info(m, {__name__!="nope"})', 0)
    assert list(both) == ['{__name__="m", data="x", instance="a", job="1", label="value", more="y", version="3"}']
    passed = values("info(build_info, {__name__=~'.+_info'})", 0)
    assert list(passed) == ['{__name__="build_info", instance="a", job="1", version="3"}']


def test_the_newest_info_wins_and_changes_over_time(load: Load, values: Values) -> None:
    load(300, 'm{instance="a",job="1"} 0 1 2\ntarget_info{instance="a",job="1",v="1"} 1 1\n')
    load(300, 'target_info{instance="a",job="1",v="2"} _ _ 1')
    assert values("info(m)", 0, 600, 300) == {
        '{__name__="m", instance="a", job="1", v="1"}': [0, 1],
        '{__name__="m", instance="a", job="1", v="2"}': [2],
    }


def test_equally_new_infos_are_an_error(load: Load, values: Values) -> None:
    load(300, BASE + '\ntarget_info{instance="a",job="1",data="z"} 1')
    with pytest.raises(QueryError, match="found duplicate series for info metric"):
        values("info(m)", 0)
