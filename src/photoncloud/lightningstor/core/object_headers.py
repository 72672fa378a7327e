"""What an object carries besides its bytes, as request headers say it and as replies show it (§4.6)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from photoncloud.lightningstor.core import checksum, tagging, version_id
from photoncloud.lightningstor.core.http_message import Headers
from photoncloud.lightningstor.core.records import Checksum, Encryption, ObjectLock, ObjectRecord
from photoncloud.lightningstor.core.xml_out import http_date
from photoncloud.lightningstor.errors import S3Error

Fields = Mapping[bytes, bytes]
ReplyHeaders = list[tuple[bytes, bytes]]

METADATA_BYTES = 2048
STORAGE_CLASSES = ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING")
DEFAULT_CONTENT_TYPE = "binary/octet-stream"
REDIRECT_CHARACTERS = 2048

_METADATA = b"x-amz-meta-"
_KEPT = (
    (b"content-type", "content-type"),
    (b"content-encoding", "content-encoding"),
    (b"content-disposition", "content-disposition"),
    (b"content-language", "content-language"),
    (b"cache-control", "cache-control"),
    (b"expires", "expires"),
)
_OVERRIDES = {
    "response-content-type": b"content-type",
    "response-content-encoding": b"content-encoding",
    "response-content-disposition": b"content-disposition",
    "response-content-language": b"content-language",
    "response-cache-control": b"cache-control",
    "response-expires": b"expires",
}
_ANONYMOUS_OVERRIDE = "Request specific response headers cannot be used for anonymous GET requests."
_REDIRECT = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."


class Attributes(NamedTuple):
    """Headers, user metadata, tags, class and website redirect of a new object or upload."""

    headers: dict[str, str]
    metadata: dict[str, str]
    tags: dict[str, str]
    storage_class: str = "STANDARD"
    redirect: str = ""


def attributes(fields: Fields, headers: Headers, *, is_streaming: bool = False) -> Attributes:
    """From the headers of Put, CreateMultipartUpload or a REPLACE copy.

    `is_streaming`: the payload is aws-chunked, so that coding is not part of the object. Raises S3Error
    MetadataTooLarge, InvalidStorageClass, InvalidArgument, InvalidTag, BadRequest, InvalidRedirectLocation.
    """
    tags = fields.get(b"x-amz-tagging")
    return Attributes(
        headers=_kept_headers(fields, is_streaming),
        metadata=user_metadata(headers),
        tags={} if tags is None else tagging.parse_header(tags.decode("latin-1")),
        storage_class=storage_class(fields),
        redirect=redirect_location(fields),
    )


def _kept_headers(fields: Fields, is_streaming: bool) -> dict[str, str]:
    kept = {name: fields[field].decode("latin-1") for field, name in _KEPT if fields.get(field)}
    if is_streaming and "content-encoding" in kept:
        codings = [item.strip() for item in kept.pop("content-encoding").split(",")]
        rest = ", ".join(item for item in codings if item and item.lower() != "aws-chunked")
        if rest:
            kept["content-encoding"] = rest
    kept.setdefault("content-type", DEFAULT_CONTENT_TYPE)
    return kept


def user_metadata(headers: Headers) -> dict[str, str]:
    """`x-amz-meta-*` fields, repeated ones joined. Raises S3Error MetadataTooLarge."""
    metadata: dict[str, str] = {}
    for field, value in headers:
        if field.startswith(_METADATA):
            name, text = field[len(_METADATA) :].decode("latin-1"), value.decode("latin-1")
            metadata[name] = f"{metadata[name]},{text}" if name in metadata else text
    size = sum(len(name) + len(text) for name, text in metadata.items())
    if size > METADATA_BYTES:
        raise S3Error("MetadataTooLarge", fields={"Size": str(size), "MaxSizeAllowed": str(METADATA_BYTES)})
    return metadata


def storage_class(fields: Fields) -> str:
    """Raises S3Error InvalidStorageClass."""
    value = fields.get(b"x-amz-storage-class")
    if value is None:
        return "STANDARD"
    text = value.decode("latin-1")
    if text not in STORAGE_CLASSES:
        raise S3Error("InvalidStorageClass", fields={"StorageClassRequested": text})
    return text


def redirect_location(fields: Fields) -> str:
    """`x-amz-website-redirect-location`. Raises S3Error InvalidRedirectLocation."""
    text = fields.get(b"x-amz-website-redirect-location", b"").decode("latin-1")
    if text and (len(text) > REDIRECT_CHARACTERS or not text.startswith(("/", "http://", "https://"))):
        raise S3Error("InvalidRedirectLocation", _REDIRECT)
    return text


# Replies.


def stored_headers(record: ObjectRecord) -> ReplyHeaders:
    """The fields of a GET or HEAD reply that depend on the record alone, without version id and checksum."""
    reply: ReplyHeaders = [
        (b"last-modified", http_date(record.mtime_ms).encode("ascii")),
        (b"etag", b'"%b"' % record.etag.encode("ascii")),
        (b"accept-ranges", b"bytes"),
    ]
    reply += [(name.encode("ascii"), value.encode("latin-1")) for name, value in record.headers.items()]
    reply += [(_METADATA + name.encode("latin-1"), _shown(value)) for name, value in record.metadata.items()]
    if record.storage_class != "STANDARD":
        reply.append((b"x-amz-storage-class", record.storage_class.encode("ascii")))
    if record.tags:
        reply.append((b"x-amz-tagging-count", str(len(record.tags)).encode("ascii")))
    if record.redirect:
        reply.append((b"x-amz-website-redirect-location", record.redirect.encode("latin-1")))
    if record.encryption is not None:
        reply += encryption_headers(record.encryption)
    if record.lock is not None:
        reply += lock_headers(record.lock)
    return reply


def _shown(value: str) -> bytes:
    """A metadata value on the wire: bytes above ASCII go out RFC 2047-encoded."""
    if value.isascii():
        return value.encode("ascii")
    raw = value.encode("latin-1")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return b"=?ISO-8859-1?B?%b?=" % base64.b64encode(raw)
    return b"=?UTF-8?B?%b?=" % base64.b64encode(raw)


def encryption_headers(encryption: Encryption) -> ReplyHeaders:
    if encryption.has_customer_key:
        return [
            (b"x-amz-server-side-encryption-customer-algorithm", b"AES256"),
            (b"x-amz-server-side-encryption-customer-key-MD5", encryption.key_md5.encode("ascii")),
        ]
    return [(b"x-amz-server-side-encryption", encryption.mode.encode("ascii"))] if encryption.mode else []


def iso_time(time_ms: int) -> str:
    """Milliseconds as ISO 8601 with milliseconds, as lock dates are shown."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def lock_headers(lock: ObjectLock) -> ReplyHeaders:
    reply: ReplyHeaders = []
    if lock.mode:
        reply.append((b"x-amz-object-lock-mode", lock.mode.encode("ascii")))
        reply.append((b"x-amz-object-lock-retain-until-date", iso_time(lock.retain_until_ms).encode("ascii")))
    if lock.legal_hold:
        reply.append((b"x-amz-object-lock-legal-hold", b"ON"))
    return reply


