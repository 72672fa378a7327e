"""The one order of lightningstor.md §4.1, and what the pipeline reports."""

from __future__ import annotations

from typing import Any

import pytest

from photoncloud.lightningstor.core.operations import SERVED
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace, StoreDamaged
from photoncloud.lightningstor.service.admission import AdmissionLimits


async def test_every_operation_has_a_handler(s3_world: Any) -> None:
    assert set(s3_world.services.handlers) == SERVED


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/bucket?acl&cors"), ("PATCH", "/bucket"), ("GET", "/bucket/k?torrent")]
)
async def test_refusals_of_the_table_are_spoken_after_authentication(s3_world: Any, method: str, target: str) -> None:
    wrong = await s3_world.send(method, target, region="mars-1")
    assert wrong.code == "AuthorizationHeaderMalformed"
    assert (await s3_world.send(method, target)).code in ("InvalidArgument", "MethodNotAllowed", "NotImplemented")


async def test_a_bucket_is_looked_for_before_rights(s3_world: Any) -> None:
    assert (await s3_world.send("GET", "/nothing", user="powerless")).code == "NoSuchBucket"
    reply = await s3_world.send("GET", "/nothing", user="")
    assert (reply.status, reply.code, reply.text("BucketName")) == (404, "NoSuchBucket", "nothing")


async def test_rights_are_asked_before_the_body(s3_world: Any) -> None:
    """Every refusal comes before the first read, which is what sends `100 Continue`."""
    await s3_world.send("PUT", "/bucket")
    for user, target, fields in (
        ("powerless", "/bucket/k", {}),
        ("root", "/nothing/k", {}),
        ("root", "/bucket/" + "k" * 1025, {}),
        ("root", "/bucket/k", {"x-amz-expected-bucket-owner": "000000000000"}),
        ("root", "/bucket/k", {"x-amz-checksum-crc32": "nonsense"}),
        ("root", "/bucket/k", {"content-md5": "nonsense"}),
    ):
        reply = await s3_world.send("PUT", target, b"body", user=user, fields=fields)
        assert reply.status >= 400
        assert not s3_world.bodies[-1].was_read, (target, fields)


