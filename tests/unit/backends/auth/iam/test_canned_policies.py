"""Policies by one word."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.iam.canned_policies import CANNED_POLICIES, DEFAULT_POLICY
from photoncloud.backends.auth.iam.decision import Resource
from photoncloud.backends.auth.iam.evaluation import AccessRequest, PolicyLayers, evaluate
from photoncloud.backends.auth.iam.principal import Principal, PrincipalKind

USER = Principal(PrincipalKind.USER, "1" * 12, "a", "arn:aws:iam::111111111111:user/u", "c", "u")


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        ("s3:GetObject", {"admin", "readwrite", "readonly"}),
        ("s3:ListBucket", {"admin", "readwrite", "readonly"}),
        ("s3:PutObject", {"admin", "readwrite", "writeonly"}),
        ("s3:AbortMultipartUpload", {"admin", "readwrite", "writeonly"}),
        ("s3:DeleteObject", {"admin", "readwrite"}),
        ("s3:CreateBucket", {"admin", "readwrite"}),
        ("photon:lightningstor:CreateKey", {"admin"}),
    ],
)
def test_what_each_word_allows(action: str, allowed: set[str]) -> None:
    granting = {
        name
        for name, policy in CANNED_POLICIES.items()
        if evaluate(
            AccessRequest(USER, action, Resource("arn:aws:s3:::b/k", "1" * 12), layers=PolicyLayers((policy,)))
        ).is_allowed
    }
    assert granting == allowed


def test_the_default() -> None:
    assert DEFAULT_POLICY == "readwrite"
    assert set(CANNED_POLICIES) == {"admin", "readwrite", "readonly", "writeonly"}
