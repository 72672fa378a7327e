"""Making, removing and listing buckets.

A bucket is its record and a "lives" row that every write of an object compares. DeleteBucket removes that row first,
so no write can slip in while it looks for objects, and puts it back when it finds one; meanwhile writes are told
`SlowDown`. A process that died in between left a bucket without its row: `recover` puts it back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import msgspec

from photoncloud.lightningstor.core import (
    acl,
    bucket_creation,
    key_space,
    public_access,
    record_codec,
    token,
    xml_out,
)
from photoncloud.lightningstor.core.bucket_name import LONGEST_NAME, check_bucket_name
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put, Transaction
from photoncloud.lightningstor.errors import CommitLost, S3Error
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.authorisation import Authoriser
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory
from photoncloud.lightningstor.service.bucket_settings import VERSIONING_DISABLED, acl_headers
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.documents import ReadDocument, xml_reply

LISTED_BUCKETS_LIMIT = 10_000
"""S3's bound of one page of ListBuckets, and the page size when none is asked for."""
_SCAN_ROWS = 256
_RANDOM_ID_BYTES = key_space.BUCKET_ID_BYTES
_NS_PER_MS = 1_000_000
_OBJECT_FAMILIES = (b"c", b"m", b"v")
_NOT_EMPTY_VERSIONED = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."


class Uploads(Protocol):
    async def abort_all(self, bucket: Bucket) -> None:
        """Abort every unfinished upload of a bucket that takes no writes any more."""
        ...


class Totals(Protocol):
    def forget(self, bucket_id: bytes) -> None:
        """The bucket is gone; its totals go too."""
        ...


@dataclass(frozen=True, slots=True)
class BucketRules:
    """What new buckets are like, and how many one account may own."""

    region: str
    accept_regions: tuple[str, ...]
    default_ownership: str
    """Empty: none was set."""
    block_public_access: bool
    max_per_account: int
    offers_lock: bool


@dataclass(frozen=True, slots=True)
class BucketSurroundings:
    """What the use cases ask others."""

    index: Index
    directory: BucketDirectory
    authoriser: Authoriser
    read_document: ReadDocument
    uploads: Uploads
    totals: Totals
    find_email: acl.ResolveEmail
    find_id: acl.ResolveId
    random_bytes: Callable[[int], bytes]
    token_key: bytes


