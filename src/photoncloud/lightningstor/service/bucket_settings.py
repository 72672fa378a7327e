"""Configuration of a bucket: one handler for each sub-resource that is stored.

A document is validated, then kept as the client will read it back; one transaction compares the bucket's record, so
that a configuration never outlives a bucket deleted meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from photoncloud.lightningstor.core import (
    acl,
    bucket_encryption,
    cors,
    key_space,
    lifecycle,
    notification,
    object_lock_document,
    public_access,
    record_codec,
    tagging,
    versioning_document,
    website,
    xml_in,
    xml_out,
)
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.records import BucketRecord, Grant
from photoncloud.lightningstor.core.versioning_document import Versioning
from photoncloud.lightningstor.errors import CommitLost, S3Error
from photoncloud.lightningstor.ports import Compare, Delete, Index, Put, Transaction
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.documents import ReadDocument, xml_reply

VERSIONING_DISABLED = "Versioning is disabled on this server (features.versioning = false)"
LIFECYCLE_DISABLED = "Lifecycle is disabled on this server (features.lifecycle = false)"
WEBSITE_DISABLED = "Websites are disabled on this server (features.website = false)"
ENCRYPTION_DISABLED = "Server-side encryption is disabled on this server (features.sse = false)"
KEPT_BYTES_MAX = 512 * 1024
"""Of one document as it is kept: escaping may make it longer than it came, and the index takes rows of 1 MiB. S3's own
documents end at 64 KiB (CORS) or a thousand short rules (lifecycle)."""
_LOCK_FORBIDS_SUSPENSION = (
    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
)
_LOCK_NEEDS_VERSIONING = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
_NO_LOCK_CONFIGURATION = "Object Lock configuration does not exist for this bucket"
_UNREACHABLE = "Unable to validate the following destination configurations"


TestEvents = Callable[[Call, notification.Notifications], tuple[Put, ...]]
"""Outbox rows that tell every destination of a configuration that it was chosen."""


@dataclass(frozen=True, slots=True)
class Features:
    """Which switchable features this server offers."""

    versioning: bool
    lifecycle: bool
    object_lock: bool
    website: bool
    encryption: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the handlers ask others: bodies, accounts for ACLs, policy validation, event destinations, new rule ids."""

    read_document: ReadDocument
    find_email: acl.ResolveEmail
    find_id: acl.ResolveId
    check_policy: Callable[[bytes, str], None]
    """Validate a bucket policy for a bucket of this name. Raises S3Error MalformedPolicy."""
    serves_target: Callable[[str], bool]
    new_id: Callable[[int], str]
    test_events: TestEvents


