"""Table: which S3 actions a request needs, on what, and which ACL permission grants the same.

Rows follow the S3 service authorization reference. A request may need several actions (tags, ACL or lock fields on a
PUT); all must be allowed. Operations whose keys stand in the body (`DeleteObjects`, `PostObject`) need nothing here:
their handlers authorise each key. Every operation of `core.operations` has a row; a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Target = Literal["service", "bucket", "object"]


@dataclass(frozen=True, slots=True)
class Need:
    """One action on the service, the bucket or the object.

    `acl` is the permission of an access control list that grants the action too (empty: none does), looked up on
    the bucket's list or, with `object_acl`, on the object's.
    """

    action: str
    target: Target
    acl: str = ""
    object_acl: bool = False


def _service(action: str) -> tuple[Need, ...]:
    return (Need(f"s3:{action}", "service"),)


def _bucket(action: str, acl: str = "") -> tuple[Need, ...]:
    return (Need(f"s3:{action}", "bucket", acl),)


def _object(action: str, acl: str = "", *, object_acl: bool = False) -> tuple[Need, ...]:
    return (Need(f"s3:{action}", "object", acl, object_acl),)


NOTHING: tuple[Need, ...] = ()

GET_OBJECT = _object("GetObject", "READ", object_acl=True)
GET_OBJECT_VERSION = _object("GetObjectVersion", "READ", object_acl=True)
GET_TAGS = _object("GetObjectTagging")
GET_VERSION_TAGS = _object("GetObjectVersionTagging")
PUT_OBJECT = _object("PutObject", "WRITE")
DELETE_OBJECT = _object("DeleteObject", "WRITE")
DELETE_OBJECT_VERSION = _object("DeleteObjectVersion")
LIST_BUCKET = _bucket("ListBucket", "READ")
BYPASS_GOVERNANCE = _object("BypassGovernanceRetention")
_PUT_TAGS = _object("PutObjectTagging")
_PUT_ACL = _object("PutObjectAcl", "WRITE_ACP", object_acl=True)
_PUT_NEW_ACL = _object("PutObjectAcl", "WRITE")
_PUT_RETENTION = _object("PutObjectRetention")
_PUT_LEGAL_HOLD = _object("PutObjectLegalHold")

NEEDS: dict[str, tuple[Need, ...]] = {
    "AbortMultipartUpload": _object("AbortMultipartUpload", "WRITE"),
    "CompleteMultipartUpload": PUT_OBJECT,
    "CopyObject": PUT_OBJECT,
    "CreateBucket": _bucket("CreateBucket"),
    "CreateBucketMetadataConfiguration": _bucket("CreateBucketMetadataTableConfiguration"),
    "CreateBucketMetadataTableConfiguration": _bucket("CreateBucketMetadataTableConfiguration"),
    "CreateMultipartUpload": PUT_OBJECT,
    "CreateSession": _bucket("CreateSession"),
    "DeleteBucket": _bucket("DeleteBucket"),
    "DeleteBucketAnalyticsConfiguration": _bucket("PutAnalyticsConfiguration"),
    "DeleteBucketCors": _bucket("PutBucketCORS"),
    "DeleteBucketEncryption": _bucket("PutEncryptionConfiguration"),
    "DeleteBucketIntelligentTieringConfiguration": _bucket("PutIntelligentTieringConfiguration"),
    "DeleteBucketInventoryConfiguration": _bucket("PutInventoryConfiguration"),
    "DeleteBucketLifecycle": _bucket("PutLifecycleConfiguration"),
    "DeleteBucketMetadataConfiguration": _bucket("DeleteBucketMetadataTableConfiguration"),
    "DeleteBucketMetadataTableConfiguration": _bucket("DeleteBucketMetadataTableConfiguration"),
    "DeleteBucketMetricsConfiguration": _bucket("PutMetricsConfiguration"),
    "DeleteBucketOwnershipControls": _bucket("PutBucketOwnershipControls"),
    "DeleteBucketPolicy": _bucket("DeleteBucketPolicy"),
    "DeleteBucketReplication": _bucket("PutReplicationConfiguration"),
    "DeleteBucketTagging": _bucket("PutBucketTagging"),
    "DeleteBucketWebsite": _bucket("DeleteBucketWebsite"),
    "DeleteObject": DELETE_OBJECT,
    "DeleteObjectAnnotation": DELETE_OBJECT,
    "DeleteObjectTagging": _object("DeleteObjectTagging"),
    "DeleteObjects": NOTHING,
    "DeletePublicAccessBlock": _bucket("PutBucketPublicAccessBlock"),
    "GetBucketAbac": _bucket("GetBucketAbac"),
    "GetBucketAccelerateConfiguration": _bucket("GetAccelerateConfiguration"),
    "GetBucketAcl": _bucket("GetBucketAcl", "READ_ACP"),
    "GetBucketAnalyticsConfiguration": _bucket("GetAnalyticsConfiguration"),
    "GetBucketCors": _bucket("GetBucketCORS"),
    "GetBucketEncryption": _bucket("GetEncryptionConfiguration"),
    "GetBucketIntelligentTieringConfiguration": _bucket("GetIntelligentTieringConfiguration"),
    "GetBucketInventoryConfiguration": _bucket("GetInventoryConfiguration"),
    "GetBucketLifecycleConfiguration": _bucket("GetLifecycleConfiguration"),
    "GetBucketLocation": _bucket("GetBucketLocation"),
    "GetBucketLogging": _bucket("GetBucketLogging"),
    "GetBucketMetadataConfiguration": _bucket("GetBucketMetadataTableConfiguration"),
    "GetBucketMetadataTableConfiguration": _bucket("GetBucketMetadataTableConfiguration"),
    "GetBucketMetricsConfiguration": _bucket("GetMetricsConfiguration"),
    "GetBucketNotificationConfiguration": _bucket("GetBucketNotification"),
    "GetBucketOwnershipControls": _bucket("GetBucketOwnershipControls"),
    "GetBucketPolicy": _bucket("GetBucketPolicy"),
    "GetBucketPolicyStatus": _bucket("GetBucketPolicyStatus"),
    "GetBucketReplication": _bucket("GetReplicationConfiguration"),
    "GetBucketRequestPayment": _bucket("GetBucketRequestPayment"),
    "GetBucketTagging": _bucket("GetBucketTagging"),
    "GetBucketVersioning": _bucket("GetBucketVersioning"),
    "GetBucketWebsite": _bucket("GetBucketWebsite"),
    "GetObject": GET_OBJECT,
    "GetObjectAcl": _object("GetObjectAcl", "READ_ACP", object_acl=True),
    "GetObjectAnnotation": GET_OBJECT,
    "GetObjectAttributes": GET_OBJECT + _object("GetObjectAttributes", "READ", object_acl=True),
    "GetObjectLegalHold": _object("GetObjectLegalHold"),
    "GetObjectLockConfiguration": _bucket("GetBucketObjectLockConfiguration"),
    "GetObjectRetention": _object("GetObjectRetention"),
    "GetObjectTagging": GET_TAGS,
    "GetObjectTorrent": _object("GetObjectTorrent"),
    "GetPublicAccessBlock": _bucket("GetBucketPublicAccessBlock"),
    "HeadBucket": LIST_BUCKET,
    "HeadObject": GET_OBJECT,
    "ListBucketAnalyticsConfigurations": _bucket("GetAnalyticsConfiguration"),
    "ListBucketIntelligentTieringConfigurations": _bucket("GetIntelligentTieringConfiguration"),
    "ListBucketInventoryConfigurations": _bucket("GetInventoryConfiguration"),
    "ListBucketMetricsConfigurations": _bucket("GetMetricsConfiguration"),
    "ListBuckets": _service("ListAllMyBuckets"),
    "ListMultipartUploads": _bucket("ListBucketMultipartUploads", "READ"),
    "ListObjectAnnotations": GET_OBJECT,
    "ListObjectVersions": _bucket("ListBucketVersions", "READ"),
    "ListObjects": LIST_BUCKET,
    "ListObjectsV2": LIST_BUCKET,
    "ListParts": _object("ListMultipartUploadParts", "WRITE"),
    "PostObject": NOTHING,
    "Preflight": NOTHING,
    "PutBucketAbac": _bucket("PutBucketAbac"),
    "PutBucketAccelerateConfiguration": _bucket("PutAccelerateConfiguration"),
    "PutBucketAcl": _bucket("PutBucketAcl", "WRITE_ACP"),
    "PutBucketAnalyticsConfiguration": _bucket("PutAnalyticsConfiguration"),
    "PutBucketCors": _bucket("PutBucketCORS"),
    "PutBucketEncryption": _bucket("PutEncryptionConfiguration"),
    "PutBucketIntelligentTieringConfiguration": _bucket("PutIntelligentTieringConfiguration"),
    "PutBucketInventoryConfiguration": _bucket("PutInventoryConfiguration"),
    "PutBucketLifecycleConfiguration": _bucket("PutLifecycleConfiguration"),
    "PutBucketLogging": _bucket("PutBucketLogging"),
    "PutBucketMetricsConfiguration": _bucket("PutMetricsConfiguration"),
    "PutBucketNotificationConfiguration": _bucket("PutBucketNotification"),
    "PutBucketOwnershipControls": _bucket("PutBucketOwnershipControls"),
    "PutBucketPolicy": _bucket("PutBucketPolicy"),
    "PutBucketReplication": _bucket("PutReplicationConfiguration"),
    "PutBucketRequestPayment": _bucket("PutBucketRequestPayment"),
    "PutBucketTagging": _bucket("PutBucketTagging"),
    "PutBucketVersioning": _bucket("PutBucketVersioning"),
    "PutBucketWebsite": _bucket("PutBucketWebsite"),
    "PutObject": PUT_OBJECT,
    "PutObjectAcl": _PUT_ACL,
    "PutObjectAnnotation": PUT_OBJECT,
    "PutObjectLegalHold": _PUT_LEGAL_HOLD,
    "PutObjectLockConfiguration": _bucket("PutBucketObjectLockConfiguration"),
    "PutObjectRetention": _PUT_RETENTION,
    "PutObjectTagging": _PUT_TAGS,
    "PutPublicAccessBlock": _bucket("PutBucketPublicAccessBlock"),
    "RenameObject": PUT_OBJECT,
    "RestoreObject": _object("RestoreObject"),
    "SelectObjectContent": GET_OBJECT,
    "UpdateBucketMetadataAnnotationTableConfiguration": _bucket("UpdateBucketMetadataAnnotationTableConfiguration"),
    "UpdateBucketMetadataInventoryTableConfiguration": _bucket("UpdateBucketMetadataInventoryTableConfiguration"),
    "UpdateBucketMetadataJournalTableConfiguration": _bucket("UpdateBucketMetadataJournalTableConfiguration"),
    "UpdateObjectEncryption": PUT_OBJECT,
    "UploadPart": PUT_OBJECT,
    "UploadPartCopy": PUT_OBJECT,
    "WriteGetObjectResponse": NOTHING,
}

_OF_VERSION: dict[str, tuple[Need, ...]] = {
    "DeleteObject": DELETE_OBJECT_VERSION,
    "DeleteObjectTagging": _object("DeleteObjectVersionTagging"),
    "GetObject": GET_OBJECT_VERSION,
    "GetObjectAcl": _object("GetObjectVersionAcl", "READ_ACP", object_acl=True),
    "GetObjectAttributes": GET_OBJECT_VERSION + _object("GetObjectVersionAttributes", "READ", object_acl=True),
    "GetObjectTagging": GET_VERSION_TAGS,
    "HeadObject": GET_OBJECT_VERSION,
    "PutObjectAcl": _object("PutObjectVersionAcl", "WRITE_ACP", object_acl=True),
    "PutObjectTagging": _object("PutObjectVersionTagging"),
}
"""Rows used instead when the request names a version."""

_NEW_OBJECT = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_NEW_OBJECT_FIELDS: dict[bytes, tuple[Need, ...]] = {
    b"x-amz-tagging": _PUT_TAGS,
    b"x-amz-acl": _PUT_NEW_ACL,
    b"x-amz-grant-full-control": _PUT_NEW_ACL,
    b"x-amz-grant-read": _PUT_NEW_ACL,
    b"x-amz-grant-read-acp": _PUT_NEW_ACL,
    b"x-amz-grant-write-acp": _PUT_NEW_ACL,
    b"x-amz-object-lock-mode": _PUT_RETENTION,
    b"x-amz-object-lock-retain-until-date": _PUT_RETENTION,
    b"x-amz-object-lock-legal-hold": _PUT_LEGAL_HOLD,
}
"""Fields of a new object that need an action of their own."""
_NEW_BUCKET_FIELDS: dict[bytes, tuple[Need, ...]] = {
    b"x-amz-acl": _bucket("PutBucketAcl"),
    b"x-amz-bucket-object-lock-enabled": _bucket("PutBucketObjectLockConfiguration"),
    b"x-amz-object-ownership": _bucket("PutBucketOwnershipControls"),
}
_BYPASSABLE = frozenset({"DeleteObject", "PutObjectRetention"})


def needs(operation: str, query: Mapping[str, str], fields: Mapping[bytes, bytes]) -> tuple[Need, ...]:
    """Every action this request needs; the first one is the operation's own."""
    found = NEEDS[operation]
    if "versionId" in query:
        found = _OF_VERSION.get(operation, found)
    if operation in _NEW_OBJECT:
        return _with_fields(found, _NEW_OBJECT_FIELDS, fields)
    if operation == "CreateBucket":
        return _with_fields(found, _NEW_BUCKET_FIELDS, fields)
    if operation in _BYPASSABLE and fields.get(b"x-amz-bypass-governance-retention", b"").lower() == b"true":
        found += BYPASS_GOVERNANCE
    if operation == "DeleteObject" and b"if-match" in fields:
        found += GET_OBJECT
    return found


