"""Bucket configuration: stored as it is read back, refused while switched off, lost to nobody's race."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable

import pytest

from photoncloud.backends.auth.port import ANONYMOUS, NO_CONTEXT
from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.core import acl, key_space, record_codec
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import BucketDirectory
from photoncloud.lightningstor.service.bucket_settings import BucketSettings, Features, Surroundings
from photoncloud.lightningstor.service.call import Authorised, Call, Payload
from photoncloud.lightningstor.service.fixed_answers import FixedAnswers

ALL_ON = Features(versioning=True, lifecycle=True, object_lock=True, website=True)
ALL_OFF = Features(versioning=False, lifecycle=False, object_lock=False, website=False, encryption=False)
OWNER = "a" * 64
BUCKET_ID = b"\1" * 8


class Body:
    """A body that is there already."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.length = len(content)


async def read_document(call: Call) -> bytes:
    return call.request.body.content  # type: ignore[attr-defined,no-any-return]


class Desk:
    """Handlers over a memory index with one bucket."""

    def __init__(self, features: Features = ALL_ON, targets: bool = False) -> None:
        self.index = LocalIndex(MemoryMetadata())
        self.directory = BucketDirectory(self.index)
        numbers = itertools.count()
        surroundings = Surroundings(
            read_document,
            {"bob@example.test": ("b" * 64, "bob")}.get,
            {OWNER: "alice", "b" * 64: "bob"}.get,
            self.check_policy,
            lambda target: targets,
            lambda number: f"id-{next(numbers)}",
            lambda call, configured: tuple(Put(b"o" + rule.id.encode(), b"test") for rule in configured.rules),
        )
        self.settings = BucketSettings(self.index, self.directory, features, surroundings)
        self.handlers = {**self.settings.handlers(), **FixedAnswers(read_document).handlers()}

    @staticmethod
    def check_policy(policy: bytes, bucket: str) -> None:
        if not policy.startswith(b"{"):
            raise S3Error("MalformedPolicy")

    async def create(self, **fields: object) -> None:
        defaults = {
            "name": "bkt", "id": BUCKET_ID, "owner": OWNER, "owner_name": "alice", "account_id": "1",
            "region": "us-east-1", "created_ms": 0, "grants": acl.canned("private", OWNER, "alice", OWNER, "alice"),
        }  # fmt: skip
        record = BucketRecord(**{**defaults, **fields})  # type: ignore[arg-type]
        rows = (Put(key_space.bucket("bkt"), record_codec.encode(record)), Put(key_space.lives(BUCKET_ID), b"1"))
        await self.index.commit(Transaction((), rows))
        self.directory.forget("bkt")

    async def call(self, operation: str, body: bytes = b"", **headers: str) -> Reply:
        fields = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
        request = Request("PUT", b"/bkt", tuple(fields.items()), fields, Body(body), "127.0.0.1", False, "R", 0)  # type: ignore[arg-type]
        bucket = await self.directory.get("bkt")
        authorised = Authorised(ANONYMOUS, "test", NO_CONTEXT)
        call = Call(request, operation, authorised, "bkt", b"", {}, bucket, Payload("unsigned"), 0)
        return await self.handlers[operation](call)


@pytest.fixture
async def desk() -> Desk:
    made = Desk()
    await made.create()
    return made


async def code_of(work: Awaitable[object]) -> str:
    with pytest.raises(S3Error) as caught:
        await work
    return caught.value.code


