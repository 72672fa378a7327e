"""Signatures, presigned URLs, public reads, CORS."""

from __future__ import annotations

import json

from photoncloud.api.s3_client import S3Request
from photoncloud.lightningstor.offline.s3_probe import Case, Probe

ORIGIN = "https://app.example.test"
CORS = (
    "<CORSConfiguration><CORSRule>"
    f"<AllowedOrigin>{ORIGIN}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader>"
    "<MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>"
)


def bad_signatures(probe: Probe) -> None:
    probe.put("secret", b"x")
    wrong = probe.client.request("GET", probe.bucket, "secret", signer=probe.as_other(secret_key="wrong" * 8))
    probe.want(403, wrong, "SignatureDoesNotMatch")
    unknown = probe.client.request(
        "GET", probe.bucket, "secret", signer=probe.as_other(access_key="AKIAUNKNOWNUNKNOWN00")
    )
    probe.want(403, unknown, "InvalidAccessKeyId")
    probe.want(403, probe.client.anonymous("GET", probe.bucket, "secret"), "AccessDenied")
    probe.want(403, probe.client.anonymous("PUT", probe.bucket, "smuggled", body=b"x"), "AccessDenied")
    old = probe.client.request("GET", probe.bucket, "secret", headers={"x-amz-date": "20200101T000000Z"})
    probe.want(403, old, "RequestTimeTooSkewed")


def presigned_urls(probe: Probe) -> None:
    put = S3Request("PUT", probe.bucket, "presigned", body=b"by link")
    probe.want(200, probe.client.presigned(put))
    get = S3Request("GET", probe.bucket, "presigned")
    probe.equal("body", probe.want(200, probe.client.presigned(get)).body, b"by link")
    probe.want(403, probe.client.presigned(get, expires_sec=60, age_sec=120), "AccessDenied")
    another = probe.client.signer.presigned_target(get, probe.client.host, 0, 60)
    tampered = another.replace("presigned", "secret")
    answer = probe.client.send(S3Request("GET", probe.bucket, "secret"), tampered, {"host": probe.client.host})
    probe.want(403, answer)


def overridden_headers(probe: Probe) -> None:
    probe.put("override", b"x", {"Content-Type": "text/plain"})
    got = probe.want(200, probe.get("override", query={"response-content-type": "text/html"}))
    probe.equal("Content-Type", got.headers.get("content-type"), "text/html")


def public_by_policy(probe: Probe) -> None:
    bucket = probe.extra_bucket()
    probe.put("page", b"public", bucket=bucket)
    probe.want(403, probe.client.anonymous("GET", bucket, "page"))
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    answer = probe.do("PUT", query={"policy": ""}, body=policy, bucket=bucket)
    if answer.status != 204:
        probe.want(200, answer)
    probe.equal("body", probe.want(200, probe.client.anonymous("GET", bucket, "page")).body, b"public")
    probe.want(403, probe.client.anonymous("PUT", bucket, "page", body=b"x"), "AccessDenied")
    probe.want(204, probe.do("DELETE", query={"policy": ""}, bucket=bucket))
    probe.want(403, probe.client.anonymous("GET", bucket, "page"))


def preflights(probe: Probe) -> None:
    bucket = probe.extra_bucket()
    probe.put("shared", b"x", bucket=bucket)
    probe.want(200, probe.do("PUT", query={"cors": ""}, body=CORS.encode(), bucket=bucket))
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    allowed = probe.want(200, probe.client.anonymous("OPTIONS", bucket, "shared", headers=asked))
    probe.equal("Access-Control-Allow-Origin", allowed.headers.get("access-control-allow-origin"), ORIGIN)
    refused = probe.client.anonymous("OPTIONS", bucket, "shared", headers={**asked, "Origin": "https://else.test"})
    probe.want(403, refused)


CASES: tuple[tuple[str, Case], ...] = (
    ("bad signatures are refused", bad_signatures),
    ("presigned URLs", presigned_urls),
    ("response-* overrides", overridden_headers),
    ("public by bucket policy", public_by_policy),
    ("CORS preflight", preflights),
)
