"""Bucket policies: messages of S3, and which resources are the bucket's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from photoncloud.backends.auth.iam import bucket_policy
from photoncloud.backends.auth.iam.bucket_policy import load_bucket_policy, parse_bucket_policy
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.statements import BrokenPolicy, PolicyKind

GOOD: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::bucket/*",
}
NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"


def text(**changes: Any) -> bytes:
    statement = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()


def message(document: bytes, **more: Any) -> str:
    with pytest.raises(PolicyError) as caught:
        parse_bucket_policy(document, "bucket", **more)
    assert (caught.value.code, caught.value.status) == ("MalformedPolicy", 400)
    return caught.value.message


def test_accepted() -> None:
    document = parse_bucket_policy(text(), "bucket", "b/bucket")
    assert (document.kind, document.policy_id) == (PolicyKind.RESOURCE, "b/bucket")
    assert [element.is_everyone for element in document.principals()] == [True]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"", NOT_JSON),
        (b" {}", NOT_JSON),
        (b"[]", NOT_JSON),
        (b"{", NOT_JSON),
        (text()[:-1] + b',"Version":"2012-10-17"}', NOT_JSON),
        (b"{}", "Invalid policy syntax: Statement is missing or empty"),
        (text(Effect="ALLOW"), "Invalid effect: ALLOW"),
        (text(Principal=...), "Missing required field Principal"),
        (text(Principal={"AWS": "bob"}), "Invalid principal in policy"),
        (text(Principal={"AWS": "arn:aws:iam::1:user/x"}), "Invalid principal in policy"),
        (text(Principal={}), "Invalid principal in policy"),
        (text(Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
        (text(Resource="arn:aws:s3:::bucketeer"), "Policy has invalid resource"),
        (text(Resource="bucket/*"), "Policy has invalid resource"),
        (text(Resource="arn:aws:s3:::bucketeer*"), "Policy has invalid resource"),
        (text(Resource="arn:aws:s3:::"), "Policy has invalid resource"),
        (text(Resource=["arn:aws:s3:::bucket", "arn:aws:s3:::x"]), "Policy has invalid resource"),
        (text(Resource=...), "Missing required field Resource"),
        (text(Resource=[]), "Missing required field Resource"),
        (text(Action=...), "Missing required field Action"),
        (text(Action=[]), "Missing required field Action"),
        (text(Action="ec2:RunInstances"), "Policy has invalid action"),
        (text(Action="GetObject"), "Policy has invalid action"),
        (text(Action="s3:"), "Policy has invalid action"),
        (text(Sid="x" * 20_480), "Policy exceeds the maximum allowed document size."),
    ],
)
def test_messages(document: bytes, expected: str) -> None:
    assert message(document) == expected


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:s3:::bucket",
        "arn:photon:s3:::bucket/a/*",
        "arn:aws:s3:::buck*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::bucket*/x",
        "arn:aws:s3:::buck*x",
        "arn:aws:s3:::?ucket/x",
        "arn:aws:s3:::bucket/${aws:username}/*",
        "arn:aws:s3:::${aws:PrincipalTag/b}/*",
    ],
)
def test_resources_that_can_reach_the_bucket(resource: str) -> None:
    assert parse_bucket_policy(text(Resource=resource), "bucket")


def test_known_actions() -> None:
    known = ["s3:GetObject", "s3:PutObject"]
    assert parse_bucket_policy(text(Action=["S3:getobject", "s3:Put*", "*"]), "bucket", known_actions=known)
    for unknown in ("s3:GetObjekt", "s3:Delete*"):
        assert message(text(Action=unknown), known_actions=known) == "Policy has invalid action"


def test_not_principal_names_one() -> None:
    document = text(Principal=..., NotPrincipal={"AWS": "123456789012"})
    assert [element.is_negated for element in parse_bucket_policy(document, "bucket").principals()] == [True]


def test_a_stored_policy_that_no_longer_parses_is_broken() -> None:
    assert load_bucket_policy(b"{", "bucket", "id") == BrokenPolicy("id", bucket_policy.NOT_JSON)
