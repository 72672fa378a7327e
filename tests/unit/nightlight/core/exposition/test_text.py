"""The text format: what targets show, hostile pages included."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from photoncloud.nightlight.core.exposition.page import MetricType
from photoncloud.nightlight.core.exposition.text import parse_text
from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.errors import InvalidExposition

PAGE = b"""# HELP http_requests_total The total \\\\ of \\n requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400",}    3 1395066363000

# a comment
# TYPE rpc histogram
rpc_bucket{le="1"} 2
rpc_bucket{le="+Inf"} 3
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
no_labels {} 12.47
  indented\t-Inf
hex 0x1p-2
{"a.b","c.d"="e"} NaN
"""


def test_page() -> None:
    page = parse_text(PAGE)
    assert page.families["http_requests_total"].help == "The total \\ of \n requests."
    assert page.families["http_requests_total"].type is MetricType.COUNTER
    by_name = {own.labels.metric_name: own for own in page.samples}
    first = page.samples[0]
    assert (first.value, first.time_ms) == (1027, 1395066363000)
    assert first.labels == Labels.of({"__name__": "http_requests_total", "method": "post", "code": "200"})
    assert by_name["msdos_file_access_time_seconds"].labels.get("error") == 'Cannot find file:\n"FILE.TXT"'
    assert by_name["indented"].value == -math.inf
    assert by_name["hex"].value == 0.25
    assert by_name["a.b"].labels.get("c.d") == "e"
    assert [own.labels.get("le") for own in page.samples if own.labels.get("le")] == ["1.0", "+Inf"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a", "expected a value"),
        ("a 1 2 3", "expected a value"),
        ("a x", "invalid value 'x'"),
        ("a 1_0", "invalid value '1_0'"),
        ("a 1 x", "invalid timestamp 'x'"),
        ("a 1 1.5", "invalid timestamp '1.5'"),
        ("a 1 99999999999999999999", "invalid timestamp"),
        ("1a 1", "expected a metric name"),
        ("{} 1", "expected a metric name"),
        ('a{b="c} 1', "expected a quoted value"),
        ('a{b="c" d="e"} 1', "expected `,` or `}`"),
        ('a{b="c",b="d"} 1', "stands twice"),
        ('a{"x","y"} 1', "expected `=`"),
        ('a{"x"} 1', "already set"),
        ("a{b} 1", "expected `=`"),
        ("# TYPE a nonsense", "invalid metric type"),
    ],
)
def test_refuses(line: str, reason: str) -> None:
    with pytest.raises(InvalidExposition) as caught:
        parse_text(f"ok 1\n{line}\n".encode())
    assert caught.value.line == 2
    assert reason in caught.value.reason


def test_invalid_utf8_names_its_line() -> None:
    with pytest.raises(InvalidExposition) as caught:
        parse_text(b'ok 1\na{b="\xff"} 1\n')
    assert str(caught.value) == "line 2: invalid UTF-8"


NAME = st.from_regex(r"[a-z_:][a-z0-9_:]{0,8}", fullmatch=True)
LABEL = st.from_regex(r"[a-z_][a-z0-9_]{0,6}x", fullmatch=True)
VALUE = st.text(
    st.characters(codec="utf-8", exclude_characters='\r\n\\"\x85  \x0b\x0c\x1c\x1d\x1e'), min_size=1, max_size=8
)
LINE = st.tuples(NAME, st.dictionaries(LABEL, VALUE, max_size=3), st.floats(-1e9, 1e9))


@settings(max_examples=60)
@given(st.lists(LINE, max_size=6))
def test_agrees_with_prometheus_client(lines: list[tuple[str, dict[str, str], float]]) -> None:
    texts = []
    for name, labels, value in lines:
        pairs = ",".join(f'{own}="{text}"' for own, text in labels.items())
        texts.append(f"{name}{{{pairs}}} {value!r}\n")
    body = "".join(texts)
    theirs = [
        (Labels.of({"__name__": own.name, **own.labels}), own.value)
        for family in text_string_to_metric_families(body)
        for own in family.samples
    ]
    ours = [(own.labels, own.value) for own in parse_text(body.encode()).samples]
    assert sorted(ours) == sorted(theirs)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(InvalidExposition):
        assert all(own.labels.metric_name for own in parse_text(body).samples)
