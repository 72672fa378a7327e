"""Whose bytes a blob holds: from the references of the index back to bucket and key, for people who read reports."""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.lightningstor.core import key_space, record_codec
from photoncloud.lightningstor.ports import Index, Row

OWNERS_SHOWN = 16
"""Copies share a blob; a report names some of them."""
_SCAN_ROWS = 512


class BlobOwners:
    """Slow and exact: used only when something is damaged."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def find(self, blob: bytes) -> list[str]:
        """`bucket/key` of objects that use the blob, `upload ID` for parts that nobody completed."""
        names: dict[bytes, str] = {}
        found: list[str] = []
        for user in await self._users(key_space.TARGET_BLOB + blob):
            for owner in await self._owners(user, names):
                if owner not in found:
                    found.append(owner)
            if len(found) >= OWNERS_SHOWN:
                break
        return found[:OWNERS_SHOWN]

    async def _owners(self, user: bytes, names: dict[bytes, str]) -> list[str]:
        if user[:1] == b"v":
            return [await self._object_name(user, names)]
        body = user[1 : 1 + key_space.ID_BYTES]
        bodies = await self._users(key_space.TARGET_BODY + body)
        objects = [await self._object_name(each, names) for each in bodies if each[:1] == b"v"]
        return objects or [f"upload {body.hex()}"]

    async def _object_name(self, user: bytes, names: dict[bytes, str]) -> str:
        bucket_id, rest = user[1 : 1 + key_space.BUCKET_ID_BYTES], user[1 + key_space.BUCKET_ID_BYTES :]
        key, _ = key_space.split_escaped(rest)
        if bucket_id not in names:
            names.update(await self._bucket_names())
        return f"{names.get(bucket_id, bucket_id.hex())}/{key.decode('utf-8', 'replace')}"

    async def _users(self, target: bytes) -> list[bytes]:
        start, end = key_space.references(target)
        return [row.key[len(start) :] for row in await self._rows(start, end, OWNERS_SHOWN)]

    async def _bucket_names(self) -> dict[bytes, str]:
        start, end = key_space.BUCKETS
        records = [record_codec.decode_bucket(row.value) for row in await self._rows(start, end, 0)]
        return {record.id: record.name for record in records}

    async def _rows(self, start: bytes, end: bytes, limit: int) -> Sequence[Row]:
        """Rows of a range, at most `limit` (0: all)."""
        cursor = await self._index.cursor(start, end)
        try:
            await cursor.seek(start)
            if limit:
                return await cursor.take(limit)
            found: list[Row] = []
            while rows := await cursor.take(_SCAN_ROWS):
                found += rows
            return found
        finally:
            cursor.close()
