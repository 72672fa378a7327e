"""Conditions of requests: reads (RFC 9110 §13.2.2 as S3 applies it), copy sources, conditional writes and deletes.

ETags are compared without quotes and without a weak mark; dates in whole seconds; a date that cannot be read is as
good as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.versioning import Head
from photoncloud.lightningstor.core.xml_out import http_date
from photoncloud.lightningstor.errors import S3Error

Fields = Mapping[bytes, bytes]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF = re.compile(r"\w+, (\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|\+0000|-0000)$")
_RFC850 = re.compile(r"\w+, (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$")
_ASCTIME = re.compile(r"\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$")


def parse_http_date(text: str) -> int | None:
    """Seconds since 1970 of the three HTTP date forms (and ISO 8601, which some clients send), or None."""
    if match := _IMF.match(text):
        day, month, year, hour, minute, second = match.groups()
    elif match := _RFC850.match(text):
        day, month, short_year, hour, minute, second = match.groups()
        year = str(int(short_year) + (1900 if int(short_year) >= 70 else 2000))
    elif match := _ASCTIME.match(text):
        month, day, hour, minute, second, year = match.groups()
    else:
        return _parse_iso_date(text)
    try:
        numbers = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
        return int(datetime(*numbers, tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _parse_iso_date(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def bare_etag(text: str) -> str:
    """An ETag without quotes and without a weak mark."""
    return text.strip().removeprefix("W/").strip('"')


def etag_matches(header: str, etag: str) -> bool:
    """Whether `etag` (without quotes) is in an `If-Match`/`If-None-Match` list; `*` matches everything."""
    return header.strip() == "*" or any(bare_etag(item) == etag for item in header.split(","))


class ReadConditions(NamedTuple):
    """The four conditions of a read; empty text where the request has none."""

    if_match: str = ""
    if_none_match: str = ""
    if_modified_since: str = ""
    if_unmodified_since: str = ""
    prefix: str = ""
    """`x-amz-copy-source-` when they speak of a copy source."""


def read_conditions(fields: Fields) -> ReadConditions | None:
    """The conditions of a GET or HEAD, None when there are none."""
    return None if _READ_FIELDS.isdisjoint(fields) else _conditions(fields, _READ_FIELD_NAMES, "")


def copy_conditions(fields: Fields) -> ReadConditions | None:
    """The conditions on a copy source."""
    return None if _COPY_FIELDS.isdisjoint(fields) else _conditions(fields, _COPY_FIELD_NAMES, _COPY_PREFIX)


_COPY_PREFIX = "x-amz-copy-source-"
_READ_FIELD_NAMES = (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since")
_COPY_FIELD_NAMES = tuple(_COPY_PREFIX.encode("ascii") + name for name in _READ_FIELD_NAMES)
_READ_FIELDS, _COPY_FIELDS = frozenset(_READ_FIELD_NAMES), frozenset(_COPY_FIELD_NAMES)


def _conditions(fields: Fields, names: tuple[bytes, ...], prefix: str) -> ReadConditions:
    if_match, if_none_match, if_modified, if_unmodified = (fields.get(name, b"").decode("latin-1") for name in names)
    return ReadConditions(if_match, if_none_match, if_modified, if_unmodified, prefix)


def check_read(conditions: ReadConditions, record: ObjectRecord) -> None:
    """Raises S3Error PreconditionFailed (412) or NotModified (304, with ETag and Last-Modified).

    `If-Match` that holds beats `If-Unmodified-Since`; `If-None-Match` beats `If-Modified-Since`.
    """
    changed_sec = record.mtime_ms // 1000
    if conditions.if_match:
        if not etag_matches(conditions.if_match, record.etag):
            raise _failed(conditions, "If-Match")
    elif (limit := _date(conditions.if_unmodified_since)) is not None and changed_sec > limit:
        raise _failed(conditions, "If-Unmodified-Since")
    if conditions.if_none_match:
        if etag_matches(conditions.if_none_match, record.etag):
            raise _unchanged(conditions, "If-None-Match", record)
    elif (limit := _date(conditions.if_modified_since)) is not None and changed_sec <= limit:
        raise _unchanged(conditions, "If-Modified-Since", record)


def _date(text: str) -> int | None:
    return parse_http_date(text) if text else None


def _failed(conditions: ReadConditions, name: str) -> S3Error:
    return S3Error("PreconditionFailed", fields={"Condition": conditions.prefix + name})


def _unchanged(conditions: ReadConditions, name: str, record: ObjectRecord) -> S3Error:
    if conditions.prefix:
        return _failed(conditions, name)
    return S3Error("NotModified", headers=(("ETag", f'"{record.etag}"'), ("Last-Modified", http_date(record.mtime_ms))))


def if_range_holds(value: str, record: ObjectRecord) -> bool:
    """Whether `If-Range` lets the range stand: the strong ETag, or the exact date of last modification."""
    text = value.strip()
    if text.startswith("W/"):
        return False
    if text.startswith('"') or (date := parse_http_date(text)) is None:
        return bare_etag(text) == record.etag
    return date == record.mtime_ms // 1000


class WriteConditions(NamedTuple):
    """What a write or delete demands of the current object. Empty: unconditional."""

    if_match: str = ""
    if_none_match: bool = False
    if_size: int | None = None
    if_modified_sec: int | None = None

    @property
    def is_conditional(self) -> bool:
        return self != UNCONDITIONAL


UNCONDITIONAL = WriteConditions()
_NO_ETAG = '""'
"""What an empty `If-Match` asks for: nothing has it, and a write that was meant to be conditional never is not."""


def write_conditions(fields: Fields) -> WriteConditions:
    """Conditions of Put, Complete and Copy. Raises S3Error NotImplemented for what S3 does not take."""
    if_match, if_none_match = fields.get(b"if-match"), fields.get(b"if-none-match")
    if if_match is None and if_none_match is None:
        return UNCONDITIONAL
    if if_none_match is not None and (if_match is not None or if_none_match.strip() != b"*"):
        raise S3Error("NotImplemented", fields={"Header": "If-None-Match"})
    if if_match is None:
        return WriteConditions(if_none_match=True)
    if if_match.strip() == b"*":
        raise S3Error("NotImplemented", fields={"Header": "If-Match"})
    return WriteConditions(if_match=if_match.decode("latin-1") or _NO_ETAG)


def delete_conditions(fields: Fields) -> WriteConditions:
    """Conditions of DeleteObject."""
    return deletion(
        _given(fields, b"if-match"),
        _given(fields, b"x-amz-if-match-size"),
        _given(fields, b"x-amz-if-match-last-modified-time"),
    )


def _given(fields: Fields, name: bytes) -> str | None:
    value = fields.get(name)
    return None if value is None else value.decode("latin-1")


def deletion(etag: str | None, size: str | None, modified: str | None) -> WriteConditions:
    """Conditions of one deletion: an ETag or `*`, a size in bytes, a date. Raises S3Error InvalidArgument."""
    if etag is None and size is None and modified is None:
        return UNCONDITIONAL
    if size is not None and not (size.isascii() and size.isdigit()):
        raise S3Error("InvalidArgument", fields={"ArgumentName": "x-amz-if-match-size", "ArgumentValue": size})
    modified_sec = None if modified is None else parse_http_date(modified)
    if modified is not None and modified_sec is None:
        fields = {"ArgumentName": "x-amz-if-match-last-modified-time", "ArgumentValue": modified}
        raise S3Error("InvalidArgument", fields=fields)
    wanted = "" if etag is None else etag or _NO_ETAG
    return WriteConditions(wanted, False, None if size is None else int(size), modified_sec)


def check_write(conditions: WriteConditions, head: Head, key: bytes) -> None:
    """Raises S3Error PreconditionFailed, or NoSuchKey when there is no current object to match."""
    if not conditions.is_conditional:
        return
    record = head.object
    if conditions.if_none_match:
        if record is not None:
            raise S3Error("PreconditionFailed", fields={"Condition": "If-None-Match"})
        return
    if record is None:
        raise S3Error("NoSuchKey", fields={"Key": key.decode("utf-8", "replace")})
    if conditions.if_match and not etag_matches(conditions.if_match, record.etag):
        raise S3Error("PreconditionFailed", fields={"Condition": "If-Match"})
    if conditions.if_size is not None and conditions.if_size != record.size:
        raise S3Error("PreconditionFailed", fields={"Condition": "x-amz-if-match-size"})
    if conditions.if_modified_sec is not None and conditions.if_modified_sec != record.mtime_ms // 1000:
        raise S3Error("PreconditionFailed", fields={"Condition": "x-amz-if-match-last-modified-time"})
