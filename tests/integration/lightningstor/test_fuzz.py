"""Mutated input for everything that parses what clients send: no exception but the documented one, no growth.

Each target is fed for a second in `make test` and for two minutes in `make exam`; a failure shows the input. Where a
parser takes its input in pieces, every way of cutting it must give the same result; what a document parser accepts
must survive being written and read again.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import random
import socket
import time
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from photoncloud.backends.auth.iam.bucket_policy import parse_bucket_policy
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.lightningstor.core import (
    acl,
    bucket_creation,
    bucket_encryption,
    chunked,
    cors,
    http_head,
    lifecycle,
    lock,
    multipart_rules,
    notification,
    object_lock_document,
    post_policy,
    public_access,
    tagging,
    target,
    transfer_coding,
    versioning_document,
    website,
    xml_in,
)
from photoncloud.lightningstor.core.post_form import FormParser, boundary_of
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.http1_head import parse_head
from photoncloud.testkit.s3_state import resident_bytes
from photoncloud.testkit.s3_wire import Target, Wire

SHORT_SEC, LONG_SEC = 1.0, 120.0
GROWTH_LIMIT_BYTES = 48 << 20
INPUT_LIMIT_BYTES = 20_000
"""Longer inputs only make the loop slower; limits of length have tests of their own."""
GLUE = [
    *(b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b" ", b"\t", b"%", b"%00", b"%2F", b"%zz"),
    *(b"&", b"=", b"?", b"#", b"/", b"//", b"..", b";", b":", b",", b'"', b"'", b"<", b">", b"&amp;", b"&#0;", b"&x;"),
    *(b"<!DOCTYPE x [", b"<![CDATA[", b"]]>", b"<?xml", b"-1", b"0", b"ffffffffffffffff", b"9" * 40, b"1e999", b"--"),
]
Take = Callable[[bytes, random.Random], object]


def mutated(seeds: list[bytes], draw: random.Random) -> bytes:
    """A seed with a few changes: bits, cuts, repetitions, tokens, pieces of other seeds."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.choice((0, 1, 1, 2, 3, 8))):
        at = draw.randrange(len(data) + 1)
        length = draw.choice((1, 1, 2, 5, 40, 400))
        action = draw.randrange(6)
        if action == 0 and data:
            data[at % len(data)] ^= 1 << draw.randrange(8)
        elif action == 1:
            del data[at : at + length]
        elif action == 2:
            data[at:at] = data[at : at + length] * draw.choice((1, 2, 50))
        elif action == 3:
            data[at:at] = draw.choice(GLUE) * draw.choice((1, 1, 1, 300))
        elif action == 4:
            data[at:at] = draw.randbytes(length)
        else:
            other = draw.choice(seeds)
            start = draw.randrange(len(other) + 1)
            data[at : at + length] = other[start : start + length]
    return bytes(data[:INPUT_LIMIT_BYTES])


def pieces(data: bytes, draw: random.Random) -> list[bytes]:
    """The same bytes, cut anywhere."""
    cuts = sorted(draw.randrange(len(data) + 1) for _ in range(draw.choice((0, 1, 3, 20))))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


# ---- aws-chunked and HTTP's chunked

CHUNKS = [
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n",
    b"5;chunk-signature=" + b"a" * 64 + b"\r\nhello\r\n0;chunk-signature=" + b"b" * 64 + b"\r\n\r\n",
    b"2000;chunk-signature=" + b"a" * 64 + b"\r\n" + b"d" * 0x2000 + b"\r\n0;chunk-signature=" + b"b" * 64 + b"\r\n"
    b"x-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:" + b"c" * 64 + b"\r\n\r\n",
    b"1\r\na\r\n" * 600 + b"0\r\n\r\n",
]
FRAMINGS = [
    ("streaming-signed", None),
    ("streaming-signed-trailer", "x-amz-checksum-crc32"),
    ("streaming-unsigned-trailer", "x-amz-checksum-crc32"),
    ("streaming-unsigned-trailer", None),
]


def decoded(parts: list[bytes], framing: str, trailer: str | None) -> list[object]:
    """Data joined between two other events, those events, and the error's code and fields."""
    decoder = chunked.ChunkedDecoder(framing, trailer)
    seen: list[object] = []

    def add(events: list[chunked.Event]) -> None:
        for event in events:
            if isinstance(event, memoryview):
                if seen and isinstance(seen[-1], bytes):
                    seen[-1] += bytes(event)
                else:
                    seen.append(bytes(event))
            elif isinstance(event, S3Error):
                seen.append((event.code, event.message, str(event.fields)))
            else:
                seen.append(event)

    for part in parts:
        add(decoder.feed(part))
        while decoder.has_more:
            add(decoder.more())
    add(decoder.finish())
    return seen


