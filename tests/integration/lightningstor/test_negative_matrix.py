"""Every operation times every way to forge: refused with 4xx, and the store is afterwards what it was before.

The class of CVE-2025-31489 and CVE-2026-40344: a signature that was skipped on one path of many. That the requests
would have had effect is proven beside it: each of them, honestly signed, is served.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from photoncloud.lightningstor.core.operations import BY_NAME, NOT_IMPLEMENTED, Operation
from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.s3_signing import Signer
from photoncloud.testkit.s3_state import resident_bytes, snapshot
from photoncloud.testkit.s3_wire import CRC32, RawRequest, Target, WireAnswer, crc32, multipart_form

GROWTH_LIMIT_BYTES = 96 << 20
"""Memory that some thousand refusals may leave in use: caches, kept explanations, fragmentation."""
OLD_SEC = 16 * 60
POLICY = (
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*",'
    b'"Resource":["arn:aws:s3:::%b/*"]}]}'
)
DOCUMENTS = {
    "CompleteMultipartUpload": b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%b</ETag></Part>"
    b"</CompleteMultipartUpload>",
    "CreateBucket": b"<CreateBucketConfiguration/>",
    "DeleteObjects": b"<Delete><Object><Key>held</Key></Object></Delete>",
    "PutBucketAcl": b"",
    "PutBucketCors": b"<CORSConfiguration><CORSRule><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
    b"</CORSRule></CORSConfiguration>",
    "PutBucketEncryption": b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
    b"<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
    b"</ServerSideEncryptionConfiguration>",
    "PutBucketLifecycleConfiguration": b"<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/>"
    b"<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "PutBucketLogging": b"<BucketLoggingStatus/>",
    "PutBucketNotificationConfiguration": b"<NotificationConfiguration/>",
    "PutBucketOwnershipControls": b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership>"
    b"</Rule></OwnershipControls>",
    "PutBucketRequestPayment": b"<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
    "PutBucketTagging": b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    "PutBucketVersioning": b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "PutBucketWebsite": b"<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument>"
    b"</WebsiteConfiguration>",
    "PutObjectLegalHold": b"<LegalHold><Status>ON</Status></LegalHold>",
    "PutObjectLockConfiguration": b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
    b"</ObjectLockConfiguration>",
    "PutObjectRetention": b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2999-01-01T00:00:00Z</RetainUntilDate>"
    b"</Retention>",
    "PutObjectTagging": b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    "PutPublicAccessBlock": b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
    b"</PublicAccessBlockConfiguration>",
}
NEEDS_LOCK = frozenset(
    {
        "GetObjectLockConfiguration",
        "GetObjectLegalHold",
        "GetObjectRetention",
        "PutObjectLegalHold",
        "PutObjectLockConfiguration",
        "PutObjectRetention",
    }
)
NEEDS_DIGEST = frozenset({"DeleteObjects", "PutObjectLegalHold", "PutObjectLockConfiguration", "PutObjectRetention"})
ABSENT = frozenset(
    {
        "GetBucketAnalyticsConfiguration",
        "GetBucketCors",
        "GetBucketEncryption",
        "GetBucketIntelligentTieringConfiguration",
        "GetBucketInventoryConfiguration",
        "GetBucketLifecycleConfiguration",
        "GetBucketMetadataConfiguration",
        "GetBucketMetadataTableConfiguration",
        "GetBucketMetricsConfiguration",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketPolicyStatus",
        "GetBucketReplication",
        "GetBucketTagging",
        "GetBucketWebsite",
        "GetObjectLegalHold",
        "GetObjectRetention",
        "GetPublicAccessBlock",
        "DeleteBucketAnalyticsConfiguration",
        "DeleteBucketIntelligentTieringConfiguration",
        "DeleteBucketInventoryConfiguration",
        "DeleteBucketMetricsConfiguration",
    }
)
"""Served with the 404 of what is not configured."""
OPERATIONS = sorted(set(BY_NAME) - {"Preflight"})


@dataclass(frozen=True)
class Ask:
    """An operation's request before anybody signed it."""

    operation: Operation
    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    body: bytes

    def signed(self, target: Target, **more: Any) -> RawRequest:
        return target.signed(self.method, self.path, self.body, query=self.query, fields=self.fields, **more)