class Buckets:
    """`rules` gives the present settings."""

    def __init__(self, around: BucketSurroundings, rules: Callable[[], BucketRules]) -> None:
        self._around = around
        self._index = around.index
        self._directory = around.directory
        self._rules = rules

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateBucket": self.create,
            "DeleteBucket": self.delete,
            "HeadBucket": self.head,
            "GetBucketLocation": self.location,
            "ListBuckets": self.list_buckets,
        }

    # ---- create

    async def create(self, call: Call) -> Reply:
        check_bucket_name(call.bucket_name)
        rules = self._rules()
        wanted = bucket_creation.parse(await self._around.read_document(call))
        await self._around.authoriser.confirm_location(call, wanted.location)
        record = self._draft(call, bucket_creation.region_of(wanted.location, rules.region, rules.accept_regions))
        reply = Reply(200, [(b"location", f"/{record.name}".encode())])
        existing = await self._directory.get(record.name)
        if existing is None and await self._commit_new(record, self._documents(record, wanted.tags)):
            return reply
        existing = existing or await self._directory.get(record.name)
        if existing is None:
            raise S3Error("OperationAborted")
        await self._create_again(existing, record)
        return reply

    async def add(self, record: BucketRecord) -> None:
        """A bucket an administrator makes. Raises S3Error InvalidBucketName, BucketAlreadyExists."""
        check_bucket_name(record.name)
        if not await self._commit_new(record, self._documents(record, b"")):
            raise S3Error("BucketAlreadyExists", fields={"BucketName": record.name})

    def _draft(self, call: Call, region: str) -> BucketRecord:
        """The record of a new bucket from the request's fields. Raises S3Error."""
        rules = self._rules()
        principal = call.authorised.principal
        owner = (principal.canonical_id, principal.display_name)
        asked = call.header("x-amz-object-ownership")
        ownership = rules.default_ownership if asked is None else public_access.check_ownership_header(asked)
        granted = acl.from_headers(acl_headers(call), *owner, *owner, self._around.find_email, self._around.find_id)
        grants = granted or acl.canned("private", *owner, *owner)
        public_access.check_ownership_allowed(ownership, grants, owner[0])
        if rules.block_public_access and acl.is_public(grants):
            raise S3Error("AccessDenied")
        locked = (call.header("x-amz-bucket-object-lock-enabled") or "").lower() == "true"
        if locked and not rules.offers_lock:
            raise S3Error("NotImplemented", VERSIONING_DISABLED)
        return BucketRecord(
            name=call.bucket_name,
            id=self._around.random_bytes(_RANDOM_ID_BYTES),
            owner=owner[0],
            owner_name=owner[1],
            account_id=principal.account_id,
            region=region,
            created_ms=call.now_ns // _NS_PER_MS,
            versioning="Enabled" if locked else "",
            lock_enabled=locked,
            ownership=ownership,
            grants=grants,
        )

    def _documents(self, record: BucketRecord, tags: bytes) -> list[Put]:
        documents = {"tagging": tags} if tags else {}
        if self._rules().block_public_access:
            documents["public-access"] = public_access.block_xml(public_access.ALL_BLOCKED)
        return [Put(key_space.bucket_document(record.id, kind), content) for kind, content in documents.items()]

    async def _commit_new(self, record: BucketRecord, documents: Sequence[Put]) -> bool:
        """Whether the bucket was made; False: the name is taken. Raises S3Error TooManyBuckets."""
        if await self._count_owned(record.account_id) >= self._rules().max_per_account:
            raise S3Error("TooManyBuckets")
        row, lives = key_space.bucket(record.name), key_space.lives(record.id)
        compares = (Compare(row, 0), Compare(lives, 0))
        changes = (Put(row, record_codec.encode(record)), Put(lives, key_space.ALIVE), *documents)
        try:
            await self._index.commit(Transaction(compares, changes))
        except CommitLost:
            return False
        finally:
            self._directory.forget(record.name)
        return True

    async def _create_again(self, existing: Bucket, wanted: BucketRecord) -> None:
        """A name that is taken: an error, or (in us-east-1, by its owner) only its ACL is reset."""
        record = existing.record
        if record.account_id != wanted.account_id:
            raise S3Error("BucketAlreadyExists", fields={"BucketName": record.name})
        if self._rules().region != bucket_creation.DEFAULT_REGION:
            raise S3Error("BucketAlreadyOwnedByYou", fields={"BucketName": record.name})
        public_access.check_acl_allowed(record.ownership, wanted.grants, record.owner)
        row = key_space.bucket(record.name)
        reset = msgspec.structs.replace(record, grants=wanted.grants, canned_acl="")
        try:
            changes = (Put(row, record_codec.encode(reset)),)
            await self._index.commit(Transaction((Compare(row, existing.revision),), changes))
        except CommitLost as error:
            raise S3Error("OperationAborted") from error
        finally:
            self._directory.forget(record.name)

    async def _count_owned(self, account_id: str) -> int:
        return sum([1 async for record in self.all_buckets() if record.account_id == account_id])

    # ---- delete

    async def delete(self, call: Call) -> Reply:
        assert call.bucket is not None, "the pipeline resolves the bucket of DeleteBucket"
        await self.remove(call.bucket)
        return Reply(204)

    async def remove(self, bucket: Bucket) -> None:
        """Delete an empty bucket with its documents and unfinished uploads. Raises S3Error BucketNotEmpty."""
        name = bucket.record.name
        if await self._has_objects(bucket):
            raise _not_empty(bucket)
        closed = await self._close(bucket)
        try:
            if await self._has_objects(closed):
                raise _not_empty(bucket)
            await self._around.uploads.abort_all(closed)
            await self._commit_removal(closed)
        except BaseException:
            await self._reopen(closed)
            raise
        finally:
            self._directory.forget(name)
        self._around.totals.forget(bucket.record.id)

    async def _close(self, bucket: Bucket) -> Bucket:
        """The bucket without its "lives" row: from now on no object can be written."""
        row, lives = key_space.bucket(bucket.record.name), key_space.lives(bucket.record.id)
        compares = (Compare(row, bucket.revision), Compare(lives, bucket.lives_revision))
        try:
            await self._index.commit(Transaction(compares, (Delete(lives),)))
        except CommitLost as error:
            raise S3Error("OperationAborted") from error
        finally:
            self._directory.forget(bucket.record.name)
        return Bucket(bucket.record, bucket.revision, 0, bucket.documents)

    async def _reopen(self, bucket: Bucket) -> None:
        """Put the "lives" row back, unless the bucket is gone or somebody did."""
        row, lives = key_space.bucket(bucket.record.name), key_space.lives(bucket.record.id)
        compares = (Compare(row, bucket.revision), Compare(lives, 0))
        try:
            await self._index.commit(Transaction(compares, (Put(lives, key_space.ALIVE),), makes_room=True))
        except CommitLost:
            return
        finally:
            self._directory.forget(bucket.record.name)

    async def _commit_removal(self, bucket: Bucket) -> None:
        record = bucket.record
        row, lives = key_space.bucket(record.name), key_space.lives(record.id)
        documents = [Delete(key_space.bucket_document(record.id, kind)) for kind in bucket.documents]
        compares = (Compare(row, bucket.revision), Compare(lives, 0))
        try:
            await self._index.commit(Transaction(compares, (Delete(row), *documents)))
        except CommitLost as error:
            raise S3Error("OperationAborted") from error

    async def _has_objects(self, bucket: Bucket) -> bool:
        ranges = [key_space.bucket_rows(family, bucket.record.id) for family in _OBJECT_FAMILIES]
        cursors = await self._index.cursors(ranges)
        try:
            for (start, _), cursor in zip(ranges, cursors, strict=True):
                await cursor.seek(start)
                if await cursor.take(1):
                    return True
        finally:
            for cursor in cursors:
                cursor.close()
        return False

    async def recover(self) -> list[str]:
        """Put back "lives" rows that a deletion left out when its process died; the names of those buckets."""
        reopened = []
        async for record in self.all_buckets():
            if await self._index.get(key_space.lives(record.id)) is None:
                bucket = await self._directory.get(record.name)
                if bucket is not None:
                    await self._reopen(bucket)
                    reopened.append(record.name)
        return reopened

    # ---- read

    async def head(self, call: Call) -> Reply:
        assert call.bucket is not None, "the pipeline resolves the bucket of HeadBucket"
        region = call.bucket.record.region.encode()
        fields = [(b"x-amz-bucket-region", region), (b"x-amz-access-point-alias", b"false"), xml_out.CONTENT_TYPE]
        return Reply(200, fields)

    async def location(self, call: Call) -> Reply:
        assert call.bucket is not None, "the pipeline resolves the bucket of GetBucketLocation"
        return xml_reply(bucket_creation.location_xml(call.bucket.record.region))

    async def list_buckets(self, call: Call) -> Reply:
        query = call.query
        limit = _page_size(query.get("max-buckets"))
        prefix, region = query.get("prefix", ""), query.get("bucket-region", "")
        principal = call.authorised.principal
        about = (b"ListBuckets", principal.account_id.encode(), prefix.encode(), region.encode())
        start = key_space.bucket(prefix[: LONGEST_NAME + 1])
        if "continuation-token" in query:
            _, position = token.open_token(self._around.token_key, about, query["continuation-token"])
            start = max(start, key_space.bucket(position.decode()) + b"\0")
        page: list[BucketRecord] = []
        following = ""
        async with aclosing(self._records(start)) as records:
            async for record in records:
                if not record.name.startswith(prefix):
                    break
                if record.account_id != principal.account_id or (region and record.region != region):
                    continue
                if len(page) == limit:
                    last = page[-1].name.encode()
                    following = token.seal(self._around.token_key, about, token.AFTER_KEY, last)
                    break
                page.append(record)
        fragments = [
            xml_out.owner(principal.canonical_id, principal.display_name),
            xml_out.wrap("Buckets", *(_bucket_xml(record) for record in page)),
            xml_out.optional("ContinuationToken", following),
            xml_out.optional("Prefix", prefix),
        ]
        return xml_reply(xml_out.document("ListAllMyBucketsResult", fragments))

    def all_buckets(self) -> AsyncGenerator[BucketRecord, None]:
        """Every bucket of every account, by name."""
        return self._records(key_space.BUCKETS[0])

    async def _records(self, start: bytes) -> AsyncGenerator[BucketRecord, None]:
        """Records of all accounts by name, from a row on, as of one snapshot."""
        cursor = await self._index.cursor(*key_space.BUCKETS)
        try:
            await cursor.seek(start)
            while rows := await cursor.take(_SCAN_ROWS):
                for row in rows:
                    yield record_codec.decode_bucket(row.value)
        finally:
            cursor.close()


def _not_empty(bucket: Bucket) -> S3Error:
    message = _NOT_EMPTY_VERSIONED if bucket.record.versioning else None
    return S3Error("BucketNotEmpty", message, fields={"BucketName": bucket.record.name})


def _page_size(text: str | None) -> int:
    if text is None:
        return LISTED_BUCKETS_LIMIT
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or not 1 <= int(text) <= LISTED_BUCKETS_LIMIT:
        message = f"Argument max-buckets must be an integer between 1 and {LISTED_BUCKETS_LIMIT}"
        raise S3Error("InvalidArgument", message, fields={"ArgumentName": "max-buckets", "ArgumentValue": text})
    return int(text)


def _bucket_xml(record: BucketRecord) -> bytes:
    return xml_out.wrap(
        "Bucket",
        xml_out.element("Name", record.name),
        xml_out.element("CreationDate", xml_out.timestamp(record.created_ms)),
        xml_out.element("BucketRegion", record.region),
    )