def version_header(record: ObjectRecord) -> tuple[bytes, bytes]:
    return b"x-amz-version-id", version_id.text(record.sequence, record.version_tail).encode("ascii")


def shown_checksum(value: Checksum, part_count: int) -> str:
    """Base64, with `-N` for a COMPOSITE of N parts."""
    text = checksum.encode(value.value)
    return f"{text}-{part_count}" if value.type == "COMPOSITE" else text


def checksum_headers(value: Checksum | None, part_count: int) -> ReplyHeaders:
    """The checksum and its type; nothing for a record that has none."""
    if value is None or not value.value:
        return []
    name = checksum.ALGORITHMS[value.algorithm].header.encode("ascii")
    return [
        (name, shown_checksum(value, part_count).encode("ascii")),
        (b"x-amz-checksum-type", value.type.encode("ascii")),
    ]


def apply_overrides(reply: ReplyHeaders, query: Mapping[str, str], *, is_anonymous: bool) -> ReplyHeaders:
    """`response-*` parameters replace reply fields. Raises S3Error InvalidRequest for anonymous callers.

    Control characters cannot pass: they become spaces.
    """
    overrides = {_OVERRIDES[name]: value for name, value in query.items() if name in _OVERRIDES}
    if not overrides:
        return reply
    if is_anonymous:
        raise S3Error("InvalidRequest", _ANONYMOUS_OVERRIDE)
    kept = [(name, value) for name, value in reply if name not in overrides]
    return kept + [(name, _one_line(value)) for name, value in overrides.items()]


def _one_line(text: str) -> bytes:
    clean: Iterable[str] = (character if character.isprintable() else " " for character in text)
    return "".join(clean).encode("utf-8")
