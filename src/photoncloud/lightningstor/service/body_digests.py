"""Digests of bytes that are stored already: copies show the MD5 of all bytes, and the checksum that was asked for."""

from __future__ import annotations

from contextlib import aclosing

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.encryption_request import CustomerKey
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.transaction import Compare, Put, Transaction
from photoncloud.lightningstor.errors import CommitLost
from photoncloud.lightningstor.ports import HashPool, Index
from photoncloud.lightningstor.service.body_output import BodyOutput

MD5 = "MD5"
CRC64 = "CRC64NVME"


class BodyDigests:
    def __init__(self, index: Index, output: BodyOutput, hashes: HashPool) -> None:
        self._index = index
        self._output = output
        self._hashes = hashes

    async def of_range(
        self,
        record: ObjectRecord,
        offset: int,
        length: int,
        algorithms: frozenset[str],
        customer: CustomerKey | None = None,
    ) -> dict[str, bytes]:
        """Digests of a run of an object's plain bytes, by algorithm. Reads what the record does not tell."""
        known = known_digests(record) if length == record.size else {}
        if algorithms <= known.keys():
            return known
        if length == record.size and algorithms - known.keys() == {MD5}:
            kept = await self._kept_md5(record)
            if kept is not None:
                return {**known, MD5: kept}
        digester = self._hashes.digester(algorithms)
        async with aclosing(self._output.plain(record, offset, length, customer)) as pieces:
            async for piece in pieces:
                await digester.update([piece])
        digests = digester.finish()
        if length == record.size and MD5 in algorithms:
            await self._keep_md5(record, digests[MD5])
        return {**known, **digests}

    async def _kept_md5(self, record: ObjectRecord) -> bytes | None:
        if record.body.kind != "multipart":
            return None
        row = await self._index.get(key_space.segments(record.body.id, key_space.BODY_DIGEST_NUMBER))
        return None if row is None else row.value

    async def _keep_md5(self, record: ObjectRecord, md5: bytes) -> None:
        """Remember the MD5 of a multipart body beside its segments, so that the next copy need not read it."""
        if record.body.kind != "multipart":
            return
        first = await self._index.get(key_space.segments(record.body.id, 0))
        if first is None:
            return
        kept = Put(key_space.segments(record.body.id, key_space.BODY_DIGEST_NUMBER), md5)
        try:
            await self._index.commit(Transaction((Compare(first.key, first.revision),), (kept,)))
        except CommitLost:
            return  # the body was collected meanwhile


def known_digests(record: ObjectRecord) -> dict[str, bytes]:
    """What a record tells about all of its bytes."""
    known: dict[str, bytes] = {}
    is_opaque = record.encryption is not None and record.encryption.has_customer_key
    if "-" not in record.etag and not is_opaque:
        known[MD5] = bytes.fromhex(record.etag)
    if record.crc64nvme:
        known[CRC64] = record.crc64nvme
    if record.checksum is not None and record.checksum.type == "FULL_OBJECT":
        known[record.checksum.algorithm] = record.checksum.value
    return known
