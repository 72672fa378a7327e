"""OpenMetrics as scrapes read it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.nightlight.core.exposition.openmetrics import parse_openmetrics
from photoncloud.nightlight.core.exposition.page import MetricType
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.errors import InvalidExposition


def test_page() -> None:
    page = parse_openmetrics(
        b'# TYPE a counter\n# UNIT a_seconds seconds\n# HELP a text \\"x\\"\n'
        b'a_total{b="c # d"} 1 1.5 # {trace="x"} 0.5 2\n'
        b'{"q.r",s="t"} 3\n# EOF\n'
    )
    first, second = page.samples
    assert (first.value, first.time_ms) == (1, 1500)
    assert first.labels.get("b") == "c # d"
    assert first.exemplar is not None
    assert (first.exemplar.labels, first.exemplar.time_ms) == (Labels.of({"trace": "x"}), 2000)
    assert second.labels.metric_name == "q.r"
    assert page.families["a"].type is MetricType.COUNTER
    assert page.families["a"].help == 'text "x"'
    assert page.families["a_seconds"].unit == "seconds"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("a 1\n", "data does not end with # EOF"),
        ("", "data does not end with # EOF"),
        ("# EOF\na 1\n# EOF\n", "unexpected data after # EOF"),
        ("# FOO a b\n# EOF", "expected HELP, TYPE, UNIT or EOF"),
        ("\n# EOF", "blank line"),
        ("# TYPE a nonsense\n# EOF", "invalid metric type"),
        ("# UNIT a seconds\n# EOF", "no suffix"),
        ("a 1 NaN\n# EOF", "invalid timestamp"),
        ("a 1 1e99\n# EOF", "invalid timestamp"),
        ("a 1 # x\n# EOF", "expected the labels of an exemplar"),
        ("a 1 # {}\n# EOF", "expected labels, a value"),
        ('a 1 # {a="' + "x" * 128 + '"} 1\n# EOF', "exceed 128 characters"),
    ],
)
def test_refuses(body: str, reason: str) -> None:
    with pytest.raises(InvalidExposition) as caught:
        parse_openmetrics(body.encode())
    assert reason in caught.value.reason


def test_order_does_not_matter() -> None:
    assert len(parse_openmetrics(b"a 1 2\nb 1\na 1 1\n# EOF").samples) == 3


@given(st.text(alphabet='a{}="#, \n1.eEOFTYP_\\', max_size=50))
def test_any_text_is_read_or_refused(text: str) -> None:
    body = (text + "\n# EOF").encode()
    with suppress(InvalidExposition):
        assert all(own.labels.metric_name for own in parse_openmetrics(body).samples)
