"""Answers as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from photoncloud.nightlight.core.engine.query import Answer
from photoncloud.nightlight.core.engine.result_json import data_json
from photoncloud.nightlight.core.engine.tree_json import to_json
from photoncloud.nightlight.core.promql.parser import parse

Load = Callable[[float, str], None]
Ask = Callable[..., Answer]


def data(answer: Answer, time_ms: int = 0) -> object:
    return json.loads("".join(data_json(answer, time_ms)))


def test_kinds(load: Load, ask: Ask) -> None:
    load(10, 'm{a="é\\"<"} 1 NaN Inf')
    metric = {"__name__": "m", "a": 'é"<'}
    assert data(ask("1.5e30", 1), 1500) == {"resultType": "scalar", "result": [1.5, "1.5e+30"]}
    assert data(ask('"x"', 1), 1000) == {"resultType": "string", "result": [1, "x"]}
    assert data(ask("m", 10)) == {"resultType": "vector", "result": [{"metric": metric, "value": [10, "NaN"]}]}
    assert data(ask("m", 0, 20, 20)) == {
        "resultType": "matrix",
        "result": [{"metric": metric, "values": [[0, "1"], [20, "+Inf"]]}],
    }
    assert data(ask("nothing", 0)) == {"resultType": "vector", "result": []}


def test_histograms(load: Load, ask: Ask) -> None:
    load(10, "h {{count:6 sum:3 z_bucket:1 z_bucket_w:0.1 buckets:[2] n_buckets:[3]}}")
    histogram = {
        "count": "6",
        "sum": "3",
        "buckets": [[1, "-1", "-0.5", "3"], [3, "-0.1", "0.1", "1"], [0, "0.5", "1", "2"]],
    }
    assert data(ask("h", 0)) == {
        "resultType": "vector",
        "result": [{"metric": {"__name__": "h"}, "histogram": [0, histogram]}],
    }
    assert data(ask("h", 0, 0, 1)) == {
        "resultType": "matrix",
        "result": [{"metric": {"__name__": "h"}, "histograms": [[0, histogram]]}],
    }


def test_tree() -> None:
    tree = to_json(parse('sum by (a) (rate(m{b="c"}[5m] offset 1m)) / on (a) group_left (d) (-m @ end())'))
    assert tree["type"] == "binaryExpr"
    assert tree["matching"] == {"card": "many-to-one", "labels": ["a"], "on": True, "include": ["d"]}
    call = tree["lhs"]["expr"]
    assert call["func"] == {"name": "rate", "argTypes": ["matrix"], "variadic": 0, "returnType": "vector"}
    selector = call["args"][0]
    assert (selector["type"], selector["range"], selector["offset"]) == ("matrixSelector", 300_000, 60_000)
    assert {"name": "b", "value": "c", "type": "="} in selector["matchers"]
    assert tree["rhs"]["expr"]["expr"]["startOrEnd"] == "end"
    json.dumps(to_json(parse("topk(3, max_over_time(m[5m:step()]))")))
