"""Paged lists of a bucket: ListObjects, ListObjectsV2, ListObjectVersions, ListMultipartUploads.

One page is one snapshot. `core.listing` decides what to fetch and when the page is complete; this file moves rows and
writes the documents.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote_plus

from photoncloud.lightningstor.core import (
    key_space,
    listing,
    multipart_rules,
    record_codec,
    token,
    version_id,
    xml_out,
)
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.listing import Entry, Walk
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.ports import Index, IndexCursor, Row
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import bucket_of
from photoncloud.lightningstor.service.documents import xml_reply
from photoncloud.lightningstor.service.merged_versions import MergedVersions
from photoncloud.lightningstor.service.version_reader import VersionReader

_VERSION_WITHOUT_KEY = "A version-id marker cannot be specified without a key marker."


class Request(NamedTuple):
    """What every listing has in common. `limit` is what may be shown, `echo` the number as sent."""

    bucket: Bucket
    prefix: bytes
    delimiter: bytes
    limit: int
    echo: int
    encodes: bool

    def text(self, key: bytes) -> bytes:
        """A key, prefix or marker as character data of the reply."""
        return url_encoded(key) if self.encodes else xml_out.escape_bytes(key)

    def element(self, name: str, key: bytes) -> bytes:
        tag = name.encode("ascii")
        return b"<%b>%b</%b>" % (tag, self.text(key), tag)


class Listings:
    def __init__(self, index: Index, reader: VersionReader, token_key: bytes) -> None:
        self._index = index
        self._reader = reader
        self._token_key = token_key

    def handlers(self) -> dict[str, Handler]:
        return {
            "ListObjects": self.list_objects,
            "ListObjectsV2": self.list_objects_v2,
            "ListObjectVersions": self.list_object_versions,
            "ListMultipartUploads": self.list_multipart_uploads,
        }

    # Objects.

    async def list_objects(self, call: Call) -> Reply:
        asked = _request(call, "max-keys")
        marker = call.query.get("marker", "").encode("utf-8")
        walk = await self._objects(asked, listing.after_marker(marker, asked.prefix, asked.delimiter))
        fragments = [asked.element("Prefix", asked.prefix), asked.element("Marker", marker)]
        if walk.is_truncated and asked.delimiter and walk.last is not None:
            fragments.append(asked.element("NextMarker", listing.token_position(walk.last)[1]))
        fragments += _common(asked, "MaxKeys", walk)
        fragments += _objects_shown(asked, walk, shows_owner=True)
        return xml_reply(xml_out.document("ListBucketResult", fragments + _prefixes(asked, walk)))

    async def list_objects_v2(self, call: Call) -> Reply:
        asked = _request(call, "max-keys")
        about = (b"objects", asked.bucket.record.id, asked.prefix, asked.delimiter)
        given = call.query.get("continuation-token")
        start_after = call.query.get("start-after", "").encode("utf-8")
        if given is not None:
            start = listing.after_token(*token.open_token(self._token_key, about, given))
        else:
            start = listing.after_marker(start_after, asked.prefix, asked.delimiter)
        walk = await self._objects(asked, start)
        fragments = [asked.element("Prefix", asked.prefix), *_common(asked, "MaxKeys", walk)]
        fragments.append(xml_out.element("KeyCount", len(walk.entries) + len(walk.prefixes)))
        if given is not None:
            fragments.append(xml_out.element("ContinuationToken", given))
        if walk.is_truncated and walk.last is not None:
            following = token.seal(self._token_key, about, *listing.token_position(walk.last))
            fragments.append(xml_out.element("NextContinuationToken", following))
        if start_after:
            fragments.append(asked.element("StartAfter", start_after))
        shows_owner = call.query.get("fetch-owner", "").lower() == "true"
        fragments += _objects_shown(asked, walk, shows_owner=shows_owner)
        return xml_reply(xml_out.document("ListBucketResult", fragments + _prefixes(asked, walk)))

    async def _objects(self, asked: Request, start: bytes) -> Walk[bytes]:
        walk: Walk[bytes] = Walk(asked.prefix, asked.delimiter, start, asked.limit)
        if asked.limit:
            await self._run(asked, key_space.CURRENT, walk, 0)
        return walk

    async def _run(self, asked: Request, family: bytes, walk: Walk[bytes], tail: int) -> None:
        """Feed a walk from one family; `tail` bytes after the escaped key order the rows of one key."""
        head = family + asked.bucket.record.id
        end = key_space.prefix_end(head + key_space.escape_prefix(asked.prefix))
        cursor = await self._index.cursor(head + (walk.seek or b""), end)
        try:
            await _feed(walk, cursor, head, tail)
        finally:
            cursor.close()

    # Versions.

    async def list_object_versions(self, call: Call) -> Reply:
        asked = _request(call, "max-keys")
        key_marker = call.query.get("key-marker", "").encode("utf-8")
        version_marker = call.query.get("version-id-marker", "")
        if version_marker and "key-marker" not in call.query:
            fields = {"ArgumentName": "version-id-marker", "ArgumentValue": version_marker}
            raise S3Error("InvalidArgument", _VERSION_WITHOUT_KEY, fields=fields)
        after = await self._version_position(asked, key_marker, version_marker)
        walk: Walk[bytes] = Walk(asked.prefix, asked.delimiter, after.start, asked.limit)
        if asked.limit:
            bucket_id = asked.bucket.record.id
            merged = await MergedVersions.open(self._index, bucket_id, asked.prefix, after.key, after.sequence)
            try:
                await merged.feed(walk)
            finally:
                merged.close()
        fragments = [asked.element("Prefix", asked.prefix), asked.element("KeyMarker", key_marker)]
        fragments.append(xml_out.element("VersionIdMarker", version_marker))
        if walk.is_truncated and walk.last is not None:
            fragments += _next_version(asked, walk)
        fragments += _common(asked, "MaxKeys", walk)
        fragments += [_version_shown(asked, entry) for entry in walk.entries]
        return xml_reply(xml_out.document("ListVersionsResult", fragments + _prefixes(asked, walk)))

    async def _version_position(self, asked: Request, key: bytes, version: str) -> _After:
        """Where the page begins: behind all of a key, or behind one version of it.

        The null version has no position in its id. When it is gone meanwhile the key is listed anew: some versions
        twice, but none skipped.
        """
        if not version:
            return _After(listing.after_marker(key, asked.prefix, asked.delimiter))
        ref = version_id.parse(version)
        place = key_space.place(asked.bucket.record.id, key)
        sequence = ref.sequence
        if ref.is_null:
            found = await self._reader.find(place, ref)
            if found is None:
                return _After(key_space.escape(key))
            sequence = found.record.sequence
        return _After(key_space.escape(key), key, sequence)

    # Uploads.

    async def list_multipart_uploads(self, call: Call) -> Reply:
        asked = _request(call, "max-uploads")
        key_marker = call.query.get("key-marker", "").encode("utf-8")
        upload_marker = call.query.get("upload-id-marker", "") if key_marker else ""
        start = listing.after_marker(key_marker, asked.prefix, asked.delimiter)
        if upload_marker:
            start = key_space.escape(key_marker) + _upload_marker(upload_marker) + b"\0"
        walk: Walk[bytes] = Walk(asked.prefix, asked.delimiter, start, asked.limit)
        if asked.limit:
            await self._run(asked, key_space.UPLOAD, walk, key_space.ID_BYTES)
        fragments = [
            xml_out.element("Bucket", asked.bucket.record.name),
            asked.element("KeyMarker", key_marker),
            xml_out.element("UploadIdMarker", upload_marker),
        ]
        if walk.is_truncated and walk.last is not None:
            fragments.append(asked.element("NextKeyMarker", listing.token_position(walk.last)[1]))
            shown = walk.last.position[-key_space.ID_BYTES :].hex() if isinstance(walk.last, Entry) else ""
            fragments.append(xml_out.element("NextUploadIdMarker", shown))
        fragments.append(asked.element("Prefix", asked.prefix))
        fragments += _common(asked, "MaxUploads", walk)[1:]
        fragments += [_upload_shown(asked, entry) for entry in walk.entries]
        return xml_reply(xml_out.document("ListMultipartUploadsResult", fragments + _prefixes(asked, walk)))


class _After(NamedTuple):
    """Where a page of versions begins; with `sequence` only versions of `key` older than that count."""

    start: bytes
    key: bytes = b""
    sequence: int | None = None


async def _feed(walk: Walk[bytes], cursor: IndexCursor, head: bytes, tail: int) -> None:
    cut, end = len(head), -2 - tail
    while True:
        rows = await cursor.take(walk.want)
        if not walk.feed([_entry(row, cut, end) for row in rows]):
            return
        if walk.seek is not None:
            await cursor.seek(head + walk.seek)


def _entry(row: Row, cut: int, end: int) -> Entry[bytes]:
    """`end` cuts the escape's end mark and what follows the key."""
    position = row[0][cut:]
    key = position[:end]
    return Entry(position, key.replace(b"\0\xff", b"\0") if b"\0" in key else key, row[1])