class BucketSettings:
    def __init__(
        self, index: Index, directory: BucketDirectory, features: Features, surroundings: Surroundings
    ) -> None:
        self._index = index
        self._directory = directory
        self._features = features
        self._around = surroundings

    def handlers(self) -> dict[str, Handler]:
        return {
            "GetBucketPolicy": self.get_policy,
            "PutBucketPolicy": self.put_policy,
            "DeleteBucketPolicy": self._deleter("policy"),
            "GetBucketPolicyStatus": self.get_policy_status,
            "GetBucketCors": self._getter("cors", "NoSuchCORSConfiguration"),
            "PutBucketCors": self._putter("cors", lambda body: cors.to_xml(cors.parse(body))),
            "DeleteBucketCors": self._deleter("cors"),
            "GetBucketTagging": self._getter("tagging", "NoSuchTagSet"),
            "PutBucketTagging": self._putter("tagging", _bucket_tags, 204),
            "DeleteBucketTagging": self._deleter("tagging"),
            "GetBucketWebsite": self._getter("website", "NoSuchWebsiteConfiguration"),
            "PutBucketWebsite": self.put_website,
            "DeleteBucketWebsite": self._deleter("website"),
            "GetBucketLifecycleConfiguration": self._getter("lifecycle", "NoSuchLifecycleConfiguration"),
            "PutBucketLifecycleConfiguration": self.put_lifecycle,
            "DeleteBucketLifecycle": self._deleter("lifecycle"),
            "GetBucketEncryption": self._getter("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
            "PutBucketEncryption": self.put_encryption,
            "DeleteBucketEncryption": self._deleter("encryption"),
            "GetPublicAccessBlock": self._getter("public-access", "NoSuchPublicAccessBlockConfiguration"),
            "PutPublicAccessBlock": self._putter(
                "public-access", lambda body: public_access.block_xml(public_access.parse_block(body))
            ),
            "DeletePublicAccessBlock": self._deleter("public-access"),
            "GetBucketOwnershipControls": self.get_ownership,
            "PutBucketOwnershipControls": self.put_ownership,
            "DeleteBucketOwnershipControls": self.delete_ownership,
            "GetBucketVersioning": self.get_versioning,
            "PutBucketVersioning": self.put_versioning,
            "GetBucketAcl": self.get_acl,
            "PutBucketAcl": self.put_acl,
            "GetObjectLockConfiguration": self.get_object_lock,
            "PutObjectLockConfiguration": self.put_object_lock,
            "GetBucketNotificationConfiguration": self.get_notification,
            "PutBucketNotificationConfiguration": self.put_notification,
        }

    # Documents that are stored as they are read back.

    def _getter(self, kind: str, absent: str) -> Handler:
        async def get(call: Call) -> Reply:
            return xml_reply(_stored(call, kind, absent))

        return get

    def _putter(self, kind: str, normalise: Callable[[bytes], bytes], status: int = 200) -> Handler:
        async def put(call: Call) -> Reply:
            await self._store(call, kind, normalise(await self._around.read_document(call)))
            return Reply(status)

        return put

    def _deleter(self, kind: str) -> Handler:
        async def delete(call: Call) -> Reply:
            bucket = _bucket(call)
            if kind in bucket.documents:
                await self._commit(bucket, Delete(key_space.bucket_document(bucket.record.id, kind)))
            return Reply(204)

        return delete

    async def _store(self, call: Call, kind: str, document: bytes) -> None:
        bucket = _bucket(call)
        await self._commit(bucket, Put(key_space.bucket_document(bucket.record.id, kind), document))

    async def _store_record(self, bucket: Bucket, record: BucketRecord, *more: Put | Delete) -> None:
        row = key_space.bucket(record.name)
        await self._commit(bucket, Put(row, record_codec.encode(record)), *more)

    async def _store_versioning(self, bucket: Bucket, record: BucketRecord) -> None:
        """Store a record whose versioning or lock changed.

        The "lives" row is rewritten with it, so that a write planned under the old state loses its race and is
        planned anew: nothing that was acknowledged before can be replaced by a request that did not know better.
        """
        if not bucket.lives_revision:
            raise S3Error("OperationAborted")
        lives = key_space.lives(record.id)
        await self._commit(
            bucket,
            Put(key_space.bucket(record.name), record_codec.encode(record)),
            Put(lives, key_space.ALIVE),
            compares=(Compare(lives, bucket.lives_revision),),
        )

    async def _commit(self, bucket: Bucket, *changes: Put | Delete, compares: tuple[Compare, ...] = ()) -> None:
        """Apply when the bucket's record is as it was read.

        Raises S3Error OperationAborted when it changed, MalformedXML when a document is too long to be kept.
        """
        if any(isinstance(change, Put) and len(change.value) > KEPT_BYTES_MAX for change in changes):
            raise S3Error("MalformedXML")
        compare = Compare(key_space.bucket(bucket.record.name), bucket.revision)
        try:
            await self._index.commit(Transaction((compare, *compares), changes))
        except CommitLost as error:
            raise S3Error("OperationAborted") from error
        finally:
            self._directory.forget(bucket.record.name)

    # Policy.

    async def get_policy(self, call: Call) -> Reply:
        return Reply(200, [(b"content-type", b"application/json")], _stored(call, "policy", "NoSuchBucketPolicy"))

    async def put_policy(self, call: Call) -> Reply:
        policy = await self._around.read_document(call)
        bucket = _bucket(call)
        self._around.check_policy(policy, bucket.record.name)
        block = public_access_block(bucket)
        if block.block_public_policy and public_access.is_policy_public(policy):
            raise S3Error("AccessDenied")
        await self._store(call, "policy", policy)
        return Reply(204)

    async def get_policy_status(self, call: Call) -> Reply:
        policy = _stored(call, "policy", "NoSuchBucketPolicy")
        return xml_reply(public_access.status_xml(is_public=public_access.is_policy_public(policy)))

    # Website, encryption and lifecycle: behind a switch.

    async def put_website(self, call: Call) -> Reply:
        document = await self._around.read_document(call)
        _require(self._features.website, WEBSITE_DISABLED)
        website.parse(document)
        await self._store(call, "website", document)
        return Reply()

    async def put_encryption(self, call: Call) -> Reply:
        document = await self._around.read_document(call)
        _require(self._features.encryption, ENCRYPTION_DISABLED)
        await self._store(call, "encryption", bucket_encryption.to_xml(bucket_encryption.parse(document)))
        return Reply()

    async def put_lifecycle(self, call: Call) -> Reply:
        document = await self._around.read_document(call)
        _require(self._features.lifecycle, LIFECYCLE_DISABLED)
        rules = lifecycle.parse(document, self._around.new_id)
        await self._store(call, "lifecycle", lifecycle.to_xml(rules))
        return Reply()

    # Ownership and ACL.

    async def get_ownership(self, call: Call) -> Reply:
        ownership = _bucket(call).record.ownership
        if not ownership:
            raise S3Error("OwnershipControlsNotFoundError")
        return xml_reply(public_access.ownership_xml(ownership))

    async def put_ownership(self, call: Call) -> Reply:
        ownership = public_access.parse_ownership(await self._around.read_document(call))
        bucket = _bucket(call)
        public_access.check_ownership_allowed(ownership, bucket.record.grants, bucket.record.owner)
        await self._store_record(bucket, _changed(bucket.record, ownership=ownership))
        return Reply()

    async def delete_ownership(self, call: Call) -> Reply:
        bucket = _bucket(call)
        if bucket.record.ownership:
            await self._store_record(bucket, _changed(bucket.record, ownership=""))
        return Reply(204)

    async def get_acl(self, call: Call) -> Reply:
        record = _bucket(call).record
        return xml_reply(acl.to_xml(record.owner, record.owner_name, record.grants))

    async def put_acl(self, call: Call) -> Reply:
        bucket = _bucket(call)
        grants = await self._grants(call, bucket.record)
        public_access.check_acl_allowed(bucket.record.ownership, grants, bucket.record.owner)
        if public_access_block(bucket).block_public_acls and acl.is_public(grants):
            raise S3Error("AccessDenied")
        await self._store_record(bucket, _changed(bucket.record, grants=grants, canned_acl=""))
        return Reply()

    async def _grants(self, call: Call, record: BucketRecord) -> tuple[Grant, ...]:
        document = await self._around.read_document(call)
        owner = (record.owner, record.owner_name)
        given = acl.from_headers(acl_headers(call), *owner, *owner, self._around.find_email, self._around.find_id)
        if given is not None and document:
            raise S3Error("UnexpectedContent")
        if given is not None:
            return given
        return acl.from_xml(document, record.owner, self._around.find_email, self._around.find_id)

    # Versioning and object lock.

    async def get_versioning(self, call: Call) -> Reply:
        record = _bucket(call).record
        found = Versioning(record.versioning, record.unversioned_prefixes, record.unversioned_folders)
        return xml_reply(versioning_document.to_xml(found))

    async def put_versioning(self, call: Call) -> Reply:
        wanted = versioning_document.parse(await self._around.read_document(call))
        bucket = _bucket(call)
        if wanted.status == "Enabled":
            _require(self._features.versioning, VERSIONING_DISABLED)
        elif bucket.record.lock_enabled:
            raise S3Error("InvalidBucketState", _LOCK_FORBIDS_SUSPENSION)
        changed = _changed(
            bucket.record,
            versioning=wanted.status,
            unversioned_prefixes=wanted.excluded_prefixes,
            unversioned_folders=wanted.excludes_folders,
        )
        await self._store_versioning(bucket, changed)
        return Reply()

    async def get_object_lock(self, call: Call) -> Reply:
        record = _bucket(call).record
        if not record.lock_enabled:
            raise S3Error("ObjectLockConfigurationNotFoundError", _NO_LOCK_CONFIGURATION)
        return xml_reply(object_lock_document.to_xml(record.default_lock))

    async def put_object_lock(self, call: Call) -> Reply:
        retention = object_lock_document.parse(await self._around.read_document(call))
        bucket = _bucket(call)
        _require(self._features.versioning and self._features.object_lock, VERSIONING_DISABLED)
        if bucket.record.versioning != "Enabled":
            raise S3Error("InvalidBucketState", _LOCK_NEEDS_VERSIONING)
        await self._store_versioning(bucket, _changed(bucket.record, lock_enabled=True, default_lock=retention))
        return Reply()

    # Notifications.

    async def get_notification(self, call: Call) -> Reply:
        document = _bucket(call).documents.get("notification")
        content = notification.to_xml(notification.Notifications()) if document is None else document.content
        return xml_reply(content)

    async def put_notification(self, call: Call) -> Reply:
        document = await self._around.read_document(call)
        wanted = notification.parse(document, self._around.new_id)
        bucket = _bucket(call)
        row = key_space.bucket_document(bucket.record.id, "notification")
        if wanted.is_empty:
            await self._commit(bucket, Delete(row))
            return Reply()
        news: tuple[Put, ...] = ()
        if (call.header("x-amz-skip-destination-validation") or "").lower() != "true":
            unreachable = notification.unreachable_targets(wanted, self._around.serves_target)
            if unreachable or (wanted.event_bridge and not self._around.serves_target("")):
                fields = {"ArgumentName1": ", ".join(unreachable), "ArgumentValue1": "The destination is not served"}
                raise S3Error("InvalidArgument", _UNREACHABLE, fields=fields)
            news = self._around.test_events(call, wanted)
        await self._commit(bucket, Put(row, notification.to_xml(wanted)), *news)
        return Reply()


def public_access_block(bucket: Bucket) -> public_access.PublicAccessBlock:
    """The bucket's block, or one that blocks nothing."""
    return bucket.parsed("public-access", public_access.parse_block) or public_access.NOTHING_BLOCKED


def acl_headers(call: Call) -> dict[str, str]:
    """The request's ACL fields by name."""
    names = ("x-amz-acl", *acl.GRANT_HEADERS)
    return {name: value for name in names if (value := call.header(name)) is not None}


def _bucket(call: Call) -> Bucket:
    assert call.bucket is not None, "the pipeline resolves the bucket of every bucket operation"
    return call.bucket


def _stored(call: Call, kind: str, absent: str) -> bytes:
    document = _bucket(call).documents.get(kind)
    if document is None:
        raise S3Error(absent)
    return document.content


def _require(is_offered: bool, message: str) -> None:
    if not is_offered:
        raise S3Error("NotImplemented", message)


def _changed(record: BucketRecord, **fields: Any) -> BucketRecord:
    return msgspec.structs.replace(record, **fields)


def _bucket_tags(body: bytes) -> bytes:
    tags = tagging.parse_xml(xml_in.parse(body, "Tagging"), tagging.BUCKET_TAGS)
    return xml_out.document("Tagging", [tagging.tag_set(tags)])