@dataclass(frozen=True)
class Scene:
    """A bucket with an object, an upload that has one part, and an empty bucket beside it."""

    bucket: str
    upload: str
    etag: str


def set_scene(target: Target, bucket: str, *, locked: bool = False) -> Scene:
    fields = {"x-amz-bucket-object-lock-enabled": "true"} if locked else {}
    for name in (bucket, f"{bucket}-empty"):
        assert target.send(target.signed("PUT", f"/{name}", fields=fields)).status == 200
    assert target.send(target.signed("PUT", f"/{bucket}/held", b"held" * 25_000)).status == 200
    created = target.send(target.signed("POST", f"/{bucket}/upload", query={"uploads": ""}))
    upload = created.element("UploadId")
    query = {"uploadId": upload, "partNumber": "1"}
    part = target.send(target.signed("PUT", f"/{bucket}/upload", b"part" * 25_000, query=query))
    return Scene(bucket, upload, part.headers["etag"])


def ask_of(name: str, scene: Scene, target: Target) -> Ask:
    """The request that makes this operation do something to the scene."""
    operation = BY_NAME[name]
    path = {"service": "/", "bucket": f"/{scene.bucket}", "object": f"/{scene.bucket}/held"}[operation.level]
    query, fields = ({operation.subresource: ""} if operation.subresource else {}), {}
    body = DOCUMENTS.get(name, b"a body" * 2000 if operation.body == "bytes" else b"<Any/>" if operation.body else b"")
    if operation.subresource == "uploadId":
        path, query = f"/{scene.bucket}/upload", {"uploadId": scene.upload}
        if name.startswith("UploadPart"):
            query["partNumber"] = "2"
    if name in ("CopyObject", "UploadPartCopy"):
        fields["x-amz-copy-source"] = f"/{scene.bucket}/held"
    if name == "CopyObject":
        path = f"/{scene.bucket}/copied"
    if name == "CompleteMultipartUpload":
        body %= scene.etag.encode()
    if name == "ListObjectsV2":
        query = {"list-type": "2"}
    if operation.subresource in ("analytics", "inventory", "metrics", "intelligent-tiering"):
        query |= {} if name.startswith("List") else {"id": "some"}
    if name == "WriteGetObjectResponse":
        path = "/WriteGetObjectResponse"
    if name == "CreateBucket":
        path = f"/{scene.bucket}-created"
    if name == "DeleteBucket":
        path = f"/{scene.bucket}-empty"
    if name in ("PutBucketAcl", "PutObjectAcl"):
        body, fields = b"", {"x-amz-acl": "public-read-write"}
    if name == "PutBucketPolicy":
        body = POLICY % scene.bucket.encode()
    if name == "GetObjectAttributes":
        fields["x-amz-object-attributes"] = "ETag"
    if name in NEEDS_DIGEST:
        fields["x-amz-checksum-crc32"] = crc32(body)
    if name == "PostObject":
        form = multipart_form(target, path, {"key": "posted"}, b"data")
        fields["content-type"] = form.field("content-type")
        body = form.body
    return Ask(operation, operation.method, path, query, fields, body)


# What forgers do. Each takes an honest request apart; None: the trick does not apply to the operation.

Forgery = Callable[[Ask, Target], "RawRequest | None"]


def _unsigned(ask: Ask, target: Target, query: dict[str, str], fields: dict[str, str], body: bytes) -> RawRequest:
    return target.anonymous(ask.method, ask.path, body, query=ask.query | query, fields=ask.fields | fields)


def no_signature(ask: Ask, target: Target) -> RawRequest:
    return _unsigned(ask, target, {}, {}, ask.body)


def wrong_signature(ask: Ask, target: Target) -> RawRequest:
    honest = ask.signed(target)
    value = honest.field("authorization")
    return honest.having("authorization", value[:-1] + ("0" if value[-1] != "0" else "1"))


