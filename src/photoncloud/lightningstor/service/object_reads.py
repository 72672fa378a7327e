"""Reading objects: GetObject, HeadObject, GetObjectAttributes."""

from __future__ import annotations

from typing import NamedTuple

from photoncloud.lightningstor.core import checksum, key_space, preconditions, version_id, xml_out
from photoncloud.lightningstor.core.byte_range import Span, resolve_span
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.object_headers import (
    ReplyHeaders,
    apply_overrides,
    checksum_headers,
    shown_checksum,
    stored_headers,
    version_header,
)
from photoncloud.lightningstor.core.records import Checksum, ObjectRecord
from photoncloud.lightningstor.core.version_id import VersionRef
from photoncloud.lightningstor.errors import S3Error, StoreDamaged
from photoncloud.lightningstor.service.body_output import OutgoingBody
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of

_READ_ATTEMPTS = 16
"""How often a read follows a key that is overwritten under it."""
_ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
_PARTS_MAX = 1000


class Readable(NamedTuple):
    """An object that may be answered with, and the reply fields its record alone gives."""

    record: ObjectRecord
    headers: ReplyHeaders


class ObjectReads:
    def __init__(self, around: Collaborators) -> None:
        self._around = around
        self._reader = around.reader

    def handlers(self) -> dict[str, Handler]:
        return {
            "GetObject": self.get_object,
            "HeadObject": self.head_object,
            "GetObjectAttributes": self.get_object_attributes,
        }

    async def get_object(self, call: Call) -> Reply:
        """The object, a range or a part of it; 304, 404, 405, 412, 416 as §4.6 says."""
        customer = self._around.keys.customer_key(call)
        for _ in range(_READ_ATTEMPTS):
            readable = await self.find(call)
            span = _wanted(call, readable.record)
            try:
                body = await self._around.output.plan(readable.record, span, customer)
            except StoreDamaged:
                if await self._is_current_truth(call, readable.record):
                    raise
                continue
            return self._reply(call, readable, span, body)
        raise S3Error("SlowDown")

    async def head_object(self, call: Call) -> Reply:
        customer = self._around.keys.customer_key(call)
        readable = await self.find(call)
        span = _wanted(call, readable.record)
        self._around.output.open_key(readable.record, customer)
        return self._reply(call, readable, span, b"")

    def _reply(self, call: Call, readable: Readable, span: Span, body: OutgoingBody) -> Reply:
        record = readable.record
        headers = [*readable.headers]
        bucket = bucket_of(call)
        if bucket.record.versioning:
            headers.append(version_header(record))
        if span.is_partial and span.content_range:
            headers.append((b"content-range", span.content_range.encode("ascii")))
        if call.query:
            headers = self._query_headers(call, record, headers)
        if b"x-amz-checksum-mode" in call.request.fields:
            headers += _checksum_headers(call, record, span)
        expiration = self._around.expiry.header(bucket, call.key, record)
        if expiration is not None:
            headers.append((b"x-amz-expiration", expiration.encode("latin-1")))
        return Reply(206 if span.is_partial else 200, headers, body, span.length)

    def _query_headers(self, call: Call, record: ObjectRecord, headers: ReplyHeaders) -> ReplyHeaders:
        if "partNumber" in call.query and record.body.part_count:
            headers.append((b"x-amz-mp-parts-count", str(record.body.part_count).encode("ascii")))
        return apply_overrides(headers, call.query, is_anonymous=call.authorised.principal.is_anonymous)

    async def find(self, call: Call) -> Readable:
        """The version a read names, its conditions judged.

        Raises S3Error NoSuchKey, NoSuchVersion or AccessDenied, MethodNotAllowed (a marker by id), NotModified,
        PreconditionFailed.
        """
        readable = await self._version(call)
        conditions = preconditions.read_conditions(call.request.fields)
        if conditions is not None:
            preconditions.check_read(conditions, readable.record)
        return readable

    async def _version(self, call: Call) -> Readable:
        place = key_space.place(bucket_of(call).record.id, call.key)
        text = call.query.get("versionId")
        if text is not None:
            return await self._named_version(call, place, version_id.parse(text), text)
        entry = await self._reader.cached(place)
        record = entry.head.object
        if record is None:
            raise await self._missing(call, entry.head.record)
        if entry.reply is None:
            entry.reply = stored_headers(record)
        return Readable(record, entry.reply)

    async def _named_version(self, call: Call, place: bytes, ref: VersionRef, text: str) -> Readable:
        found = await self._reader.find(place, ref)
        if found is None:
            await self._require_list_right(call)
            fields = {"Key": call.key.decode("utf-8", "replace"), "VersionId": text}
            raise S3Error("NoSuchVersion", fields=fields)
        if found.record.kind == "marker":
            raise S3Error(
                "MethodNotAllowed",
                fields={"Method": call.request.method, "ResourceType": "DeleteMarker"},
                headers=(
                    ("Allow", "DELETE"),
                    ("Last-Modified", xml_out.http_date(found.record.mtime_ms)),
                    *_marker_headers(found.record),
                ),
            )
        return Readable(found.record, stored_headers(found.record))

    async def _missing(self, call: Call, marker: ObjectRecord | None) -> S3Error:
        await self._require_list_right(call)
        headers = () if marker is None else _marker_headers(marker)
        return S3Error("NoSuchKey", fields={"Key": call.key.decode("utf-8", "replace")}, headers=headers)

    async def _require_list_right(self, call: Call) -> None:
        """Only who may list may learn that a key is absent."""
        if not await self._around.access.allows(call, "s3:ListBucket"):
            raise S3Error("AccessDenied")

    async def _is_current_truth(self, call: Call, record: ObjectRecord) -> bool:
        """Whether the version is still there: then its damaged bytes are damage, not an overwrite that went by."""
        place = key_space.place(bucket_of(call).record.id, call.key)
        ref = VersionRef(record.sequence, record.version_tail) if record.version_tail else version_id.NULL_REF
        found = await self._reader.find(place, ref)
        return found is not None and found.record.body == record.body

    # Attributes.

    async def get_object_attributes(self, call: Call) -> Reply:
        asked = _asked_attributes(call)
        customer = self._around.keys.customer_key(call)
        readable = await self.find(call)
        record = readable.record
        self._around.output.open_key(record, customer)
        headers = [(b"last-modified", xml_out.http_date(record.mtime_ms).encode("ascii"))]
        if bucket_of(call).record.versioning:
            headers.append(version_header(record))
        fragments = []
        if "ETag" in asked:
            fragments.append(xml_out.element("ETag", record.etag))
        if "Checksum" in asked and record.checksum is not None:
            fragments.append(_checksum_element(record.checksum, record.body.part_count))
        if "ObjectParts" in asked and record.body.part_count:
            fragments.append(_parts_element(call, record))
        if "StorageClass" in asked:
            fragments.append(xml_out.element("StorageClass", record.storage_class))
        if "ObjectSize" in asked:
            fragments.append(xml_out.element("ObjectSize", record.size))
        document = xml_out.document("GetObjectAttributesResponse", fragments)
        return Reply(200, [*headers, xml_out.CONTENT_TYPE], document)