def take_chunks(data: bytes, draw: random.Random) -> None:
    framing, trailer = draw.choice(FRAMINGS)
    whole = decoded([data], framing, trailer)
    assert decoded(pieces(data, draw), framing, trailer) == whole


def take_transfer_coding(data: bytes, draw: random.Random) -> None:
    results = []
    for parts in ([data], pieces(data, draw)):
        decoder = transfer_coding.ChunkedDecoder()
        body = b""
        try:
            for part in parts:
                body += b"".join(decoder.feed(part))
            results.append(("", body))
        except S3Error as error:
            results.append((error.code, b""))
    assert results[0] == results[1]


# ---- forms

FORMS = [
    b'--B\r\nContent-Disposition: form-data; name="key"\r\n\r\nk/${filename}\r\n--B\r\n'
    b'Content-Disposition: form-data; name="file"; filename="f.bin"\r\nContent-Type: a/b\r\n\r\ndata\r\n--B--\r\n',
    b'preamble\r\n--B\r\ncontent-disposition: form-data; name="a\\"b"\r\n\r\n\r\n--B \r\n'
    b"Content-Disposition: form-data; name=file; filename*=utf-8''x\r\n\r\n--\r\n-\r\n--B\r\n\r\n--B--epilogue",
    b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + b"\r\n--" * 500 + b"\r\n--B--",
]


def parsed_form(parts: list[bytes]) -> object:
    parser = FormParser(b"B")
    content = b""
    try:
        for part in parts:
            content += b"".join(parser.feed(part))
        parser.finish()
    except S3Error as error:
        return error.code
    return parser.fields, parser.filename, content


def take_form(data: bytes, draw: random.Random) -> None:
    assert parsed_form(pieces(data, draw)) == parsed_form([data])
    boundary_of(data[:200].decode("latin-1"))


# ---- targets and heads

TARGETS = [
    b"/bucket/key?versionId=null&response-content-type=a%2Fb",
    b"/b%20c/%E3%81%82/..//.?list-type=2&prefix=a+b&delimiter=%2F&X-Amz-Signature=0",
    b"http://host:80/bucket?acl",
    b"/?" + b"&".join(b"a%d=b" % number for number in range(40)),
    b"*",
]


def take_target(data: bytes, draw: random.Random) -> None:
    path, query = target.split(target.origin_form(data))
    assert path[:1] == b"/"
    path.decode("utf-8")
    for name, value in target.parameters(query).items():
        (name + value).encode("utf-8")


HEADS = [
    b"GET /bucket/key HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\n\r\n",
    b"PUT /b/k?partNumber=1 HTTP/1.1\r\nHost: b.localhost:9001\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
    b"X-Amz-Meta-A: \xff\tb\r\nX-Forwarded-For: 1.2.3.4, ::1, x\r\nConnection: close, keep-alive\r\n\r\n",
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
]
TRUSTED = (ip_network("127.0.0.0/8"), ip_network("::/0"))


def take_head(data: bytes, draw: random.Random) -> None:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return
    head = parse_head(data[: end + 4])
    http_head.check_head(head.version, head.headers, head.fields)
    http_head.keeps_alive(head.version, head.fields.get(b"connection"))
    http_head.client_of("127.0.0.1", False, head.fields, head.headers, TRUSTED)
    assert set(b"\r\n\0").isdisjoint(b"".join(name + value for name, value in head.headers))


# ---- documents


def _parts(body: bytes) -> object:
    return multipart_rules.parse_complete(xml_in.parse(body, "CompleteMultipartUpload"))


