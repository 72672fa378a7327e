"""Headers of a scrape."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.exposition.negotiate import Protocol, accept_header, parse_page, protocol_of
from photoncloud.nightlight.errors import InvalidExposition


def test_accept_header() -> None:
    assert accept_header() == (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    )


@pytest.mark.parametrize(
    ("content_type", "protocol"),
    [
        ("text/plain", Protocol.TEXT_0_0_4),
        ("text/plain; version=0.0.4; charset=utf-8", Protocol.TEXT_0_0_4),
        ("text/plain; version=1.0.0; escaping=underscores", Protocol.TEXT_1_0_0),
        ("Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", Protocol.OPENMETRICS_1_0_0),
        ("application/openmetrics-text; version=0.0.1", Protocol.OPENMETRICS_0_0_1),
    ],
)
def test_protocol_of(content_type: str, protocol: Protocol) -> None:
    assert protocol_of(content_type, None) is protocol


def test_unknown_types_need_a_fallback() -> None:
    assert protocol_of("text/html", Protocol.TEXT_0_0_4) is Protocol.TEXT_0_0_4
    with pytest.raises(InvalidExposition) as unknown:
        protocol_of("text/html", None)
    assert str(unknown.value) == (
        'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target'
    )
    with pytest.raises(InvalidExposition) as blank:
        protocol_of(" ", None)
    assert str(blank.value) == (
        "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target"
    )


def test_parse_page_by_protocol() -> None:
    assert len(parse_page(b"a 1\n", Protocol.TEXT_0_0_4).samples) == 1
    with pytest.raises(InvalidExposition):
        parse_page(b"a 1\n", Protocol.OPENMETRICS_1_0_0)
