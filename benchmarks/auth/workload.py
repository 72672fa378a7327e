"""The workload: one presigned GET, one header-signed PUT, a chunk, and policies of several sizes."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from photoncloud.backends.auth.iam import sigv4
from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain, chunk_string_to_sign
from photoncloud.backends.auth.iam.decision import Resource
from photoncloud.backends.auth.iam.evaluation import AccessRequest, PolicyLayers, evaluate
from photoncloud.backends.auth.iam.policy import parse_identity_policy
from photoncloud.backends.auth.iam.principal import Principal, PrincipalKind
from photoncloud.backends.auth.iam.signing_key import SigningKeyCache

CREDENTIALS = Credentials("AKIABENCHMARK0000000", "b" * 40)
HOST = "127.0.0.1:9001"
PATH = "/bench/obj-000123"
URL = f"http://{HOST}{PATH}"
RULES = sigv4.SigV4Rules()
PUT_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg==",
    "User-Agent": "Boto3/1.40 md/Botocore ua/2.1 os/linux",
    "x-amz-checksum-crc32": "AAAAAA==",
    "x-amz-sdk-checksum-algorithm": "CRC32",
    "Expect": "100-continue",
}
ACCOUNT = "1" * 12
ALICE = Principal(PrincipalKind.USER, ACCOUNT, "a", f"arn:aws:iam::{ACCOUNT}:user/alice", "c", "alice", "alice")
ROOT = Principal(PrincipalKind.ROOT, ACCOUNT, "a", f"arn:aws:iam::{ACCOUNT}:root", "c", "a")
CONTEXT = {"aws:sourceip": "10.1.2.3", "aws:securetransport": "true", "s3:prefix": "home/alice/"}

Work = Callable[[], object]


@dataclass(frozen=True)
class Workload:
    """`ours` and `peer` do the same piece of work once; the peer is missing where there is none in this environment."""

    name: str
    ours: Work
    peer_name: str = ""
    peer: Work | None = None
    budget_us: float = 0.0


def verification(request: sigv4.SignedRequest) -> Work:
    cache = SigningKeyCache()
    now_ns = time.time_ns()

    def verify() -> None:
        parsed = sigv4.parse(request, RULES, now_ns)
        if parsed is None:
            raise RuntimeError("the workload lost its credentials")
        key = cache.derive(parsed.access_key_id, CREDENTIALS.secret_key, parsed.date, parsed.region, parsed.service)
        sigv4.verify(parsed, key)

    return verify


def sign_query() -> AWSRequest:
    request = AWSRequest("GET", URL)
    S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", 3600).add_auth(request)
    return request


def sign_header() -> AWSRequest:
    request = AWSRequest("PUT", URL, headers=PUT_HEADERS, data=b"")
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(CREDENTIALS, "s3", "us-east-1").add_auth(request)
    return request


def presigned_get() -> Workload:
    query = sign_query().url.partition("?")[2].encode()
    headers = [(b"host", HOST.encode()), (b"user-agent", b"wrk"), (b"accept", b"*/*")]
    request = sigv4.SignedRequest(b"GET", PATH.encode(), query, headers)
    return Workload("verify a presigned GET", verification(request), "botocore signing", sign_query, 30)


def signed_put() -> Workload:
    fields = [(name.lower().encode(), str(value).encode()) for name, value in sign_header().headers.items()]
    headers = [*fields, (b"host", HOST.encode()), (b"content-length", b"0"), (b"accept-encoding", b"identity")]
    request = sigv4.SignedRequest(b"PUT", PATH.encode(), b"", headers)
    return Workload("verify a header-signed PUT", verification(request), "botocore signing", sign_header, 40)


def chunk() -> Workload:
    seed = b"0" * 64
    request = sigv4.ParsedSignature(
        sigv4.Mechanism.HEADER, "AK", "20260304", "us-east-1", "s3", "20260304T050607Z", 0, None, b"", None, seed, b""
    )
    key, digest = b"k" * 32, b"d" * 64
    text = chunk_string_to_sign(request.timestamp.encode(), request.scope.encode(), seed, digest)
    signature = hmac.digest(key, text, "sha256").hex().encode()
    return Workload("verify a chunk", lambda: ChunkSignatureChain(request, key).verify_chunk(signature, digest))


def decisions() -> list[Workload]:
    resource = Resource("arn:aws:s3:::bench/home/alice/obj", ACCOUNT)
    reading = parse_identity_policy(policy_text([statement("s3:Get*", "*")]))
    many = PolicyLayers(tuple(parse_identity_policy(policy_text(five_statements(index))) for index in range(10)))
    root = AccessRequest(ROOT, "s3:GetObject", resource)
    simple = AccessRequest(ALICE, "s3:GetObject", resource, CONTEXT, PolicyLayers((reading,)))
    busy = AccessRequest(ALICE, "s3:GetObject", resource, CONTEXT, many)
    return [
        Workload("decide: root", lambda: evaluate(root)),
        Workload("decide: one policy", lambda: evaluate(simple)),
        Workload("decide: 10 policies x 5 statements, 3 conditions", lambda: evaluate(busy), budget_us=80),
    ]


def policy_text(statements: list[dict[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def statement(action: str, resource: str, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def five_statements(index: int) -> list[dict[str, object]]:
    """Two that speak of the action (one for another bucket, one with three conditions), three that do not."""
    conditions = {
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
        "Bool": {"aws:SecureTransport": "true"},
        "StringLike": {"s3:prefix": "home/*"},
    }
    return [
        statement("s3:GetObject", f"arn:aws:s3:::other-{index}/*"),
        statement("s3:Get*", "arn:aws:s3:::bench/home/*", Condition=conditions),
        statement("s3:PutObject", "arn:aws:s3:::bench/*"),
        statement("ec2:*", "*"),
        statement("iam:List*", "*"),
    ]


def workloads() -> list[Workload]:
    return [presigned_get(), signed_put(), chunk(), *decisions()]
