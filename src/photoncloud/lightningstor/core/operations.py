"""S3's operations as this server knows them: the generated table, less doublets, plus what no SDK model lists.

Handlers are registered under these names (`handlers()` of every service class returns name → bound method, merged
in `bootstrap`). Where the API has an old and a new name for one route the newer one is used:
`GetBucketLifecycleConfiguration`, `PutBucketLifecycleConfiguration`, `GetBucketNotificationConfiguration`,
`PutBucketNotificationConfiguration`. `PostObject` is the browser form, `Preflight` any OPTIONS request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from photoncloud.lightningstor.core.operations_data import OPERATIONS

Level = Literal["service", "bucket", "object"]
BodyKind = Literal["", "xml", "text", "bytes", "form"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row. `subresource` is empty or a name of `SUBRESOURCES`; `body` says what a request may carry."""

    name: str
    method: str
    level: Level
    subresource: str
    body: BodyKind
    status: int


_DOUBLETS = frozenset(
    {
        "GetBucketLifecycle",
        "PutBucketLifecycle",
        "GetBucketNotification",
        "PutBucketNotification",
        "ListDirectoryBuckets",
    }
)
"""Older names of routes that have a newer one, and the listing of a bucket type that does not exist here."""

_BY_UPLOAD = frozenset({"AbortMultipartUpload", "CompleteMultipartUpload", "ListParts", "UploadPart", "UploadPartCopy"})
"""Selected by the query name `uploadId`, which the model lists as a parameter only."""

NOT_IMPLEMENTED = frozenset(
    {
        "CreateBucketMetadataConfiguration",
        "CreateBucketMetadataTableConfiguration",
        "CreateSession",
        "DeleteBucketMetadataConfiguration",
        "DeleteBucketMetadataTableConfiguration",
        "DeleteObjectAnnotation",
        "GetObjectAnnotation",
        "GetObjectTorrent",
        "ListObjectAnnotations",
        "PutBucketAbac",
        "PutBucketAccelerateConfiguration",
        "PutBucketAnalyticsConfiguration",
        "PutBucketIntelligentTieringConfiguration",
        "PutBucketInventoryConfiguration",
        "PutBucketMetricsConfiguration",
        "PutBucketReplication",
        "PutObjectAnnotation",
        "RenameObject",
        "SelectObjectContent",
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "UpdateBucketMetadataInventoryTableConfiguration",
        "UpdateBucketMetadataJournalTableConfiguration",
        "UpdateObjectEncryption",
        "WriteGetObjectResponse",
    }
)
"""Answered 501 once the caller is authenticated, whatever the bucket."""

POST_OBJECT = Operation("PostObject", "POST", "bucket", "", "form", 204)
PREFLIGHT = Operation("Preflight", "OPTIONS", "object", "", "", 200)


def _read(row: tuple[str, str, str, str, str, int]) -> Operation:
    name, method, level, subresource, body, status = row
    if name in _BY_UPLOAD:
        subresource = "uploadId"
    return Operation(name, method, level, subresource, body, status)  # type: ignore[arg-type]


BY_NAME: dict[str, Operation] = {
    operation.name: operation
    for operation in (*(_read(row) for row in OPERATIONS if row[0] not in _DOUBLETS), POST_OBJECT, PREFLIGHT)
}
"""Every operation by name."""

SERVED = frozenset(BY_NAME) - NOT_IMPLEMENTED - {"RestoreObject", "Preflight"}
"""Operations that need a handler."""

SUBRESOURCES = frozenset(operation.subresource for operation in BY_NAME.values() if operation.subresource)
"""The closed list: a query name in it never falls through to Put, Get, Delete or List."""

KNOWN_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"})
"""Methods that some operation uses; other methods HTTP knows are 405."""