CORS = (
    b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
    b"</CORSConfiguration>"
)
TAGGING = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
WEBSITE = b"<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument></WebsiteConfiguration>"
LIFECYCLE = (
    b"<LifecycleConfiguration><Rule><ID>x</ID><Prefix/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration>"
    b"</Rule></LifecycleConfiguration>"
)
ENCRYPTION = (
    b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    b"</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)
BLOCK = b"<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy></PublicAccessBlockConfiguration>"


@pytest.mark.parametrize(
    ("get", "put", "delete", "document", "absent", "part"),
    [
        ("GetBucketCors", "PutBucketCors", "DeleteBucketCors", CORS, "NoSuchCORSConfiguration", b"<AllowedMethod>GET"),
        ("GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging", TAGGING, "NoSuchTagSet", b"<Key>a</Key>"),
        (
            "GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite", WEBSITE,
            "NoSuchWebsiteConfiguration", b"<Suffix>i.html</Suffix>",
        ),
        (
            "GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle", LIFECYCLE,
            "NoSuchLifecycleConfiguration", b"<Days>1</Days>",
        ),
        (
            "GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption", ENCRYPTION,
            "ServerSideEncryptionConfigurationNotFoundError", b"AES256",
        ),
        (
            "GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock", BLOCK,
            "NoSuchPublicAccessBlockConfiguration", b"<BlockPublicPolicy>true",
        ),
        (
            "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy", b'{"Statement": []}',
            "NoSuchBucketPolicy", b'{"Statement": []}',
        ),
    ],
)  # fmt: skip
async def test_documents_are_kept_and_removed(
    desk: Desk, get: str, put: str, delete: str, document: bytes, absent: str, part: bytes
) -> None:
    assert await code_of(desk.call(get)) == absent
    assert (await desk.call(put, document)).status in (200, 204)
    reply = await desk.call(get)
    assert isinstance(reply.body, bytes)
    assert part in reply.body
    assert (await desk.call(delete)).status == 204
    assert (await desk.call(delete)).status == 204
    assert await code_of(desk.call(get)) == absent


@pytest.mark.parametrize(
    ("operation", "document"),
    [("PutBucketCors", b"<CORSConfiguration/>"), ("PutBucketTagging", b"<Tagging/>"), ("PutBucketPolicy", b"x")],
)
async def test_bad_documents_change_nothing(desk: Desk, operation: str, document: bytes) -> None:
    assert (await code_of(desk.call(operation, document))).startswith("Malformed")
    bucket = await desk.directory.get("bkt")
    assert bucket is not None
    assert not bucket.documents


async def test_switched_off_features_are_501_and_can_still_be_read_and_removed() -> None:
    desk = Desk(ALL_OFF)
    await desk.create()
    enable = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    for operation, document in (
        ("PutBucketWebsite", WEBSITE),
        ("PutBucketLifecycleConfiguration", LIFECYCLE),
        ("PutBucketEncryption", ENCRYPTION),
        ("PutBucketVersioning", enable),
        ("PutObjectLockConfiguration", LOCK % b""),
    ):
        assert await code_of(desk.call(operation, document)) == "NotImplemented"
    assert (await desk.call("PutBucketVersioning", enable.replace(b"Enabled", b"Suspended"))).status == 200
    assert await code_of(desk.call("GetBucketLifecycleConfiguration")) == "NoSuchLifecycleConfiguration"
    assert (await desk.call("DeleteBucketLifecycle")).status == 204


async def test_public_policies_can_be_blocked(desk: Desk) -> None:
    public = b'{"Statement": [{"Effect": "Allow", "Principal": "*"}]}'
    await desk.call("PutBucketPolicy", public)
    assert b"<IsPublic>true" in (await desk.call("GetBucketPolicyStatus")).body  # type: ignore[operator]
    await desk.call("PutPublicAccessBlock", BLOCK)
    assert await code_of(desk.call("PutBucketPolicy", public)) == "AccessDenied"


async def test_acl_by_header_and_by_document(desk: Desk) -> None:
    await desk.call("PutBucketAcl", x_amz_acl="public-read")
    reply = await desk.call("GetBucketAcl")
    assert isinstance(reply.body, bytes)
    assert acl.ALL_USERS.encode() in reply.body
    assert await code_of(desk.call("PutBucketAcl", reply.body, x_amz_acl="private")) == "UnexpectedContent"
    await desk.call("PutBucketAcl", acl.to_xml(OWNER, "alice", ()))
    assert acl.ALL_USERS.encode() not in (await desk.call("GetBucketAcl")).body  # type: ignore[operator]


async def test_public_acls_can_be_blocked(desk: Desk) -> None:
    await desk.call("PutPublicAccessBlock", BLOCK.replace(b"BlockPublicPolicy", b"BlockPublicAcls"))
    assert await code_of(desk.call("PutBucketAcl", x_amz_acl="public-read")) == "AccessDenied"


async def test_ownership(desk: Desk) -> None:
    assert await code_of(desk.call("GetBucketOwnershipControls")) == "OwnershipControlsNotFoundError"
    rule = b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
    await desk.call("PutBucketOwnershipControls", rule)
    assert b"BucketOwnerEnforced" in (await desk.call("GetBucketOwnershipControls")).body  # type: ignore[operator]
    assert await code_of(desk.call("PutBucketAcl", x_amz_acl="public-read")) == "AccessControlListNotSupported"
    await desk.call("DeleteBucketOwnershipControls")
    await desk.call("PutBucketAcl", x_amz_acl="public-read")
    assert await code_of(desk.call("PutBucketOwnershipControls", rule)) == "InvalidBucketAclWithObjectOwnership"


LOCK = b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>%b</ObjectLockConfiguration>"
RETENTION = b"<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>2</Days></DefaultRetention></Rule>"
VERSIONING = b"<VersioningConfiguration><Status>%b</Status></VersioningConfiguration>"


async def test_versioning_and_object_lock(desk: Desk) -> None:
    assert b"Status" not in (await desk.call("GetBucketVersioning")).body  # type: ignore[operator]
    assert await code_of(desk.call("GetObjectLockConfiguration")) == "ObjectLockConfigurationNotFoundError"
    assert await code_of(desk.call("PutObjectLockConfiguration", LOCK % RETENTION)) == "InvalidBucketState"
    await desk.call("PutBucketVersioning", VERSIONING % b"Enabled")
    await desk.call("PutObjectLockConfiguration", LOCK % RETENTION)
    assert b"<Days>2</Days>" in (await desk.call("GetObjectLockConfiguration")).body  # type: ignore[operator]
    assert await code_of(desk.call("PutBucketVersioning", VERSIONING % b"Suspended")) == "InvalidBucketState"
    assert await code_of(desk.call("PutBucketVersioning", VERSIONING % b"Off")) == "MalformedXML"


@pytest.mark.parametrize(
    ("retention", "code"),
    [
        (b"<Mode>COMPLIANCE</Mode>", "MalformedXML"),
        (b"<Mode>COMPLIANCE</Mode><Days>1</Days><Years>1</Years>", "MalformedXML"),
        (b"<Mode>FOREVER</Mode><Days>1</Days>", "MalformedXML"),
        (b"<Mode>GOVERNANCE</Mode><Days>0</Days>", "InvalidArgument"),
        (b"<Mode>GOVERNANCE</Mode><Days>36501</Days>", "InvalidArgument"),
        (b"<Mode>GOVERNANCE</Mode><Years>101</Years>", "InvalidArgument"),
    ],
)
async def test_bad_default_retention(desk: Desk, retention: bytes, code: str) -> None:
    body = LOCK % (b"<Rule><DefaultRetention>%b</DefaultRetention></Rule>" % retention)
    assert await code_of(desk.call("PutObjectLockConfiguration", body)) == code


NOTIFY = (
    b"<NotificationConfiguration><QueueConfiguration><Queue>arn:photon:events:r:a:q</Queue>"
    b"<Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>"
)


async def test_notifications_need_a_served_target(desk: Desk) -> None:
    assert await code_of(desk.call("PutBucketNotificationConfiguration", NOTIFY)) == "InvalidArgument"
    await desk.call("PutBucketNotificationConfiguration", NOTIFY, x_amz_skip_destination_validation="true")
    assert b"<Queue>" in (await desk.call("GetBucketNotificationConfiguration")).body  # type: ignore[operator]
    await desk.call("PutBucketNotificationConfiguration", b"<NotificationConfiguration/>")
    assert b"<Queue>" not in (await desk.call("GetBucketNotificationConfiguration")).body  # type: ignore[operator]
    served = Desk(targets=True)
    await served.create()
    assert (await served.call("PutBucketNotificationConfiguration", NOTIFY)).status == 200


async def test_a_race_for_the_bucket_is_told_and_changes_nothing(desk: Desk) -> None:
    stale = await desk.directory.get("bkt")
    await desk.call("PutBucketAcl", x_amz_acl="public-read")
    desk.directory._known["bkt"] = stale  # type: ignore[assignment]
    assert await code_of(desk.call("PutBucketCors", CORS)) == "OperationAborted"
    assert await code_of(desk.call("GetBucketCors")) == "NoSuchCORSConfiguration"


FIXED: list[tuple[str, bytes, Callable[[Reply], bool]]] = [
    ("GetBucketLogging", b"", lambda reply: b"BucketLoggingStatus" in reply.body),  # type: ignore[operator]
    ("PutBucketLogging", b"<BucketLoggingStatus/>", lambda reply: reply.status == 200),
    ("GetBucketRequestPayment", b"", lambda reply: b"BucketOwner" in reply.body),  # type: ignore[operator]
    (
        "PutBucketRequestPayment",
        b"<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
        lambda reply: reply.status == 200,
    ),
    ("GetBucketAbac", b"", lambda reply: b"Disabled" in reply.body),  # type: ignore[operator]
    ("GetBucketAccelerateConfiguration", b"", lambda reply: reply.status == 200),
    ("DeleteBucketReplication", b"", lambda reply: reply.status == 204),
    ("ListBucketMetricsConfigurations", b"", lambda reply: b"<IsTruncated>false" in reply.body),  # type: ignore[operator]
]


@pytest.mark.parametrize(("operation", "body", "is_right"), FIXED, ids=[case[0] for case in FIXED])
async def test_fixed_answers(desk: Desk, operation: str, body: bytes, is_right: Callable[[Reply], bool]) -> None:
    assert is_right(await desk.call(operation, body))


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("GetBucketReplication", b"", "ReplicationConfigurationNotFoundError"),
        ("GetBucketAnalyticsConfiguration", b"", "NoSuchConfiguration"),
        ("GetBucketMetadataConfiguration", b"", "MetadataConfigurationNotFound"),
        ("PutBucketLogging", b"<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>", "NotImplemented"),
        (
            "PutBucketRequestPayment",
            b"<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
            "NotImplemented",
        ),
        (
            "PutBucketRequestPayment",
            b"<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>",
            "MalformedXML",
        ),
    ],
)
async def test_fixed_refusals(desk: Desk, operation: str, body: bytes, code: str) -> None:
    assert await code_of(desk.call(operation, body)) == code