async def test_a_key_that_is_too_long(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    reply = await s3_world.send("GET", "/bucket/" + "k" * 1025)
    assert (reply.code, reply.text("Size"), reply.text("MaxSizeAllowed")) == ("KeyTooLongError", "1025", "1024")


async def test_expected_owner(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    bucket = await s3_world.services.directory.get("bucket")
    for owner, code in (
        (bucket.record.account_id, ""),
        ("000000000000", "AccessDenied"),
        ("nonsense", "InvalidBucketOwnerAWSAccountID"),
        ("", "InvalidBucketOwnerAWSAccountID"),
    ):
        reply = await s3_world.send("GET", "/bucket", fields={"x-amz-expected-bucket-owner": owner})
        assert reply.code == code


async def test_put_framing(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    assert (await s3_world.send("PUT", "/bucket/k", framing="none")).code == "MissingContentLength"
    reply = await s3_world.send("PUT", "/bucket/k", b"x", framing="chunked")
    assert (reply.status, reply.code, reply.text("Header")) == (501, "NotImplemented", "Transfer-Encoding")


async def test_a_full_server_says_when_to_come_back(s3_world: Any) -> None:
    admission = s3_world.services.admission
    await s3_world.send("PUT", "/bucket")
    admission.limits = AdmissionLimits(max_inflight_requests=0)
    reply = await s3_world.send("GET", "/bucket")
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "SlowDown", "1")
    assert admission.in_flight == 0


async def test_a_full_disk_takes_deletes_and_reads(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"x")
    s3_world.services.admission.limits = AdmissionLimits(min_free_bytes=1 << 62)
    for method, target in (("PUT", "/bucket/k2"), ("POST", "/bucket/k2?uploads"), ("PUT", "/other")):
        reply = await s3_world.send(method, target)
        assert (reply.status, reply.code) == (507, "InsufficientStorage")
        assert not s3_world.bodies[-1].was_read
    assert (await s3_world.send("GET", "/bucket/k")).body == b"x"
    assert (await s3_world.send("DELETE", "/bucket/k")).status == 204


@pytest.mark.parametrize(
    ("error", "status", "code", "is_defect"),
    [
        (IndexUnavailable("away", maybe_applied=True), 503, "ServiceUnavailable", False),
        (OutOfSpace("full"), 507, "InsufficientStorage", False),
        (CommitLost(), 503, "SlowDown", False),
        (StoreDamaged("blob", "somewhere"), 500, "InternalError", True),
        (RuntimeError("defect"), 500, "InternalError", True),
    ],
)
async def test_failures_below(s3_world: Any, error: Exception, status: int, code: str, is_defect: bool) -> None:
    reported: list[BaseException] = []
    reporting = s3_world.services.pipeline._report
    from dataclasses import replace

    s3_world.services.pipeline._report = replace(reporting, report_defect=lambda _, found: reported.append(found))
    await s3_world.send("PUT", "/bucket")

    async def fail(call: Any) -> Any:
        raise error

    s3_world.services.handlers["GetObject"] = fail
    reply = await s3_world.send("GET", "/bucket/k")
    assert (reply.status, reply.code) == (status, code)
    assert reported == ([error] if is_defect else [])
    assert b"somewhere" not in reply.body
    assert s3_world.services.admission.in_flight == 0


# ---- CORS


CORS = (
    b"<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    b"<AllowedHeader>x-*</AllowedHeader><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>"
)


async def preflight(world: Any, target: str, **headers: str) -> Any:
    return await world.ask("OPTIONS", target, {"Host": "localhost", **headers})


async def test_preflight(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    wanted = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    assert (await preflight(s3_world, "/bucket/k")).code == "BadRequest"
    assert (await preflight(s3_world, "/bucket/k", **wanted)).code == "AccessForbidden"
    assert (await s3_world.send("PUT", "/bucket?cors", CORS)).status == 200
    reply = await preflight(s3_world, "/bucket/k", **wanted, **{"Access-Control-Request-Headers": "X-A"})
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "https://a.example"
    assert reply.headers["access-control-allow-headers"] == "x-a"
    wanted["Origin"] = "https://b.example"
    assert (await preflight(s3_world, "/bucket/k", **wanted)).code == "AccessForbidden"


async def test_actual_requests_get_the_fields_also_on_errors(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket?cors", CORS)
    for user, status in (("root", 404), ("", 403)):
        reply = await s3_world.send("GET", "/bucket/none", user=user, fields={"Origin": "https://a.example"})
        assert (reply.status, reply.headers["access-control-allow-origin"]) == (status, "https://a.example")
    reply = await s3_world.send("GET", "/bucket/none", fields={"Origin": "https://b.example"})
    assert "access-control-allow-origin" not in reply.headers
    reply = await s3_world.send("GET", "/nothing", fields={"Origin": "https://a.example"})
    assert "access-control-allow-origin" not in reply.headers


# ---- what is reported


async def test_refusals_are_explained_without_secrets(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    target = s3_world.presigned("GET", "/bucket/k").replace("bucket/k", "bucket/other")
    reply = await s3_world.ask("GET", target, {"Host": "localhost"})
    assert reply.code == "SignatureDoesNotMatch"
    refusal = s3_world.services.explanations.find(f"REQUEST{s3_world.count:09d}")
    signature = target.rpartition("X-Amz-Signature=")[2]
    assert (refusal.code, refusal.operation) == ("SignatureDoesNotMatch", "GetObject")
    assert refusal.signature["CanonicalRequest"].startswith("GET\n/bucket/other\n")
    assert signature not in repr(refusal)
    assert "X-Amz-Signature=REDACTED" in refusal.target


async def test_the_deciding_statement_is_explained_to_the_operator_only(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    denial = {"Sid": "NoReading", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    await s3_world.put_policy("bucket", denial)
    reply = await s3_world.send("GET", "/bucket/k", user="alice")
    assert reply.code == "AccessDenied"
    assert b"NoReading" not in reply.body
    refusal = s3_world.services.explanations.find(f"REQUEST{s3_world.count:09d}")
    assert refusal.principal.endswith(":user/alice")
    assert "NoReading" in refusal.policy["statement"]
    assert refusal.policy["resource"] == "explicit_deny"
    assert refusal.reason.startswith("s3:GetObject: ")


async def test_ordinary_misses_are_not_kept(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("GET", "/bucket/none")
    assert s3_world.services.explanations.find(f"REQUEST{s3_world.count:09d}") is None


async def test_traffic_is_counted(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"12345")
    await s3_world.send("GET", "/bucket/k")
    await s3_world.send("GET", "/bucket/none")
    traffic = s3_world.services.traffic
    assert traffic.requests[("PutObject", "200")] == 1
    assert traffic.requests[("GetObject", "200")] == 1
    assert traffic.requests[("GetObject", "NoSuchKey")] == 1
    assert sum(traffic.latencies["GetObject"].counts) == 2
    assert traffic.bytes_in >= 5
    assert traffic.bytes_out >= 5


async def test_hostile_targets_never_lead_to_500(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    for target in (
        "/bucket/k?versionId=%00",
        "/bucket/k?versionId=" + "9" * 5000,
        "/bucket?max-keys=99999999999999999999",
        "/bucket?prefix=%F0%9F%98%80&delimiter=%00",
        "/bucket/k?partNumber=x",
        "/bucket/k?uploadId=%2e%2e%2f",
        "/bucket?list-type=2&continuation-token=%00",
        "/bucket?versions&version-id-marker=x",
        "/%00",
        "/..",
        "/bucket/k?response-content-type=%0d%0aX:%20y",
    ):
        for method in ("GET", "HEAD", "DELETE", "PUT", "POST"):
            reply = await s3_world.send(method, target)
            assert reply.status < 500, (method, target, reply.body)