def empty_signature(ask: Ask, target: Target) -> RawRequest:
    honest = ask.signed(target)
    return honest.having("authorization", honest.field("authorization").rpartition("=")[0] + "=")


def wrong_secret(ask: Ask, target: Target) -> RawRequest:
    return ask.signed(replace(target, signer=replace(target.signer, secret_key="guessed")))


def unknown_key(ask: Ask, target: Target) -> RawRequest:
    return ask.signed(replace(target, signer=replace(target.signer, access_key="AKIANOBODYNOBODYNOBO")))


def wrong_region(ask: Ask, target: Target) -> RawRequest:
    return ask.signed(replace(target, signer=replace(target.signer, region="mars-north-1")))


def another_service(ask: Ask, target: Target) -> RawRequest:
    return ask.signed(replace(target, signer=replace(target.signer, service="iam")))


def signed_long_ago(ask: Ask, target: Target) -> RawRequest:
    return ask.signed(target, stamp=signing.stamp_of(time.time() - OLD_SEC))


def signed_without_date(ask: Ask, target: Target) -> RawRequest:
    """CVE-2015-8466: without a date a captured signature is good for ever."""
    return ask.signed(target).without("x-amz-date")


def another_path(ask: Ask, target: Target) -> RawRequest:
    return replace(ask.signed(target), path=ask.path + "x" if ask.path != "/" else "/b")


def another_method(ask: Ask, target: Target) -> RawRequest | None:
    other = "HEAD" if ask.method == "GET" else "GET"
    return replace(replace(ask, method=other).signed(target), method=ask.method)


def another_query(ask: Ask, target: Target) -> RawRequest:
    honest = ask.signed(target)
    return replace(honest, query=honest.query + ("&" if honest.query else "") + "more=1")


def header_and_query(ask: Ask, target: Target) -> RawRequest:
    presigned = target.presigned(ask.method, ask.path, ask.body, query=ask.query, fields=ask.fields)
    return replace(ask.signed(target), query=presigned.query)


def credential_only(ask: Ask, target: Target) -> RawRequest:
    credential = f"{target.signer.access_key}/{target.signer.scope(signing.stamp_of())}"
    return _unsigned(ask, target, {"X-Amz-Credential": credential}, {}, ask.body)


def query_without_signature(ask: Ask, target: Target) -> RawRequest:
    honest = target.presigned(ask.method, ask.path, ask.body, query=ask.query, fields=ask.fields)
    return replace(honest, query=honest.query.rpartition("&X-Amz-Signature=")[0])


def expired_link(ask: Ask, target: Target) -> RawRequest:
    stamp = signing.stamp_of(time.time() - 120)
    return target.presigned(
        ask.method, ask.path, ask.body, query=ask.query, fields=ask.fields, stamp=stamp, expires="60"
    )


def eternal_link(ask: Ask, target: Target) -> RawRequest:
    return target.presigned(ask.method, ask.path, ask.body, query=ask.query, fields=ask.fields, expires="604801")


def _unsigned_trailer(ask: Ask) -> tuple[dict[str, str], bytes]:
    fields = {
        "x-amz-content-sha256": signing.STREAMING_UNSIGNED_TRAILER,
        "x-amz-decoded-content-length": str(len(ask.body)),
        "x-amz-trailer": CRC32,
    }
    return fields, signing.unsigned_body(ask.body, trailer=f"{CRC32}:{crc32(ask.body)}")


