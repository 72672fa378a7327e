"""The operation table of lightningstor.md §4.2, row by row."""

from __future__ import annotations

import itertools

import pytest

from photoncloud.lightningstor.core.operations import BY_NAME, KNOWN_METHODS, SUBRESOURCES
from photoncloud.lightningstor.core.router import Route, route

LEVELS = {"service": ("", b""), "bucket": ("b", b""), "object": ("b", b"k")}


def ask(method: str, level: str, *query: str, **fields: str) -> Route:
    bucket, key = LEVELS[level]
    given = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    return route(method, bucket, key, dict.fromkeys(query, "1"), given)


def name(found: Route) -> str:
    """What the route says: an operation, a refusal's code, or both."""
    parts = [found.operation.name if found.operation else "", found.refusal.code if found.refusal else ""]
    return " ".join(part for part in parts if part)


SERVED = [
    ("GET", "service", (), "ListBuckets"),
    ("GET", "bucket", (), "ListObjects"),
    ("PUT", "bucket", (), "CreateBucket"),
    ("DELETE", "bucket", (), "DeleteBucket"),
    ("HEAD", "bucket", (), "HeadBucket"),
    ("POST", "bucket", (), "PostObject"),
    ("GET", "bucket", ("versions",), "ListObjectVersions"),
    ("GET", "bucket", ("uploads",), "ListMultipartUploads"),
    ("GET", "bucket", ("location",), "GetBucketLocation"),
    ("GET", "bucket", ("policyStatus",), "GetBucketPolicyStatus"),
    ("POST", "bucket", ("delete",), "DeleteObjects"),
    ("GET", "bucket", ("lifecycle",), "GetBucketLifecycleConfiguration"),
    ("PUT", "bucket", ("lifecycle",), "PutBucketLifecycleConfiguration"),
    ("DELETE", "bucket", ("lifecycle",), "DeleteBucketLifecycle"),
    ("GET", "bucket", ("notification",), "GetBucketNotificationConfiguration"),
    ("PUT", "bucket", ("notification",), "PutBucketNotificationConfiguration"),
    ("PUT", "bucket", ("publicAccessBlock",), "PutPublicAccessBlock"),
    ("DELETE", "bucket", ("ownershipControls",), "DeleteBucketOwnershipControls"),
    ("GET", "bucket", ("logging",), "GetBucketLogging"),
    ("GET", "bucket", ("requestPayment",), "GetBucketRequestPayment"),
    ("GET", "bucket", ("abac",), "GetBucketAbac"),
    ("DELETE", "bucket", ("replication",), "DeleteBucketReplication"),
    ("GET", "bucket", ("metrics",), "ListBucketMetricsConfigurations"),
    ("GET", "bucket", ("metrics", "id"), "GetBucketMetricsConfiguration"),
    ("GET", "bucket", ("intelligent-tiering",), "ListBucketIntelligentTieringConfigurations"),
    ("DELETE", "bucket", ("inventory", "id"), "DeleteBucketInventoryConfiguration"),
    ("GET", "bucket", ("metadataConfiguration",), "GetBucketMetadataConfiguration"),
    ("GET", "bucket", ("metadataJournalTable",), "GetBucketMetadataConfiguration"),
    ("GET", "object", (), "GetObject"),
    ("HEAD", "object", (), "HeadObject"),
    ("PUT", "object", (), "PutObject"),
    ("DELETE", "object", (), "DeleteObject"),
    ("GET", "object", ("partNumber",), "GetObject"),
    ("GET", "object", ("versionId", "x-id", "response-expires", "X-Amz-Date"), "GetObject"),
    ("POST", "object", ("uploads",), "CreateMultipartUpload"),
    ("GET", "object", ("uploadId",), "ListParts"),
    ("PUT", "object", ("uploadId", "partNumber"), "UploadPart"),
    ("DELETE", "object", ("uploadId",), "AbortMultipartUpload"),
    ("POST", "object", ("uploadId",), "CompleteMultipartUpload"),
    ("GET", "object", ("acl",), "GetObjectAcl"),
    ("PUT", "object", ("legal-hold",), "PutObjectLegalHold"),
    ("DELETE", "object", ("tagging",), "DeleteObjectTagging"),
    ("GET", "object", ("attributes",), "GetObjectAttributes"),
    ("OPTIONS", "object", (), "Preflight"),
    ("OPTIONS", "bucket", ("cors",), "Preflight"),
    ("OPTIONS", "service", (), "Preflight"),
]


@pytest.mark.parametrize(("method", "level", "query", "operation"), SERVED)
def test_served(method: str, level: str, query: tuple[str, ...], operation: str) -> None:
    assert name(ask(method, level, *query)) == operation