def _request(call: Call, limit_name: str) -> Request:
    query = call.query
    limit, echo = listing.page_limit(query.get(limit_name), limit_name)
    return Request(
        bucket_of(call),
        query.get("prefix", "").encode("utf-8"),
        query.get("delimiter", "").encode("utf-8"),
        limit,
        echo,
        listing.check_encoding(query.get("encoding-type")),
    )


def url_encoded(key: bytes) -> bytes:
    """`encoding-type=url`: percent-encoded with a space as `+`; `/` stands for itself."""
    return quote_plus(key, safe="/").encode("ascii")


def _upload_marker(text: str) -> bytes:
    try:
        return multipart_rules.parse_upload_id(text)
    except S3Error as error:
        fields = {"ArgumentName": "upload-id-marker", "ArgumentValue": text}
        raise S3Error("InvalidArgument", "Invalid uploadId marker", fields=fields) from error


def _common(asked: Request, limit_element: str, walk: Walk[bytes]) -> list[bytes]:
    fragments = [xml_out.element("Name", asked.bucket.record.name), xml_out.element(limit_element, asked.echo)]
    if asked.delimiter:
        fragments.append(asked.element("Delimiter", asked.delimiter))
    if asked.encodes:
        fragments.append(b"<EncodingType>url</EncodingType>")
    fragments.append(xml_out.element("IsTruncated", walk.is_truncated))
    return fragments


