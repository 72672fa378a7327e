"""Strict OpenMetrics beyond the public cases: each rule, one page that keeps it and one that breaks it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.exposition.strict import check_openmetrics
from photoncloud.nightlight.errors import InvalidExposition

GOOD = [
    "# EOF",
    "a 1\n# EOF\n",
    "# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1\na_seconds_created 2\n# EOF\n",
    '# TYPE a info\na_info{v="1"} 1\n# EOF\n',
    '# TYPE a gaugehistogram\na_bucket{le="-1"} 1\na_bucket{le="+Inf"} 2\na_gsum -3\na_gcount 2\n# EOF\n',
    '# TYPE a histogram\na_bucket{le="1"} 1 1\na_bucket{le="+Inf"} 2 1\n'
    'a_bucket{le="1"} 1 2\na_bucket{le="+Inf"} 2 2\n# EOF\n',
    '# TYPE a summary\na{quantile="0.5"} NaN\na_sum 0\na_count 0\n# EOF\n',
    'a{b="\\x"} 1\n# EOF\n',
]
BAD = [
    "a 1",
    "a 1\n# EOF\n\n",
    "\ufeffa 1\n# EOF\n",
    "a 1\r\n# EOF\n",
    "# EOF\na 1\n# EOF\n",
    "#  TYPE a gauge\n# EOF\n",
    "# comment\n# EOF\n",
    "# TYPE a gauge\n# TYPE a gauge\n# EOF\n",
    "# TYPE a counter\na 1\n# EOF\n",
    "# TYPE a counter\n# TYPE a_total gauge\n# EOF\n",
    'a{b="1"} 1\na{b="2"} 1\na{b="1"} 1\n# EOF\n',
    "a 1 1\na 1\n# EOF\n",
    "a 1 2\na 1 1\n# EOF\n",
    "b 1\na 1\nb 1\n# EOF\n",
    'a{b="1",} 1\n# EOF\n',
    "# TYPE a counter\na_total -1\n# EOF\n",
    "# TYPE a counter\na_total NaN\n# EOF\n",
    "# TYPE a info\na_info 2\n# EOF\n",
    '# TYPE a stateset\na{a="x"} 0.5\n# EOF\n',
    '# TYPE a summary\na{quantile="1.5"} 1\n# EOF\n',
    '# TYPE a summary\na{quantile="0.5"} -1\n# EOF\n',
    '# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\n# EOF\n',
    '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 1\n# EOF\n',
    '# TYPE a gaugehistogram\na_bucket{le="+Inf"} 1\na_gcount 1\na_gsum NaN\n# EOF\n',
    'a{b="c"} 1 # {a="' + "é" * 128 + '"} 1\n# EOF\n',
    "# TYPE a counter\na_total 1 # {} 1 Inf\n# EOF\n",
    "# UNIT a_seconds meters\n# EOF\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_accepts(text: str) -> None:
    check_openmetrics(text.encode())


@pytest.mark.parametrize("text", BAD)
def test_refuses(text: str) -> None:
    with pytest.raises(InvalidExposition):
        check_openmetrics(text.encode())


def test_the_line_is_named() -> None:
    with pytest.raises(InvalidExposition) as caught:
        check_openmetrics(b"a 1\nb  1\n# EOF\n")
    assert str(caught.value) == "line 2: expected a sample, got 'b  1'"


@given(st.binary(max_size=60))
def test_any_bytes_are_judged(body: bytes) -> None:
    with suppress(InvalidExposition):
        check_openmetrics(body + b"\n# EOF")
