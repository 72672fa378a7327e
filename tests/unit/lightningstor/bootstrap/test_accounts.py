from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from photoncloud.backends.auth.iam.principal import derive_account_id, derive_canonical_id
from photoncloud.lightningstor.bootstrap.accounts import Accounts
from photoncloud.lightningstor.errors import S3Error


def policy(principal: Any, action: str = "s3:GetObject") -> bytes:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "arn:aws:s3:::bucket/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


async def test_accounts_are_found(s3_world: Any) -> None:
    accounts = s3_world.services.accounts
    canonical = derive_canonical_id("other")
    assert accounts.find_email("Stranger@Example.com") == (canonical, "other")
    assert accounts.find_email("nobody@example.com") is None
    assert accounts.find_id(canonical) == "other"
    assert accounts.find_id("0" * 64) is None


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": derive_account_id("other")},
        {"AWS": f"arn:aws:iam::{derive_account_id('other')}:root"},
        {"AWS": f"arn:aws:iam::{derive_account_id('default')}:user/alice"},
        {"CanonicalUser": derive_canonical_id("other")},
    ],
)
async def test_policies_may_name_who_exists(s3_world: Any, principal: Any) -> None:
    s3_world.services.accounts.check_policy(policy(principal), "bucket")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (policy({"AWS": f"arn:aws:iam::{derive_account_id('default')}:user/ghost"}), "Invalid principal in policy"),
        (policy({"AWS": "000000000000"}), "Invalid principal in policy"),
        (policy({"CanonicalUser": "0" * 64}), "Invalid principal in policy"),
        (policy("*", "s3:Frobnicate"), "Policy has invalid action"),
        (policy("*", "ec2:RunInstances"), "Policy has invalid action"),
        (policy("*").replace(b":::bucket", b":::other"), "Policy has invalid resource"),
        (b"[]", "Policies must be valid JSON and the first byte must be '{'"),
    ],
)
async def test_policies_are_checked(s3_world: Any, document: bytes, message: str) -> None:
    with pytest.raises(S3Error) as refusal:
        s3_world.services.accounts.check_policy(document, "bucket")
    assert (refusal.value.code, refusal.value.message) == ("MalformedPolicy", message)


async def test_a_backend_that_must_be_waited_for_cannot_answer() -> None:
    class Remote:
        async def find_account(self, key: Any, value: str) -> None:
            await asyncio.sleep(1)

    remote: Any = Remote()
    with pytest.raises(S3Error) as refusal:
        Accounts(remote).find_id("x")
    assert refusal.value.code == "ServiceUnavailable"
