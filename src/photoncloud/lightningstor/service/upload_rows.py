"""Unfinished uploads and their parts in the index, and the loop that changes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from photoncloud.lightningstor.core import key_space, multipart_rules, record_codec
from photoncloud.lightningstor.core.multipart_rules import ChecksumChoice, no_such_upload
from photoncloud.lightningstor.core.plan_complete import UploadRow
from photoncloud.lightningstor.core.records import PartRecord, UploadRecord
from photoncloud.lightningstor.core.transaction import Transaction
from photoncloud.lightningstor.core.versioning import Place
from photoncloud.lightningstor.errors import CommitLost, S3Error
from photoncloud.lightningstor.ports import Durability, Index
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.collaborators import bucket_of
from photoncloud.lightningstor.service.commits import COMMIT_ATTEMPTS, Commits

_SCAN_ROWS = 512


class UploadState(NamedTuple):
    """An upload and all its parts, of one snapshot."""

    upload: UploadRow
    parts: dict[int, PartRecord]


class UploadRows:
    def __init__(self, index: Index, commits: Commits) -> None:
        self._index = index
        self._commits = commits

    async def get(self, place: bytes, upload_id: bytes) -> UploadRow | None:
        row = await self._index.get(key_space.upload(place, upload_id))
        return None if row is None else UploadRow(record_codec.decode_upload(row.value), row.revision, upload_id)

    async def of_call(self, call: Call) -> UploadRow:
        """The upload a request names by `uploadId`. Raises S3Error NoSuchUpload."""
        text = call.query.get("uploadId", "")
        place = key_space.place(bucket_of(call).record.id, call.key)
        upload = await self.get(place, multipart_rules.parse_upload_id(text))
        if upload is None:
            raise no_such_upload(text)
        return upload

    async def with_part(
        self, place: bytes, upload_id: bytes, number: int
    ) -> tuple[UploadRow, tuple[PartRecord, int] | None]:
        """An upload with one of its parts and that row's revision. Raises S3Error NoSuchUpload."""
        row, part = await self._index.get_many((key_space.upload(place, upload_id), key_space.part(upload_id, number)))
        if row is None:
            raise no_such_upload(upload_id.hex())
        upload = UploadRow(record_codec.decode_upload(row.value), row.revision, upload_id)
        return upload, None if part is None else (record_codec.decode_part(part.value), part.revision)

    async def state(self, place: bytes, upload_id: bytes) -> UploadState | None:
        """An upload with all its parts; None when it is finished, aborted or never was."""
        upload_key = key_space.upload(place, upload_id)
        cursors = await self._index.cursors(
            [(upload_key, key_space.prefix_end(upload_key)), key_space.parts(upload_id)]
        )
        try:
            rows = await cursors[0].take(1)
            if not rows:
                return None
            parts: dict[int, PartRecord] = {}
            while batch := await cursors[1].take(_SCAN_ROWS):
                for row in batch:
                    part = record_codec.decode_part(row.value)
                    parts[part.number] = part
        finally:
            for cursor in cursors:
                cursor.close()
        return UploadState(UploadRow(record_codec.decode_upload(rows[0].value), rows[0].revision, upload_id), parts)

    async def change(
        self,
        bucket: Bucket,
        key: bytes,
        plan: Callable[[Place], Awaitable[Transaction]],
        durability: Durability | None = None,
    ) -> None:
        """Commit what `plan` makes of the present state; it is called anew after every lost race.

        Raises what `plan` raises, S3Error SlowDown, NoSuchBucket, OutOfSpace; IndexUnavailable when the outcome may be
        unknown.
        """
        place = await self._commits.living(bucket, key)
        for _ in range(COMMIT_ATTEMPTS):
            transaction = await plan(place)
            try:
                await self._index.commit(transaction, durability=durability)
            except CommitLost:
                place = await self._commits.renewed(place, bucket)
            else:
                return
        raise S3Error("SlowDown")


def choice_of(record: UploadRecord) -> ChecksumChoice:
    return ChecksumChoice(record.checksum_algorithm, record.checksum_type)
