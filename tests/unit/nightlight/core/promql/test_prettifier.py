"""`format_query`: short stays whole, long is broken, and the tree stays the same."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.core.promql.prettifier import prettified

LONG = 'a_rather_long_metric_name_total{label_one="value one",label_two="value two"}'


def test_short_is_one_line() -> None:
    assert prettified(parse("sum(rate(x[5m]))by(a)")) == "sum by (a) (rate(x[5m]))"


def test_long_is_broken() -> None:
    text = prettified(parse(f"sum by (a) (rate({LONG}[5m])) / on (a) group_left () ({LONG} + 1)"))
    assert text == (
        f"  sum by (a) (rate({LONG}[5m]))\n"
        "/ on (a) group_left ()\n"
        f"  ({LONG} + 1)"
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        f"topk(3, {LONG} + {LONG} + {LONG})",
        f"-({LONG} - {LONG})",
        f"max_over_time(({LONG} * {LONG})[5m:1m])",
        f'label_replace({LONG}, "destination", "$1", "source", "(.*)")',
        f"vector(time()) or {LONG} or {LONG}",
    ],
)
def test_the_tree_stays(query: str) -> None:
    text = prettified(parse(query))
    assert "\n" in text
    assert parse(text) == parse(query)
