"""The envelope: CloudEvents 1.0 with PhotonCloud's rules (eventbus specification 4.2).

An id never names two different events of one source. No secret, credential or object body belongs into an event;
large facts are referenced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from photoncloud.backends.events.errors import InvalidEvent, LimitExceeded

MAX_ID_BYTES = 128
MAX_ATTRIBUTE_BYTES = 1024  # one attribute travels as one header
MAX_DATA_BYTES = 256 * 1024
TENANT = "photontenant"
REVISION = "photonrevision"

_TYPE = re.compile(r"photon(\.[a-z0-9_-]+){2,}")
_EXTENSION = re.compile(r"[a-z0-9]{1,20}")  # CloudEvents 1.0, "Naming conventions"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RESERVED = frozenset(
    {"id", "source", "type", "specversion", "time", "subject", "datacontenttype", "dataschema", "data"}
)


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `time` is aware and in UTC; `route` overrides the bus subject derived from type and tenant."""

    id: str
    source: str
    type: str
    time: datetime
    subject: str = ""
    data: bytes = b""
    datacontenttype: str = "application/json"
    dataschema: str = ""
    extensions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    route: str = ""


def check_event(event: Event, *, max_data_bytes: int = MAX_DATA_BYTES) -> None:
    """Refuse an event that breaks the envelope. Raises InvalidEvent, LimitExceeded."""
    for name in ("id", "source", "type"):
        if not getattr(event, name):
            raise InvalidEvent(name, "it is required")
    if len(event.id.encode()) > MAX_ID_BYTES:
        raise LimitExceeded("id", len(event.id.encode()), MAX_ID_BYTES)
    if not event.source.startswith("/photon/"):
        raise InvalidEvent("source", f"{event.source!r} is not /photon/<component>/<component_id>")
    if not _TYPE.fullmatch(event.type):
        raise InvalidEvent("type", f"{event.type!r} is not photon.<family>.<what> in lower case")
    if event.time.utcoffset() is None or event.time.utcoffset().total_seconds():  # type: ignore[union-attr]
        raise InvalidEvent("time", "it must be UTC and say so")
    if event.data and not event.datacontenttype:
        raise InvalidEvent("datacontenttype", "data needs one")
    if len(event.data) > max_data_bytes:
        raise LimitExceeded("data", len(event.data), max_data_bytes)
    _check_texts(event)


def _check_texts(event: Event) -> None:
    texts = {
        "id": event.id,
        "source": event.source,
        "subject": event.subject,
        "datacontenttype": event.datacontenttype,
        "dataschema": event.dataschema,
    }
    for name, value in event.extensions.items():
        if not _EXTENSION.fullmatch(name) or name in _RESERVED:
            raise InvalidEvent(name, "not the name of an extension attribute")
        texts[name] = value
    for name, value in texts.items():
        if _CONTROL.search(value):
            raise InvalidEvent(name, "control characters")
        if len(value.encode()) > MAX_ATTRIBUTE_BYTES:
            raise LimitExceeded(name, len(value.encode()), MAX_ATTRIBUTE_BYTES)