def _again(parse: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Callable[[bytes], object]:
    """What is accepted reads the same after it was written."""

    def both(body: bytes) -> None:
        found = parse(body)
        assert parse(write(found)) == found

    return both


def _rule_id(number: int) -> str:
    return f"rule-{number}"


DOCUMENTS: list[tuple[Callable[[bytes], object], bytes]] = [
    (
        _again(cors.parse, cors.to_xml),
        b"<CORSConfiguration><CORSRule><ID>a</ID><AllowedOrigin>https://*.e</AllowedOrigin><AllowedMethod>GET"
        b"</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>x</ExposeHeader><MaxAgeSeconds>3"
        b"</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    ),
    (
        website.parse,
        b"<WebsiteConfiguration><IndexDocument><Suffix>i</Suffix></IndexDocument><ErrorDocument><Key>e</Key>"
        b"</ErrorDocument><RoutingRules><RoutingRule><Condition><KeyPrefixEquals>a/</KeyPrefixEquals>"
        b"<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect><Protocol>https"
        b"</Protocol><HostName>h</HostName><ReplaceKeyPrefixWith>b/</ReplaceKeyPrefixWith><HttpRedirectCode>302"
        b"</HttpRedirectCode></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>",
    ),
    (
        _again(lambda body: lifecycle.parse(body, _rule_id), lifecycle.to_xml),
        b"<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><And><Prefix>p</Prefix><Tag><Key>k"
        b"</Key><Value>v</Value></Tag><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Expiration>"
        b"<Days>3</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
        b"<NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration></Rule><Rule><Status>"
        b"Disabled</Status><Prefix/><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
        b"</AbortIncompleteMultipartUpload><Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration></Rule>"
        b"</LifecycleConfiguration>",
    ),
    (
        _again(lambda body: notification.parse(body, _rule_id), notification.to_xml),
        b"<NotificationConfiguration><QueueConfiguration><Id>q</Id><Queue>arn:photon:events:us-east-1:1:n</Queue>"
        b"<Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>a</Value>"
        b"</FilterRule></S3Key></Filter></QueueConfiguration><EventBridgeConfiguration/></NotificationConfiguration>",
    ),
    (
        _again(public_access.parse_block, public_access.block_xml),
        b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false"
        b"</IgnorePublicAcls></PublicAccessBlockConfiguration>",
    ),
    (
        _again(public_access.parse_ownership, public_access.ownership_xml),
        b"<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>",
    ),
    (
        lambda body: tagging.parse_xml(xml_in.parse(body, "Tagging"), 50),
        b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    ),
    (
        lambda body: acl.from_xml(body, "owner", lambda _: None, lambda _: None),
        b'<AccessControlPolicy><Owner><ID>owner</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.'
        b'w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>'
        b"</Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
    ),
    (
        _again(bucket_encryption.parse, bucket_encryption.to_xml),
        b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256"
        b"</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>"
        b"</ServerSideEncryptionConfiguration>",
    ),
    (
        versioning_document.parse,
        b"<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Disabled</MfaDelete></VersioningConfiguration>",
    ),
    (
        _again(object_lock_document.parse, object_lock_document.to_xml),
        b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>"
        b"GOVERNANCE</Mode><Days>3</Days></DefaultRetention></Rule></ObjectLockConfiguration>",
    ),
    (
        lambda body: lock.retention_from_xml(xml_in.parse(body, "Retention"), 0),
        b"<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2999-01-01T00:00:00.000Z</RetainUntilDate></Retention>",
    ),
    (
        lambda body: lock.legal_hold_from_xml(xml_in.parse(body, "LegalHold")),
        b"<LegalHold><Status>ON</Status></LegalHold>",
    ),
    (
        bucket_creation.parse,
        b"<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint><Tags><Tag><Key>k</Key><Value>v"
        b"</Value></Tag></Tags></CreateBucketConfiguration>",
    ),
    (
        _parts,
        b'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Part><PartNumber>1</PartNumber>'
        b"<ETag>&quot;a&quot;</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part></CompleteMultipartUpload>",
    ),
]
DOCUMENT_SEEDS = [seed for _, seed in DOCUMENTS]


def take_document(data: bytes, draw: random.Random) -> None:
    """By the parser whose root it has, and now and then by another."""
    fitting = [parse for parse, seed in DOCUMENTS if seed[1:8] in data[:300]] or [draw.choice(DOCUMENTS)[0]]
    for parse in fitting:
        with contextlib.suppress(S3Error):
            parse(data)


POLICIES = [
    json.dumps(
        {
            "Version": "2012-10-17",
            "Id": "x",
            "Statement": [
                {
                    "Sid": "a",
                    "Effect": "Allow",
                    "Principal": {"AWS": ["arn:aws:iam::123456789012:root", "*"]},
                    "NotAction": ["s3:Get*", "s3:PutObject"],
                    "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/${aws:username}/*"],
                    "Condition": {
                        "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::1"]},
                        "DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                        "NumericLessThanEquals": {"s3:max-keys": "10"},
                        "ForAnyValue:StringLike": {"s3:RequestObjectTagKeys": "a*"},
                    },
                }
            ],
        }
    ).encode(),
    b'{"expiration":"2030-01-01T00:00:00.000Z","conditions":[{"bucket":"b"},["starts-with","$key","a"],'
    b'["content-length-range",0,10],["eq","$acl","private"]]}',
]


def take_policy(data: bytes, draw: random.Random) -> None:
    with contextlib.suppress(PolicyError):
        parse_bucket_policy(data, "bucket")
        public_access.is_policy_public(data)
    with contextlib.suppress(S3Error):
        policy = post_policy.parse_policy(base64.b64encode(data).decode())
        policy.check({"key": "a", "bucket": "b"}, 0)


TAKERS: dict[str, tuple[Take, list[bytes]]] = {
    "aws-chunked": (take_chunks, CHUNKS),
    "chunked": (take_transfer_coding, [*CHUNKS, b"5;a=b\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"]),
    "form": (take_form, FORMS),
    "target": (take_target, TARGETS),
    "head": (take_head, HEADS),
    "document": (take_document, DOCUMENT_SEEDS),
    "policy": (take_policy, POLICIES),
}