def unsigned_trailer_and_query_credential(ask: Ask, target: Target) -> RawRequest:
    """CVE-2026-40344: the payload keyword chose a path that looked at the credential and no further."""
    fields, body = _unsigned_trailer(ask)
    stamp = signing.stamp_of()
    query = {
        "X-Amz-Algorithm": signing.ALGORITHM,
        "X-Amz-Credential": f"{target.signer.access_key}/{target.signer.scope(stamp)}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    return _unsigned(ask, target, query, fields, body)


def unsigned_trailer_and_made_up_authorization(ask: Ask, target: Target) -> RawRequest:
    """CVE-2025-31489: the payload keyword chose a path on which the signature was never compared."""
    fields, body = _unsigned_trailer(ask)
    stamp = signing.stamp_of()
    credential = f"{target.signer.access_key}/{target.signer.scope(stamp)}"
    fields |= {
        "x-amz-date": stamp,
        "authorization": f"{signing.ALGORITHM} Credential={credential}, SignedHeaders=host, Signature={'0' * 64}",
    }
    return _unsigned(ask, target, {}, fields, body)


def unsigned_trailer_and_nonsense(ask: Ask, target: Target) -> RawRequest:
    fields, body = _unsigned_trailer(ask)
    return _unsigned(ask, target, {}, fields | {"authorization": "Bearer root"}, body)


def anonymous_signed_stream(ask: Ask, target: Target) -> RawRequest:
    fields = {
        "x-amz-content-sha256": signing.STREAMING_SIGNED,
        "x-amz-decoded-content-length": str(len(ask.body)),
    }
    chunked = b"%x;chunk-signature=%b\r\n%b\r\n0;chunk-signature=%b\r\n\r\n"
    return _unsigned(ask, target, {}, fields, chunked % (len(ask.body), b"0" * 64, ask.body, b"0" * 64))


def _streamed(ask: Ask, target: Target, payload: str, **more: str) -> RawRequest | None:
    if not ask.operation.body or not ask.body:
        return None
    fields = {name: value for name, value in ask.fields.items() if not name.startswith("x-amz-checksum-")}
    return target.streamed(
        ask.method, ask.path, ask.body, payload=payload, query=ask.query, fields=fields, chunk_bytes=8192, **more
    )


def _flipped(request: RawRequest, mark: bytes, ahead: int) -> RawRequest:
    at = request.body.index(mark) + len(mark) + ahead
    return replace(request, body=request.body[:at] + bytes((request.body[at] ^ 1,)) + request.body[at + 1 :])


def tampered_chunk(ask: Ask, target: Target) -> RawRequest | None:
    request = _streamed(ask, target, signing.STREAMING_SIGNED)
    return request and _flipped(request, b"\r\n", 0)


def tampered_chunk_signature(ask: Ask, target: Target) -> RawRequest | None:
    request = _streamed(ask, target, signing.STREAMING_SIGNED)
    return request and _flipped(request, b"chunk-signature=", 7)


def tampered_trailer(ask: Ask, target: Target) -> RawRequest | None:
    request = _streamed(ask, target, signing.STREAMING_SIGNED_TRAILER)
    return request and _flipped(request, CRC32.encode() + b":", 1)


def tampered_trailer_signature(ask: Ask, target: Target) -> RawRequest | None:
    request = _streamed(ask, target, signing.STREAMING_SIGNED_TRAILER)
    return request and _flipped(request, b"x-amz-trailer-signature:", 3)


def unsigned_trailer_that_lies(ask: Ask, target: Target) -> RawRequest | None:
    return _streamed(ask, target, signing.STREAMING_UNSIGNED_TRAILER, trailer=f"{CRC32}:AAAAAA==")


def body_swapped(ask: Ask, target: Target) -> RawRequest | None:
    """An honest head over another body."""
    honest = ask.signed(target)
    return replace(honest, body=b"y" * len(honest.body)) if ask.operation.body and ask.body else None


FORGERIES: tuple[Forgery, ...] = (
    no_signature,
    wrong_signature,
    empty_signature,
    wrong_secret,
    unknown_key,
    wrong_region,
    another_service,
    signed_long_ago,
    signed_without_date,
    another_path,
    another_method,
    another_query,
    header_and_query,
    credential_only,
    query_without_signature,
    expired_link,
    eternal_link,
    unsigned_trailer_and_query_credential,
    unsigned_trailer_and_made_up_authorization,
    unsigned_trailer_and_nonsense,
    anonymous_signed_stream,
    tampered_chunk,
    tampered_chunk_signature,
    tampered_trailer,
    tampered_trailer_signature,
    unsigned_trailer_that_lies,
    body_swapped,
)


OF_THE_BODY = frozenset(
    {
        tampered_chunk,
        tampered_chunk_signature,
        tampered_trailer,
        tampered_trailer_signature,
        unsigned_trailer_that_lies,
        body_swapped,
    }
)
"""Tricks under an honest head."""


@pytest.fixture(scope="module")
def scene(target: Target) -> Scene:
    return set_scene(target, "matrix")


@pytest.fixture(scope="module")
def unharmed(s3_store: Any, target: Target, scene: Scene) -> Iterator[Callable[[], None]]:
    """A check that the store is what it was; memory is judged at the end."""
    data_dir = s3_store.data_dir
    before = snapshot(target, data_dir)
    memory = resident_bytes(s3_store.process.pid)

    def check() -> None:
        nonlocal before
        expected, before = before, snapshot(target, data_dir)
        assert before == expected

    yield check
    assert resident_bytes(s3_store.process.pid) - memory < GROWTH_LIMIT_BYTES
    assert s3_store.process.events("request_failed") == []


def is_refused(name: str, forgery: Forgery, answer: WireAnswer) -> bool:
    """4xx; what is not built says so to everybody whose head is honest, and looks at no body; deletions are refused
    key by key."""
    if name == "DeleteObjects" and forgery is no_signature:
        return answer.elements("Code") == ["AccessDenied"] and answer.elements("Deleted") == []
    has_honest_head = forgery in OF_THE_BODY or forgery is no_signature
    return 400 <= answer.status < 500 or (answer.status == 501 and name in NOT_IMPLEMENTED and has_honest_head)


@pytest.mark.parametrize("name", OPERATIONS)
def test_forged(name: str, target: Target, scene: Scene, unharmed: Callable[[], None]) -> None:
    ask = ask_of(name, scene, target)
    for forgery in FORGERIES:
        request = forgery(ask, target)
        if request is not None:
            answer = target.send(request)
            assert is_refused(name, forgery, answer), (forgery.__name__, answer.status, answer.body[:300])
    unharmed()


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - NOT_IMPLEMENTED - {"RestoreObject", "PostObject"}))
def test_the_same_requests_are_served_when_honest(name: str, target: Target) -> None:
    scene = set_scene(target, f"honest-{uuid.uuid4().hex[:10]}", locked=name in NEEDS_LOCK)
    answer = target.send(ask_of(name, scene, target).signed(target))
    if name in ABSENT:
        assert answer.status == 404, answer.body
    else:
        assert answer.status in (200, 204), answer.body


