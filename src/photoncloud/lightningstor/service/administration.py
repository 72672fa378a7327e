"""What an operator does that S3 has no words for: facts, buckets, usage, keys, explanations, jobs, website hosts.

Nothing here knows gRPC. Whoever calls has authenticated the operator and decided `photon:lightningstor:<Method>`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from photoncloud.backends.auth.iam.principal import Credential, local_account
from photoncloud.backends.auth.local import CreatedKey
from photoncloud.lightningstor.core import key_space, record_codec, zone_lines
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.core.version_id import NULL_REF, VersionRef
from photoncloud.lightningstor.core.versioning import Usage
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.ports import BlobStore, Index
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory
from photoncloud.lightningstor.service.buckets import Buckets
from photoncloud.lightningstor.service.expirer import Expirer
from photoncloud.lightningstor.service.explain import Explanations, Refusal
from photoncloud.lightningstor.service.jobs import Job, JobRequest, Jobs
from photoncloud.lightningstor.service.lifecycle_walk import Action
from photoncloud.lightningstor.service.objects import Deletion, Objects
from photoncloud.lightningstor.service.usage import UsageLedger

PAGE_LIMIT = 1000
DEFAULT_ACCOUNT = "default"
_PAGE_ROWS = 256


class KeyAdministration(Protocol):
    """The local auth adapter's side of creating keys."""

    async def list_keys(self) -> list[Credential]: ...

    async def create_key(self, user: str, now_ns: int, *, account: str = ..., policy: str = ...) -> CreatedKey: ...

    async def set_key_enabled(self, access_key_id: str, is_enabled: bool) -> bool: ...

    async def delete_key(self, access_key_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What does not change while the server runs."""

    version: str
    component_id: str
    mode: str
    stage: str
    backends: dict[str, str]
    data_dir: str
    metadata_path: str
    started_ms: int
    features: dict[str, bool]
    region: str
    website_domain: str
    website_hosts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What administration works on."""

    index: Index
    blobs: BlobStore
    directory: BucketDirectory
    buckets: Buckets
    objects: Objects
    usage: UsageLedger
    keys: KeyAdministration
    explanations: Explanations
    expirer: Expirer
    jobs: Jobs
    now_ns: Callable[[], int]
    random_bytes: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class BucketFacts:
    record: BucketRecord
    usage: Usage
    has_website: bool


class Administration:
    def __init__(self, facts: ServerFacts, around: Surroundings) -> None:
        self.facts = facts
        self._around = around

    @property
    def jobs(self) -> Jobs:
        return self._around.jobs

    def free_bytes(self) -> int:
        return self._around.blobs.free_bytes()

    # Buckets.

    async def list_buckets(self, prefix: str, start_after: str, limit: int) -> tuple[list[BucketFacts], bool]:
        """A page in name order and whether there is more."""
        limit = min(limit or PAGE_LIMIT, PAGE_LIMIT)
        found: list[BucketFacts] = []
        async for record in self._records():
            if record.name > start_after and record.name.startswith(prefix):
                if len(found) == limit:
                    return found, True
                found.append(await self._facts_of(record))
        return found, False

    async def _facts_of(self, record: BucketRecord) -> BucketFacts:
        bucket = await self._around.directory.get(record.name)
        has_website = bucket is not None and "website" in bucket.documents
        return BucketFacts(record, self._around.usage.of(record.id), has_website)

    async def create_bucket(self, name: str, account: str, *, object_lock: bool) -> BucketFacts:
        """Raises S3Error InvalidBucketName, BucketAlreadyExists, NotImplemented (object lock is off)."""
        owner = local_account(account or DEFAULT_ACCOUNT)
        record = BucketRecord(
            name=name,
            id=self._around.random_bytes(key_space.BUCKET_ID_BYTES),
            owner=owner.canonical_id,
            owner_name=owner.display_name or owner.name,
            account_id=owner.account_id,
            region=self.facts.region,
            created_ms=self._around.now_ns() // 1_000_000,
            versioning="Enabled" if object_lock else "",
            lock_enabled=object_lock,
        )
        if object_lock and not (self.facts.features["versioning"] and self.facts.features["object_lock"]):
            raise S3Error("NotImplemented", "Object lock is disabled on this server (features.versioning = false)")
        await self._around.buckets.add(record)
        return await self._facts_of(record)

    async def delete_bucket(self, name: str, *, force: bool) -> int:
        """How many versions were removed with it. Raises S3Error NoSuchBucket, BucketNotEmpty, AccessDenied (lock)."""
        bucket = await self._bucket(name)
        removed = await self._empty(bucket) if force else 0
        await self._around.buckets.remove(await self._bucket(name))
        return removed

    async def _empty(self, bucket: Bucket) -> int:
        """Remove every version; the first one under lock ends it, with everything locked still there."""
        removed = 0
        for family in (key_space.VERSION, key_space.CURRENT, key_space.MARKER):
            cursor = await self._around.index.cursor(*key_space.bucket_rows(family, bucket.record.id))
            try:
                while rows := await cursor.take(_PAGE_ROWS):
                    for row in rows:
                        record = record_codec.decode_object(row.value)
                        place = row.key[1:-8] if family == key_space.VERSION else row.key[1:]
                        key = key_space.unescape(place[key_space.BUCKET_ID_BYTES :])
                        ref = VersionRef(record.sequence, record.version_tail) if record.version_tail else NULL_REF
                        await self._around.objects.delete(bucket, key, Deletion(ref=ref))
                        removed += 1
            finally:
                cursor.close()
        return removed

    async def _bucket(self, name: str) -> Bucket:
        bucket = await self._around.directory.get(name)
        if bucket is None:
            raise S3Error("NoSuchBucket", fields={"BucketName": name})
        return bucket

    async def _records(self) -> AsyncIterator[BucketRecord]:
        cursor = await self._around.index.cursor(*key_space.BUCKETS)
        try:
            while rows := await cursor.take(_PAGE_ROWS):
                for row in rows:
                    yield record_codec.decode_bucket(row.value)
        finally:
            cursor.close()

    # Jobs.

    async def start_job(self, request: JobRequest) -> Job:
        """Raises S3Error NoSuchBucket, InvalidArgument (unknown kind), OperationAborted (one runs)."""
        if request.bucket:
            await self._bucket(request.bucket)
        return self._around.jobs.start(request)

    # Usage.

    async def usage(self, bucket: str) -> list[tuple[str, Usage]]:
        """Totals by bucket; of one when `bucket` names it. Raises S3Error NoSuchBucket."""
        if bucket:
            record = (await self._bucket(bucket)).record
            return [(record.name, self._around.usage.of(record.id))]
        return [(record.name, self._around.usage.of(record.id)) async for record in self._records()]

    # Keys.

    async def list_keys(self) -> list[Credential]:
        return await self._around.keys.list_keys()

    async def create_key(self, user: str, account: str, policy: str) -> tuple[CreatedKey, Credential]:
        """Raises PhotonError `bad-name`, `bad-policy`."""
        options = {"account": account or DEFAULT_ACCOUNT, "policy": policy or "readwrite"}
        created = await self._around.keys.create_key(user, self._around.now_ns(), **options)
        return created, await self.key(created.access_key_id)

    async def key(self, access_key_id: str) -> Credential:
        """Raises S3Error InvalidAccessKeyId."""
        for credential in await self._around.keys.list_keys():
            if credential.access_key_id == access_key_id:
                return credential
        raise S3Error("InvalidAccessKeyId", fields={"AWSAccessKeyId": access_key_id})

    async def set_key_enabled(self, access_key_id: str, *, is_enabled: bool) -> Credential:
        """Raises S3Error InvalidAccessKeyId for a key that was not created here."""
        if not await self._around.keys.set_key_enabled(access_key_id, is_enabled):
            raise S3Error("InvalidAccessKeyId", fields={"AWSAccessKeyId": access_key_id})
        return await self.key(access_key_id)

    async def delete_key(self, access_key_id: str) -> None:
        """Raises S3Error InvalidAccessKeyId for a key that was not created here."""
        if not await self._around.keys.delete_key(access_key_id):
            raise S3Error("InvalidAccessKeyId", fields={"AWSAccessKeyId": access_key_id})

    # Explanations, lifecycle, websites.

    def explain(self, request_id: str) -> Refusal | None:
        return self._around.explanations.find(request_id)

    async def dry_run(self, name: str, at_ms: int) -> AsyncIterator[Action]:
        """What lifecycle would do at `at_ms` (0: now). Raises S3Error NoSuchBucket."""
        bucket = await self._bucket(name)
        async for action in self._around.expirer.dry_run(bucket, at_ms or self._around.now_ns() // 1_000_000):
            yield action

    async def export_websites(self, format_name: str, target: str) -> tuple[str, int]:
        """Zone lines or JSON for every website host, and how many. Raises S3Error InvalidArgument."""
        hosts = [(host, bucket) for host, bucket in self.facts.website_hosts.items() if await self._has_website(bucket)]
        async for record in self._records():
            if (await self._facts_of(record)).has_website:
                hosts += [(host, record.name) for host in self._hosts(record.name)]
        hosts = sorted(set(hosts))
        try:
            if format_name == "zone":
                return zone_lines.zone_lines((host for host, _ in hosts), target), len(hosts)
            if format_name == "json":
                return zone_lines.json_lines(hosts, target), len(hosts)
        except ValueError as error:
            raise S3Error("InvalidArgument", f"target: {error}") from error
        raise S3Error("InvalidArgument", f"unknown format {format_name!r}; zone or json")

    async def _has_website(self, name: str) -> bool:
        bucket = await self._around.directory.get(name)
        return bucket is not None and "website" in bucket.documents

    def _hosts(self, bucket: str) -> list[str]:
        """The host names a bucket answers to: its own when it is a domain name, and its label below the domain."""
        found = [bucket] if "." in bucket else []
        return [*found, f"{bucket}.{self.facts.website_domain}"] if self.facts.website_domain else found
