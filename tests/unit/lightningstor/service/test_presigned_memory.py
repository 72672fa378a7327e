"""A presigned request is verified once; everything that may change since is looked at each time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from photoncloud.backends.auth.iam.sigv4 import SigV4Rules
from photoncloud.backends.auth.port import Authentication
from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.service.authentication import Authenticator
from photoncloud.lightningstor.service.presigned_memory import FIELD_LIMIT, REMEMBERED, PresignedMemory


def request(
    target: str, method: str = "GET", *, later_sec: int = 0, host: str = "localhost", fields: int = 0
) -> Request:
    headers = ((b"host", host.encode()), *((b"x-%d" % number, b"") for number in range(fields)))
    body: Any = None
    now_ns = time.time_ns() + later_sec * 1_000_000_000
    return Request(method, target.encode(), headers, dict(headers), body, "192.0.2.1", False, "R", now_ns)


@pytest.fixture
def memory(s3_world: Any) -> PresignedMemory:
    return PresignedMemory(s3_world.engines.auth, 900)


@pytest.fixture
def authenticate(s3_world: Any) -> Any:
    """Verify for real."""
    from photoncloud.backends.auth.iam.sigv4 import SignedRequest
    from photoncloud.backends.auth.port import HttpEvidence

    def verify(asked: Request) -> Authentication:
        path, _, query = asked.target.partition(b"?")
        signed = SignedRequest(asked.method.encode(), path, query, asked.headers)
        found: Authentication = s3_world.engines.auth.authenticate_now(
            HttpEvidence(signed, SigV4Rules()), asked.received_ns
        )
        return found

    return verify


def test_the_same_request_is_recalled(s3_world: Any, memory: PresignedMemory, authenticate: Any) -> None:
    target = s3_world.presigned("GET", "/bucket/k", "alice")
    assert memory.recall(request(target)) is None
    found = authenticate(request(target))
    memory.remember(request(target), found)
    recalled = memory.recall(request(target))
    assert recalled is not None
    assert (recalled.principal, recalled.signature) == (found.principal, found.signature)
    assert recalled.principal.user_name == "alice"


def test_any_other_request_is_not(s3_world: Any, memory: PresignedMemory, authenticate: Any) -> None:
    target = s3_world.presigned("GET", "/bucket/k")
    memory.remember(request(target), authenticate(request(target)))
    for other in (
        request(target, "HEAD"),
        request(target, host="elsewhere"),
        request(target, fields=1),
        request(target + "&x=y"),
        request(target.replace("/k?", "/K?")),
        request(target[:-1] + ("0" if target[-1] != "0" else "1")),
    ):
        assert memory.recall(other) is None


@pytest.mark.parametrize(("later_sec", "is_valid"), [(0, True), (58, True), (62, False), (-890, True), (-910, False)])
def test_time_is_looked_at_anew(
    s3_world: Any, memory: PresignedMemory, authenticate: Any, later_sec: int, is_valid: bool
) -> None:
    target = s3_world.presigned("GET", "/bucket/k", expires=60)
    memory.remember(request(target), authenticate(request(target)))
    assert (memory.recall(request(target, later_sec=later_sec)) is not None) is is_valid


async def test_a_key_that_is_gone_opens_nothing(s3_world: Any, memory: PresignedMemory, authenticate: Any) -> None:
    created = await s3_world.engines.auth.create_key("robot", time.time_ns(), policy="readonly")
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    asked = AWSRequest("GET", "http://localhost/bucket/k")
    credentials = Credentials(created.access_key_id, created.secret.reveal())
    botocore.auth.S3SigV4QueryAuth(credentials, "s3", "us-east-1").add_auth(asked)
    target = asked.url.removeprefix("http://localhost")
    memory.remember(request(target), authenticate(request(target)))
    assert memory.recall(request(target)) is not None
    await s3_world.engines.auth.set_key_enabled(created.access_key_id, False)
    assert memory.recall(request(target)) is None
    await s3_world.engines.auth.set_key_enabled(created.access_key_id, True)
    assert memory.recall(request(target)) is not None
    await s3_world.engines.auth.delete_key(created.access_key_id)
    assert memory.recall(request(target)) is None


def test_what_is_not_kept(s3_world: Any, memory: PresignedMemory, authenticate: Any) -> None:
    from dataclasses import replace

    target = s3_world.presigned("GET", "/bucket/k")
    found = authenticate(request(target))
    nobody = authenticate(request("/bucket/k"))
    temporary = replace(found, signature=found.signature._replace(security_token=b"t"))
    for asked, verified in (
        (request("/bucket/k"), nobody),
        (request(target), temporary),
        (request(target, fields=FIELD_LIMIT), found),
        (request(target + "&x=" + "y" * 3000), found),
    ):
        memory.remember(asked, verified)
        assert memory.recall(asked) is None


def test_it_is_bounded(s3_world: Any, memory: PresignedMemory, authenticate: Any) -> None:
    target = s3_world.presigned("GET", "/bucket/k")
    found = authenticate(request(target))
    for number in range(REMEMBERED + 5):
        memory.remember(request(f"{target}&n={number}"), found)
    assert len(memory._verified) == REMEMBERED
    assert memory.recall(request(f"{target}&n=0")) is None
    assert memory.recall(request(f"{target}&n={REMEMBERED}")) is not None


async def test_other_rules_forget(s3_world: Any) -> None:
    authenticator = Authenticator(s3_world.engines.auth, SigV4Rules())
    target = s3_world.presigned("GET", "/bucket/k")
    await authenticator.authenticate(request(target))
    authenticator.follow(SigV4Rules(region="mars-1"))
    from photoncloud.lightningstor.errors import S3Error

    with pytest.raises(S3Error):
        await authenticator.authenticate(request(target))


async def test_a_policy_put_later_still_decides(s3_world: Any) -> None:
    """Who the caller is may be remembered; what he may do is asked each time."""
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"content")
    target = s3_world.presigned("GET", "/bucket/k")
    for _ in range(2):
        assert (await s3_world.ask("GET", target, {"Host": "localhost"})).body == b"content"
    await s3_world.put_policy("bucket", {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
    assert (await s3_world.ask("GET", target, {"Host": "localhost"})).code == "AccessDenied"
