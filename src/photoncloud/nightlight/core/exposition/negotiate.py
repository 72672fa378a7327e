"""The headers of a scrape: what we ask for, and what the answer is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from photoncloud.nightlight.core.exposition.openmetrics import parse_openmetrics
from photoncloud.nightlight.core.exposition.page import Page
from photoncloud.nightlight.core.exposition.text import parse_text
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.errors import InvalidExposition


class Protocol(StrEnum):
    """`scrape_protocols` of the configuration."""

    OPENMETRICS_1_0_0 = "OpenMetricsText1.0.0"
    OPENMETRICS_0_0_1 = "OpenMetricsText0.0.1"
    TEXT_1_0_0 = "PrometheusText1.0.0"
    TEXT_0_0_4 = "PrometheusText0.0.4"


DEFAULT_PROTOCOLS = tuple(Protocol)
MEDIA_TYPES = {
    Protocol.OPENMETRICS_1_0_0: "application/openmetrics-text;version=1.0.0",
    Protocol.OPENMETRICS_0_0_1: "application/openmetrics-text;version=0.0.1",
    Protocol.TEXT_1_0_0: "text/plain;version=1.0.0",
    Protocol.TEXT_0_0_4: "text/plain;version=0.0.4",
}
ESCAPING_AWARE = frozenset((Protocol.OPENMETRICS_1_0_0, Protocol.TEXT_1_0_0))
PARSERS: dict[Protocol, Callable[[bytes], Page]] = {
    Protocol.OPENMETRICS_1_0_0: parse_openmetrics,
    Protocol.OPENMETRICS_0_0_1: parse_openmetrics,
    Protocol.TEXT_1_0_0: parse_text,
    Protocol.TEXT_0_0_4: parse_text,
}


def accept_header(protocols: Sequence[Protocol] = DEFAULT_PROTOCOLS, escaping: str = "allow-utf-8") -> str:
    """The `Accept` header: the protocols in order of preference, then anything."""
    parts = []
    for place, protocol in enumerate(protocols):
        media = MEDIA_TYPES[protocol]
        if protocol in ESCAPING_AWARE:
            media += f";escaping={escaping}"
        parts.append(f"{media};q=0.{len(protocols) + 1 - place}")
    return ",".join([*parts, "*/*;q=0.1"])


def protocol_of(content_type: str, fallback: Protocol | None) -> Protocol:
    """The format of an answer. Raises `InvalidExposition` when it is not told, or unknown, and there is no fallback."""
    media, *parameters = (part.strip() for part in content_type.split(";"))
    version = next((own.partition("=")[2] for own in parameters if own.lower().startswith("version=")), "")
    match media.lower():
        case "application/openmetrics-text":
            return Protocol.OPENMETRICS_0_0_1 if version == "0.0.1" else Protocol.OPENMETRICS_1_0_0
        case "text/plain":
            return Protocol.TEXT_1_0_0 if version == "1.0.0" else Protocol.TEXT_0_0_4
    if fallback is not None:
        return fallback
    missing = "no fallback_scrape_protocol specified for target"
    if not content_type.strip():
        raise InvalidExposition(f"non-compliant scrape target sending blank Content-Type and {missing}")
    raise InvalidExposition(f"received unsupported Content-Type {quote(content_type)} and {missing}")


def parse_page(body: bytes, protocol: Protocol) -> Page:
    """Read a page in the format of a scrape. Raises `InvalidExposition`."""
    return PARSERS[protocol](body)
