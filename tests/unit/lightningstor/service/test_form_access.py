"""Browser forms: the signer stands in the form, not in the request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from photoncloud.backends.auth.iam.principal import derive_account_id

BOUNDARY = "form-boundary"


def secret_key(user: str) -> tuple[str, str]:
    access_key = f"AKIA{user.upper():2<16}"
    return access_key, hashlib.sha256(access_key.encode()).hexdigest()[:40]


def signed_fields(user: str, *conditions: Any) -> dict[str, str]:
    """Policy and signature for the key `k`."""
    access_key, secret = secret_key(user)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{now[:8]}/us-east-1/s3/aws4_request"
    fields = {
        "key": "k",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{access_key}/{scope}",
        "x-amz-date": now,
    }
    policy = {
        "expiration": "2999-01-01T00:00:00.000Z",
        "conditions": [{"bucket": "bucket"}, *[{name: value} for name, value in fields.items()], *conditions],
    }
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return {**fields, "policy": encoded, "x-amz-signature": hmac.digest(key, encoded.encode(), "sha256").hex()}


async def post(world: Any, fields: dict[str, str]) -> Any:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ncontent\r\n')
    body = "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()
    headers = {
        "Host": "localhost",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(body)),
    }
    return await world.ask("POST", "/bucket", headers, body)


@pytest.fixture(autouse=True)
async def bucket(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")


async def test_the_signer_of_the_form_writes(s3_world: Any) -> None:
    assert (await post(s3_world, signed_fields("alice"))).status == 204
    assert (await s3_world.send("GET", "/bucket/k")).body == b"content"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (signed_fields("reader"), "AccessDenied"),
        (signed_fields("stranger"), "AccessDenied"),
        (signed_fields("ghost"), "InvalidAccessKeyId"),
        ({**signed_fields("alice"), "x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
        ({**signed_fields("alice"), "AWSAccessKeyId": "a"}, "InvalidRequest"),
        ({"key": "k"}, "AccessDenied"),
        ({"key": "k", "x-amz-credential": "a"}, "InvalidArgument"),
    ],
)
async def test_nobody_else_does(s3_world: Any, fields: dict[str, str], code: str) -> None:
    assert (await post(s3_world, fields)).code == code
    assert (await s3_world.send("HEAD", "/bucket/k")).status == 404


async def test_nobody_writes_where_a_policy_lets_him(s3_world: Any) -> None:
    await s3_world.put_policy(
        "bucket", {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}
    )
    assert (await post(s3_world, {"key": "k"})).status == 204
    assert (await post(s3_world, {"key": "k", "acl": "public-read"})).code == "AccessDenied"


async def test_a_form_with_tags_needs_the_right_to_tag(s3_world: Any) -> None:
    tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    arn = f"arn:aws:iam::{derive_account_id('default')}:user/alice"
    fields = {**signed_fields("alice", {"tagging": tagging}), "tagging": tagging}
    assert (await post(s3_world, fields)).status == 204
    await s3_world.put_policy(
        "bucket",
        {
            "Effect": "Deny",
            "Principal": {"AWS": arn},
            "Action": "s3:PutObjectTagging",
            "Resource": "arn:aws:s3:::bucket/*",
        },
    )
    assert (await post(s3_world, fields)).code == "AccessDenied"