def _with_fields(
    found: tuple[Need, ...], by_field: Mapping[bytes, tuple[Need, ...]], fields: Mapping[bytes, bytes]
) -> tuple[Need, ...]:
    if by_field.keys().isdisjoint(fields):
        return found
    extra = [need for name, more in by_field.items() if name in fields for need in more]
    return found + tuple(dict.fromkeys(extra))


def _by_action() -> dict[str, Need]:
    """Each action as the operation named after it needs it (an ACL on a new object is the bucket's affair)."""
    found: dict[str, Need] = {}
    for row in (*NEEDS.values(), *_OF_VERSION.values(), BYPASS_GOVERNANCE):
        for need in row:
            found.setdefault(need.action, need)
    return found


BY_ACTION = _by_action()
"""For questions that a handler asks about one action."""

_OTHER_ACTIONS = (
    "BypassGovernanceRetention",
    "DeleteBucketOwnershipControls",
    "GetObjectTorrent",
    "GetObjectVersionForReplication",
    "GetObjectVersionTorrent",
    "InitiateReplication",
    "ObjectOwnerOverrideToBucketOwner",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
    "UpdateObjectEncryption",
)
KNOWN_ACTIONS = frozenset(BY_ACTION) | {f"s3:{name}" for name in _OTHER_ACTIONS}
"""What a bucket policy may name: the actions decided here, and S3's others that policies written for it contain."""
