"""What a new object, upload or copy gets besides its bytes: owner, ACL, lock, and everything its headers say."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.lightningstor.core import acl, lock, public_access
from photoncloud.lightningstor.core.object_headers import Attributes, attributes
from photoncloud.lightningstor.core.preconditions import UNCONDITIONAL, WriteConditions
from photoncloud.lightningstor.core.records import Grant, ObjectLock
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Call
from photoncloud.lightningstor.service.collaborators import Collaborators, bucket_of
from photoncloud.lightningstor.service.commits import ORDINARY, WriteOptions, write_options

_LOCK_NEEDS_DIGEST = (
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
)
_LOCK_MODE = b"x-amz-object-lock-mode"
_LOCK_UNTIL = b"x-amz-object-lock-retain-until-date"
_LEGAL_HOLD = b"x-amz-object-lock-legal-hold"


@dataclass(frozen=True, slots=True)
class Owner:
    """The account an object belongs to, and its grants; none when only the bucket's owner has a say."""

    id: str
    name: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class NewObject:
    """A new object as its request describes it. `event` names the notification it causes."""

    attributes: Attributes
    owner: Owner
    lock: ObjectLock | None
    conditions: WriteConditions = UNCONDITIONAL
    options: WriteOptions = ORDINARY
    event: str = "s3:ObjectCreated:Put"


def describe(around: Collaborators, call: Call, conditions: WriteConditions, *, has_digest: bool) -> NewObject:
    """Judge the headers of a PutObject. `has_digest`: it promises a Content-MD5 or checksum.

    Raises S3Error as `object_headers.attributes`, `lock_of`, `owner_of`.
    """
    request = call.request
    is_streaming = call.payload.mode.startswith("streaming-")
    return NewObject(
        attributes=attributes(request.fields, request.headers, is_streaming=is_streaming),
        owner=owner_of(around, call),
        lock=lock_of(call, has_digest=has_digest),
        conditions=conditions,
        options=write_options(call, is_conditional=conditions.is_conditional),
    )


def describe_posted(around: Collaborators, call: Call, own: Attributes) -> NewObject:
    """As `describe` for a browser form, whose fields stand in the place of request headers."""
    return NewObject(own, owner_of(around, call), lock_of(call, has_digest=True), event="s3:ObjectCreated:Post")


def lock_of(call: Call, *, has_digest: bool) -> ObjectLock | None:
    """The lock a new version gets. Raises S3Error InvalidRequest, InvalidArgument."""
    record, fields = bucket_of(call).record, call.request.fields
    mode, until, hold = fields.get(_LOCK_MODE), fields.get(_LOCK_UNTIL), fields.get(_LEGAL_HOLD)
    is_asked = mode is not None or until is not None or hold is not None
    if not is_asked and record.default_lock is None:
        return None
    if is_asked and not has_digest:
        raise S3Error("InvalidRequest", _LOCK_NEEDS_DIGEST)
    texts = [None if value is None else value.decode("latin-1") for value in (mode, until, hold)]
    return lock.from_headers(texts[0], texts[1], texts[2], record, call.now_ns // 1_000_000)


def owner_of(around: Collaborators, call: Call) -> Owner:
    """Owner and grants of a new object under the bucket's ownership setting.

    Raises S3Error as `acl.from_headers`; AccessControlListNotSupported; AccessDenied under BlockPublicAcls.
    """
    bucket, sent = bucket_of(call), sent_acl(call)
    record, principal = bucket.record, call.authorised.principal
    owner_id, owner_name = principal.canonical_id, principal.display_name
    is_preferred = record.ownership == "BucketOwnerPreferred" and sent.get("x-amz-acl") == "bucket-owner-full-control"
    if record.ownership == "BucketOwnerEnforced" or is_preferred:
        owner_id, owner_name = record.owner, record.owner_name
    if not sent:
        return Owner(owner_id, owner_name, _private(owner_id, owner_name, bucket))
    grants = acl.from_headers(
        sent, owner_id, owner_name, record.owner, record.owner_name, around.find_email, around.find_id
    )
    check_grants(bucket, grants or (), owner_id)
    return Owner(owner_id, owner_name, grants or ())


_ACL_FIELDS = tuple((name.encode("ascii"), name) for name in ("x-amz-acl", *acl.GRANT_HEADERS))


def sent_acl(call: Call) -> dict[str, str]:
    """The request's ACL fields by name."""
    fields = call.request.fields
    return {name: fields[raw].decode("latin-1") for raw, name in _ACL_FIELDS if raw in fields}


def _private(owner_id: str, owner_name: str, bucket: Bucket) -> tuple[Grant, ...]:
    """The default ACL is written down only where it says more than the bucket's own account may do anyway."""
    return () if owner_id == bucket.record.owner else (Grant("id", owner_id, "FULL_CONTROL", owner_name),)


def check_grants(bucket: Bucket, grants: tuple[Grant, ...], owner_id: str) -> None:
    """Raises S3Error AccessControlListNotSupported, AccessDenied when the bucket forbids this ACL."""
    public_access.check_acl_allowed(bucket.record.ownership, grants, owner_id)
    block = bucket.parsed("public-access", public_access.parse_block) or public_access.NOTHING_BLOCKED
    if block.block_public_acls and acl.is_public(grants):
        raise S3Error("AccessDenied")