def _wanted(call: Call, record: ObjectRecord) -> Span:
    fields = call.request.fields
    range_text = fields.get(b"range")
    part_text = call.query.get("partNumber") if call.query else None
    if range_text is None and part_text is None:
        return Span(0, record.size)
    if range_text is not None and part_text is None:
        condition = fields.get(b"if-range")
        if condition is not None and not preconditions.if_range_holds(condition.decode("latin-1"), record):
            return Span(0, record.size)
    text = None if range_text is None else range_text.decode("latin-1")
    return resolve_span(record.size, record.body.part_sizes, text, part_text)


def _checksum_headers(call: Call, record: ObjectRecord, span: Span) -> ReplyHeaders:
    """The checksum of the whole object, or of the one part that was asked for."""
    if call.request.fields[b"x-amz-checksum-mode"].upper() != b"ENABLED" or record.checksum is None:
        return []
    if not span.is_partial or not record.body.part_count:
        is_whole = span.length == record.size
        return checksum_headers(record.checksum, record.body.part_count) if is_whole else []
    if "partNumber" not in call.query:
        return []
    if len(record.body.part_sizes) == 1 and record.checksum.type == "FULL_OBJECT":
        return checksum_headers(record.checksum, 1)
    if not record.body.part_checksums:
        return []
    value = record.body.part_checksums[int(call.query["partNumber"]) - 1]
    return checksum_headers(Checksum(record.checksum.algorithm, "FULL_OBJECT", value), 0)


def _marker_headers(marker: ObjectRecord) -> tuple[tuple[str, str], ...]:
    shown = version_id.text(marker.sequence, marker.version_tail)
    return (("x-amz-delete-marker", "true"), ("x-amz-version-id", shown))


def _asked_attributes(call: Call) -> frozenset[str]:
    values = [value.decode("latin-1") for name, value in call.request.headers if name == b"x-amz-object-attributes"]
    asked = frozenset(item.strip() for item in ",".join(values).split(",") if item.strip())
    if not asked or not asked.issubset(_ATTRIBUTES):
        fields = {"ArgumentName": "x-amz-object-attributes", "ArgumentValue": ",".join(values)}
        raise S3Error("InvalidArgument", "Invalid attribute name specified.", fields=fields)
    return asked


def _checksum_element(value: Checksum, part_count: int) -> bytes:
    return xml_out.wrap(
        "Checksum",
        xml_out.element(f"Checksum{value.algorithm}", shown_checksum(value, part_count)),
        xml_out.element("ChecksumType", value.type),
    )


def _parts_element(call: Call, record: ObjectRecord) -> bytes:
    """`ObjectParts`: the parts after the marker, by the numbers they were uploaded with."""
    body = record.body
    limit = _number_field(call, "x-amz-max-parts", _PARTS_MAX)
    marker = _number_field(call, "x-amz-part-number-marker", 0)
    shown = [at for at, number in enumerate(body.part_numbers) if number > marker]
    page = shown[: min(limit, _PARTS_MAX)]
    parts = []
    for at in page:
        inside = [xml_out.element("PartNumber", body.part_numbers[at]), xml_out.element("Size", body.part_sizes[at])]
        if body.part_checksums and record.checksum is not None and body.part_checksums[at]:
            text = checksum.encode(body.part_checksums[at])
            inside.append(xml_out.element(f"Checksum{record.checksum.algorithm}", text))
        parts.append(xml_out.wrap("Part", *inside))
    is_truncated = len(page) < len(shown)
    return xml_out.wrap(
        "ObjectParts",
        xml_out.element("PartsCount", body.part_count),
        xml_out.element("PartNumberMarker", marker),
        xml_out.element("NextPartNumberMarker", body.part_numbers[page[-1]] if page else 0),
        xml_out.element("MaxParts", limit),
        xml_out.element("IsTruncated", is_truncated),
        *parts,
    )


def _number_field(call: Call, name: str, default: int) -> int:
    text = call.header(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise S3Error("InvalidArgument", fields={"ArgumentName": name, "ArgumentValue": text})
    return int(text)
