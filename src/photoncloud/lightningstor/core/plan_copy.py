"""CopyObject and UploadPartCopy: which source may be copied, and what the copy carries. No bytes move.

The copy's body is the source's: a reference row more for a blob or a multipart body; inline bytes are duplicated. The
transaction (`plan_put`) also compares the source's row, so bytes whose last reference went cannot be revived.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

from photoncloud.lightningstor.core.object_headers import Attributes
from photoncloud.lightningstor.core.object_key import check_object_key
from photoncloud.lightningstor.core.records import Body, Checksum, ObjectRecord
from photoncloud.lightningstor.core.versioning import Head
from photoncloud.lightningstor.errors import S3Error

COPY_SIZE_MAX = 5 * 1024**3

_TO_ITSELF = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's"
    " metadata, storage class, website redirect location or encryption attributes."
)
_NAMELESS = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
_TOO_LARGE = f"The specified copy source is larger than the maximum allowable size for a copy source: {COPY_SIZE_MAX}"
_MARKER = "The source of a copy request may not specifically refer to a delete marker by version id."
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})$")
_RANGE_FORM = (
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based"
    " offsets of the first and last bytes to copy"
)


class SourceName(NamedTuple):
    """A parsed `x-amz-copy-source`. `version` is empty when the current version is meant."""

    bucket: str
    key: bytes
    version: str


def parse_source(value: bytes) -> SourceName:
    """`[/]bucket/key[?versionId=…]`, percent-decoded once. Raises S3Error InvalidArgument, KeyTooLongError."""
    path, has_query, query = value.partition(b"?")
    version = ""
    if has_query:
        name, _, version_text = query.partition(b"=")
        if name != b"versionId":
            path = value
        else:
            version = unquote_to_bytes(version_text).decode("latin-1")
    bucket, _, key = unquote_to_bytes(path).removeprefix(b"/").partition(b"/")
    try:
        names = SourceName(bucket.decode("utf-8"), key, version)
        key.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _nameless(value) from error
    if not bucket or not key:
        raise _nameless(value)
    check_object_key(key)
    return names


def _nameless(value: bytes) -> S3Error:
    fields = {"ArgumentName": "x-amz-copy-source", "ArgumentValue": value.decode("latin-1")}
    return S3Error("InvalidArgument", _NAMELESS, fields=fields)


def check_source(record: ObjectRecord | None, key: bytes, version: str) -> ObjectRecord:
    """The source, when it is an object. Raises S3Error NoSuchKey, NoSuchVersion, InvalidRequest."""
    text = key.decode("utf-8", "replace")
    if record is None:
        if version:
            raise S3Error("NoSuchVersion", fields={"Key": text, "VersionId": version})
        raise S3Error("NoSuchKey", fields={"Key": text})
    if record.kind == "marker":
        raise S3Error("InvalidRequest", _MARKER) if version else S3Error("NoSuchKey", fields={"Key": text})
    return record


def check_size(record: ObjectRecord) -> None:
    """Raises S3Error InvalidRequest when a source is too large to be copied in one request."""
    if record.size > COPY_SIZE_MAX:
        raise S3Error("InvalidRequest", _TOO_LARGE)


def directive(value: bytes | None, what: str) -> bool:
    """Whether `metadata-directive` or `tagging-directive` says REPLACE. Raises S3Error InvalidArgument."""
    text = "COPY" if value is None else value.decode("latin-1")
    if text not in ("COPY", "REPLACE"):
        name = f"x-amz-{what}-directive"
        fields = {"ArgumentName": name, "ArgumentValue": text}
        raise S3Error("InvalidArgument", f"Unknown {what} directive.", fields=fields)
    return text == "REPLACE"


def source_range(text: str | None, size: int) -> tuple[int, int]:
    """(offset, length) of `x-amz-copy-source-range`. Raises S3Error InvalidArgument, InvalidRequest."""
    if text is None:
        if size > COPY_SIZE_MAX:
            raise S3Error("InvalidRequest", _TOO_LARGE)
        return 0, size
    match = _RANGE.match(text)
    first, last = (int(match[1]), int(match[2])) if match else (1, 0)
    fields = {"ArgumentName": "x-amz-copy-source-range", "ArgumentValue": text}
    if first > last:
        raise S3Error("InvalidArgument", _RANGE_FORM, fields=fields)
    if last >= size:
        message = f"Range specified is not valid for source object of size: {size}"
        raise S3Error("InvalidArgument", message, fields=fields)
    if last - first >= COPY_SIZE_MAX:
        raise S3Error("InvalidRequest", _TOO_LARGE)
    return first, last - first + 1


class CopyRequest(NamedTuple):
    """What the request asks of the copy. `attributes` are the request's own; the directives choose whose count."""

    attributes: Attributes
    replaces_metadata: bool
    replaces_tags: bool
    names_storage_class: bool
    changes_encryption: bool


def check_changes_something(request: CopyRequest, *, is_same_object: bool, source: ObjectRecord) -> None:
    """Raises S3Error InvalidRequest for a copy of the current version onto itself that changes nothing."""
    changes = (
        request.replaces_metadata
        or request.attributes.redirect
        or request.changes_encryption
        or (request.names_storage_class and request.attributes.storage_class != source.storage_class)
    )
    if is_same_object and not changes:
        raise S3Error("InvalidRequest", _TO_ITSELF)


def copy_record(
    request: CopyRequest, source: ObjectRecord, body: Body, etag: str, value: Checksum | None
) -> ObjectRecord:
    """What the copy carries, without owner, ACL, lock, encryption and time: none of these is ever copied."""
    own = request.attributes
    return ObjectRecord(
        sequence=0,
        version_tail=b"",
        size=source.size,
        etag=etag,
        body=body,
        checksum=value,
        crc64nvme=source.crc64nvme,
        headers=own.headers if request.replaces_metadata else source.headers,
        metadata=own.metadata if request.replaces_metadata else source.metadata,
        tags=own.tags if request.replaces_tags else source.tags,
        storage_class=own.storage_class,
        redirect=own.redirect,
    )


def same_version(source: ObjectRecord, head: Head) -> bool:
    """Whether the source is the version a copy onto the same key would replace."""
    current = head.object
    return current is not None and (source.sequence, source.version_tail) == (current.sequence, current.version_tail)


def single_body(body: Body, new_inline_id: bytes) -> Body:
    """The copy's body: shared, except inline bytes, which get a row of their own. Part facts are not copied."""
    if body.kind == "inline":
        return Body("inline", new_inline_id)
    return msgspec.structs.replace(body, part_sizes=(), part_checksums=(), part_numbers=(), part_count=0)