def _prefixes(asked: Request, walk: Walk[bytes]) -> list[bytes]:
    return [b"<CommonPrefixes><Prefix>%b</Prefix></CommonPrefixes>" % asked.text(prefix) for prefix in walk.prefixes]


def _objects_shown(asked: Request, walk: Walk[bytes], *, shows_owner: bool) -> list[bytes]:
    shown = []
    for entry in walk.entries:
        record = record_codec.decode_object(entry.value)
        shown.append(_contents(asked, entry.key, record, _owner(record) if shows_owner else b""))
    return shown


def _owner(record: ObjectRecord) -> bytes:
    return xml_out.owner(record.owner, record.owner_name)


def _contents(asked: Request, key: bytes, record: ObjectRecord, owner: bytes) -> bytes:
    value = record.checksum
    checksum = b""
    if value is not None:
        algorithm = value.algorithm.encode("ascii")
        checksum = b"<ChecksumAlgorithm>%b</ChecksumAlgorithm><ChecksumType>%b</ChecksumType>" % (
            algorithm,
            value.type.encode("ascii"),
        )
    return (
        b"<Contents><Key>%b</Key><LastModified>%b</LastModified><ETag>&quot;%b&quot;</ETag>%b<Size>%d</Size>"
        b"%b<StorageClass>%b</StorageClass></Contents>"
    ) % (
        asked.text(key),
        xml_out.timestamp(record.mtime_ms).encode("ascii"),
        record.etag.encode("ascii"),
        checksum,
        record.size,
        owner,
        record.storage_class.encode("ascii"),
    )


def _version_shown(asked: Request, entry: Entry[bytes]) -> bytes:
    """The first byte of the value tells whether the row was a head (`MergedVersions`)."""
    record = record_codec.decode_object(entry.value[1:])
    is_latest = b"true" if entry.value[:1] == MergedVersions.HEAD else b"false"
    shown = version_id.text(record.sequence, record.version_tail).encode("ascii")
    common = b"<Key>%b</Key><VersionId>%b</VersionId><IsLatest>%b</IsLatest><LastModified>%b</LastModified>" % (
        asked.text(entry.key),
        shown,
        is_latest,
        xml_out.timestamp(record.mtime_ms).encode("ascii"),
    )
    if record.kind == "marker":
        return b"<DeleteMarker>%b%b</DeleteMarker>" % (common, _owner(record))
    checksum = b""
    if record.checksum is not None:
        checksum = xml_out.element("ChecksumAlgorithm", record.checksum.algorithm)
        checksum += xml_out.element("ChecksumType", record.checksum.type)
    return b"<Version>%b<ETag>&quot;%b&quot;</ETag>%b<Size>%d</Size>%b<StorageClass>%b</StorageClass></Version>" % (
        common,
        record.etag.encode("ascii"),
        checksum,
        record.size,
        _owner(record),
        record.storage_class.encode("ascii"),
    )


def _next_version(asked: Request, walk: Walk[bytes]) -> list[bytes]:
    last = walk.last
    if not isinstance(last, Entry):
        return [asked.element("NextKeyMarker", last.prefix if last is not None else b"")]
    record = record_codec.decode_object(last.value[1:])
    shown = version_id.text(record.sequence, record.version_tail)
    return [asked.element("NextKeyMarker", last.key), xml_out.element("NextVersionIdMarker", shown)]


def _upload_shown(asked: Request, entry: Entry[bytes]) -> bytes:
    upload = record_codec.decode_upload(entry.value)
    return xml_out.wrap(
        "Upload",
        asked.element("Key", entry.key),
        xml_out.element("UploadId", upload.upload_id),
        xml_out.owner(upload.initiator_arn, upload.initiator_name, name="Initiator"),
        xml_out.owner(upload.owner, upload.owner_name),
        xml_out.element("StorageClass", upload.storage_class),
        xml_out.element("Initiated", xml_out.timestamp(upload.initiated_ms)),
        xml_out.optional("ChecksumAlgorithm", upload.checksum_algorithm),
        xml_out.optional("ChecksumType", upload.checksum_type if upload.checksum_algorithm else ""),
    )