def feed(name: str, seconds: float, seed: int) -> int:
    """Feed one target; returns how many inputs it took. AssertionError with the input when one breaks it."""
    take, seeds = TAKERS[name]
    draw = random.Random(seed)
    began = time.monotonic()
    warm: int | None = None
    count = 0
    while (spent := time.monotonic() - began) < seconds:
        data = mutated(seeds, draw)
        count += 1
        try:
            take(data, draw)
        except S3Error:
            pass
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} by {data!r}") from error
        if warm is None and spent > seconds / 4:
            gc.collect()
            warm = resident_bytes(os.getpid())
    gc.collect()
    assert resident_bytes(os.getpid()) - (warm or 0) < GROWTH_LIMIT_BYTES
    return count


@pytest.mark.parametrize("name", TAKERS)
def test_a_second(name: str) -> None:
    take, seeds = TAKERS[name]
    for seed in seeds:
        with contextlib.suppress(S3Error):
            take(seed, random.Random(0))
    assert feed(name, SHORT_SEC, seed=1) > 50


@pytest.mark.exam
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", TAKERS)
def test_two_minutes(name: str) -> None:
    assert feed(name, LONG_SEC, seed=time.time_ns()) > 5_000


# ---- a whole server


def mutated_request(root: Target, draw: random.Random) -> bytes:
    """An honest request of some kind with a few changes, or nonsense."""
    kind = draw.randrange(6)
    path = draw.choice(("/fuzzed", "/fuzzed/key", "/fuzzed/a%2Fb", "/"))
    if kind == 0:
        raw = root.signed(draw.choice(("GET", "HEAD", "DELETE", "POST")), path).raw
    elif kind == 1:
        raw = root.signed("PUT", "/fuzzed/key", b"content" * 100).raw
    elif kind == 2:
        raw = root.streamed("PUT", "/fuzzed/key", b"content" * 2000, chunk_bytes=8192).raw
    elif kind == 3:
        query = draw.choice(("cors", "website", "lifecycle", "delete", "policy", "tagging", "acl", "uploads"))
        raw = root.signed("PUT", "/fuzzed", mutated(DOCUMENT_SEEDS + POLICIES, draw), query={query: ""}).raw
    elif kind == 4:
        raw = root.form("/fuzzed", draw.choice(POLICIES), {"key": "k"}, b"data").raw
    else:
        return mutated(HEADS, draw)
    return mutated([raw], draw) if draw.random() < 0.8 else raw


def bombard(root: Target, pid: int, seconds: float, seed: int) -> int:
    draw = random.Random(seed)
    began = time.monotonic()
    warm: int | None = None
    count = 0
    while (spent := time.monotonic() - began) < seconds:
        raw = mutated_request(root, draw)
        count += 1
        with root.connect() as wire:
            statuses = exchange(wire, raw)
        assert not [status for status in statuses if status >= 500 and status not in (501, 503)], (statuses, raw)
        if warm is None and spent > seconds / 4:
            warm = resident_bytes(pid)
    assert resident_bytes(pid) - (warm or 0) < GROWTH_LIMIT_BYTES
    return count


def exchange(wire: Wire, raw: bytes) -> list[int]:
    """Send, end the sending side, and read every status line that comes back."""
    received = b""
    with contextlib.suppress(OSError):
        wire.send(raw)
        wire.socket.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionResetError):
        while data := wire.socket.recv(65536):
            received += data
    lines = [received, *received.split(b"\r\nHTTP/1.")[1:]]
    found = []
    for line in lines:
        words = line.partition(b"\r\n")[0].split(b" ")
        if len(words) > 1 and words[1].isdigit() and words[0][-4:] in (b"/1.1", b"/1.0", b"1", b"0"):
            found.append(int(words[1]))
    return found


@pytest.fixture(scope="module")
def bombed(s3_store: Any) -> Any:
    root = s3_store.target
    assert root.send(root.signed("PUT", "/fuzzed")).status == 200
    return s3_store


def test_a_server_for_seconds(bombed: Any) -> None:
    assert bombard(bombed.target, bombed.process.pid, 3.0, seed=3) > 100
    assert bombed.process.events("request_failed") == []
    assert bombed.target.send(bombed.target.signed("GET", "/")).status == 200


@pytest.mark.exam
@pytest.mark.timeout(600)
def test_a_server_for_two_minutes(bombed: Any) -> None:
    assert bombard(bombed.target, bombed.process.pid, LONG_SEC, seed=time.time_ns()) > 5_000
    assert bombed.process.events("request_failed") == []
    assert bombed.target.send(bombed.target.signed("GET", "/")).status == 200
