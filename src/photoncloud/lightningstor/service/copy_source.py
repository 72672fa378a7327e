"""Following a copy source that changes while it is copied."""

from __future__ import annotations

from photoncloud.lightningstor.core import key_space, plan_copy, version_id
from photoncloud.lightningstor.core.object_headers import ReplyHeaders, version_header
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.call import Source
from photoncloud.lightningstor.service.version_reader import VersionReader


class SourceMoved(Exception):
    """The source's row is not what was read any more: read it again and begin anew."""


async def is_unmoved(index: Index, source: Source) -> bool:
    """Whether the source's row is still what was read."""
    row = await index.get(source.row_key)
    return row is not None and row.revision == source.revision


async def renewed_source(reader: VersionReader, source: Source) -> Source:
    """The source as it is now. Raises S3Error NoSuchKey, NoSuchVersion when it is gone."""
    ref = version_id.parse(source.version_id) if source.version_id else None
    found = await reader.find(key_space.place(source.bucket.record.id, source.key), ref)
    record = plan_copy.check_source(found.record if found else None, source.key, source.version_id)
    assert found is not None, "check_source refuses what was not found"
    return Source(source.bucket, source.key, source.version_id, record, found.revision, found.row_key)


def source_version_header(source: Source) -> ReplyHeaders:
    """`x-amz-copy-source-version-id`, for sources in buckets that were ever versioned."""
    if not source.bucket.record.versioning:
        return []
    return [(b"x-amz-copy-source-version-id", version_header(source.record)[1])]