REFUSED = [
    ("HEAD", "service", (), "MethodNotAllowed"),
    ("PUT", "service", (), "MethodNotAllowed"),
    ("POST", "object", (), "MethodNotAllowed"),
    ("PATCH", "object", (), "MethodNotAllowed"),
    ("HEAD", "object", ("acl",), "MethodNotAllowed"),
    ("HEAD", "object", ("torrent",), "MethodNotAllowed"),
    ("DELETE", "bucket", ("versioning",), "MethodNotAllowed"),
    ("DELETE", "bucket", ("acl",), "MethodNotAllowed"),
    ("PUT", "bucket", ("versions",), "MethodNotAllowed"),
    ("GET", "object", ("policy",), "MethodNotAllowed"),
    ("PUT", "object", ("uploadId",), "InvalidRequest"),
    ("PUT", "object", ("partNumber",), "InvalidRequest"),
    ("GET", "bucket", ("acl", "cors"), "InvalidArgument"),
    ("PUT", "object", ("uploads", "uploadId"), "InvalidArgument"),
    ("PUT", "bucket", ("accelerate",), "PutBucketAccelerateConfiguration NotImplemented"),
    ("PUT", "bucket", ("replication",), "PutBucketReplication NotImplemented"),
    ("PUT", "bucket", ("metrics", "id"), "PutBucketMetricsConfiguration NotImplemented"),
    ("PUT", "bucket", ("metadataConfiguration",), "NotImplemented"),
    ("POST", "bucket", ("metadataTable",), "CreateBucketMetadataTableConfiguration NotImplemented"),
    ("GET", "bucket", ("session",), "CreateSession NotImplemented"),
    ("DELETE", "bucket", ("session",), "NotImplemented"),
    ("PUT", "object", ("renameObject",), "RenameObject NotImplemented"),
    ("GET", "object", ("torrent",), "GetObjectTorrent NotImplemented"),
    ("GET", "object", ("annotation",), "GetObjectAnnotation NotImplemented"),
    ("DELETE", "object", ("encryption",), "NotImplemented"),
    ("PUT", "object", ("encryption",), "UpdateObjectEncryption NotImplemented"),
    ("POST", "object", ("select",), "SelectObjectContent NotImplemented"),
    ("POST", "object", ("restore",), "RestoreObject InvalidObjectState"),
]


@pytest.mark.parametrize(("method", "level", "query", "refusal"), REFUSED)
def test_refused(method: str, level: str, query: tuple[str, ...], refusal: str) -> None:
    found = ask(method, level, *query)
    if refusal == "GetObjectAnnotation NotImplemented":
        assert name(found) in (refusal, "ListObjectAnnotations NotImplemented")
    else:
        assert name(found) == refusal


def test_copies_are_chosen_by_their_field() -> None:
    assert name(ask("PUT", "object", x_amz_copy_source="b/k")) == "CopyObject"
    assert name(ask("PUT", "object", x_amz_copy_source="")) == "CopyObject"
    assert name(ask("PUT", "object", "uploadId", "partNumber", x_amz_copy_source="b/k")) == "UploadPartCopy"
    assert name(ask("GET", "object", x_amz_copy_source="b/k")) == "GetObject"


def test_list_type() -> None:
    for value, operation in (("2", "ListObjectsV2"), ("1", "ListObjects"), ("", "ListObjects")):
        assert name(route("GET", "b", b"", {"list-type": value}, {})) == operation


def test_response_hook_is_a_path_not_a_bucket() -> None:
    assert name(route("POST", "WriteGetObjectResponse", b"", {}, {})) == "WriteGetObjectResponse NotImplemented"
    assert name(route("GET", "WriteGetObjectResponse", b"", {}, {})) == "ListObjects"


def test_conflicts_name_what_conflicts() -> None:
    refusal = ask("GET", "bucket", "cors", "acl").refusal
    assert refusal is not None
    assert refusal.message == "Conflicting query string parameters: acl, cors"
    assert refusal.fields == {"ArgumentName": "ResourceType"}


def test_method_not_allowed_names_what_is_allowed() -> None:
    refusal = ask("DELETE", "bucket", "acl").refusal
    assert refusal is not None
    assert refusal.headers == (("Allow", "GET, PUT"),)
    assert refusal.fields == {"Method": "DELETE", "ResourceType": "ACL"}


def test_no_subresource_falls_through_to_plain_operations() -> None:
    """Whatever a client writes behind `?`, it never reads, writes, deletes or lists by accident."""
    plain = {"GetObject", "PutObject", "DeleteObject", "ListObjects", "ListObjectsV2", "CreateBucket", "DeleteBucket"}
    plain |= {"CopyObject", "HeadObject", "HeadBucket", "PostObject", "ListBuckets"}
    for method, level, subresource in itertools.product(sorted(KNOWN_METHODS), LEVELS, sorted(SUBRESOURCES)):
        found = ask(method, level, subresource)
        assert found.operation is None or found.operation.name not in plain, (method, level, subresource)


def test_every_operation_can_be_reached() -> None:
    """Each row of the table is the answer to some request."""
    reached = set()
    queries: list[tuple[str, ...]] = [(), ("id",), ("partNumber",)]
    names = [*sorted(SUBRESOURCES), "list-type"]
    for method, level, extra in itertools.product(sorted(KNOWN_METHODS), LEVELS, queries):
        for subresource in [(), *((each,) for each in names)]:
            for fields in ({}, {"x_amz_copy_source": "b/k"}):
                bucket, key = LEVELS[level]
                given = {each.replace("_", "-").encode(): value.encode() for each, value in fields.items()}
                query = dict.fromkeys((*subresource, *extra), "2")
                found = route(method, bucket, key, query, given)
                if found.operation is not None:
                    reached.add(found.operation.name)
    reached.add("WriteGetObjectResponse")
    # GET ?annotation is one row twice in the model: by name and as a list
    assert set(BY_NAME) - reached <= {"GetObjectAnnotation", "ListObjectAnnotations"}