def test_the_tricks_apply(target: Target, scene: Scene) -> None:
    """The table is not empty where it matters: uploads meet every forgery."""
    for name in ("PutObject", "UploadPart", "PutBucketPolicy", "DeleteObjects"):
        ask = ask_of(name, scene, target)
        assert [forgery.__name__ for forgery in FORGERIES if forgery(ask, target) is None] == []


def test_signatures_and_secrets_stay_out_of_answers(target: Target, scene: Scene) -> None:
    answer = target.send(wrong_signature(ask_of("GetObject", scene, target), target))
    assert answer.code == "SignatureDoesNotMatch"
    assert target.signer.secret_key.encode() not in answer.body
    honest = ask_of("GetObject", scene, target).signed(target).field("authorization").rpartition("=")[2]
    assert honest.encode() not in answer.body
    assert not re.search(rb"<Signature>|SigningKey", answer.body)


def test_signer_is_the_servers_equal(target: Target, scene: Scene) -> None:
    """The test's own signing is accepted, so refusals above are about what was forged."""
    assert isinstance(target.signer, Signer)
    assert target.send(target.presigned("GET", f"/{scene.bucket}/held")).body == b"held" * 25_000
    streamed = target.streamed("PUT", f"/{scene.bucket}/tmp", b"x" * 20_000, chunk_bytes=8192)
    assert target.send(streamed).status == 200
    assert target.send(target.signed("DELETE", f"/{scene.bucket}/tmp")).status == 204
