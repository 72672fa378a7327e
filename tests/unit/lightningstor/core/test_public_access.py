"""PublicAccessBlock, ownership, and what S3 calls public."""

from __future__ import annotations

import json

import pytest

from photoncloud.lightningstor.core import acl, public_access
from photoncloud.lightningstor.core.public_access import PublicAccessBlock
from photoncloud.lightningstor.errors import S3Error

OWNER = "a" * 64


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises(S3Error) as caught:
        call(*arguments)  # type: ignore[operator]
    return caught.value.code


@pytest.mark.parametrize("block", [PublicAccessBlock(True), PublicAccessBlock(False, True, False, True)])
def test_block_round_trip(block: PublicAccessBlock) -> None:
    assert public_access.parse_block(public_access.block_xml(block)) == block


def test_block_needs_a_switch_and_boolean_values() -> None:
    root = b"<PublicAccessBlockConfiguration>%b</PublicAccessBlockConfiguration>"
    assert code_of(public_access.parse_block, root % b"") == "MalformedXML"
    assert code_of(public_access.parse_block, root % b"<BlockPublicAcls>maybe</BlockPublicAcls>") == "MalformedXML"


@pytest.mark.parametrize("ownership", public_access.OWNERSHIPS)
def test_ownership_round_trip(ownership: str) -> None:
    assert public_access.parse_ownership(public_access.ownership_xml(ownership)) == ownership
    assert public_access.check_ownership_header(ownership) == ownership


def test_bad_ownership() -> None:
    assert code_of(public_access.parse_ownership, public_access.ownership_xml("Nobody")) == "MalformedXML"
    assert code_of(public_access.check_ownership_header, "Nobody") == "InvalidArgument"


def test_enforced_ownership_admits_no_foreign_grants() -> None:
    public = acl.canned("public-read", OWNER, "alice", OWNER, "alice")
    private = acl.canned("private", OWNER, "alice", OWNER, "alice")
    enforced = "BucketOwnerEnforced"
    assert code_of(public_access.check_acl_allowed, enforced, public, OWNER) == "AccessControlListNotSupported"
    assert code_of(public_access.check_ownership_allowed, enforced, public, OWNER) == (
        "InvalidBucketAclWithObjectOwnership"
    )
    public_access.check_acl_allowed(enforced, private, OWNER)
    public_access.check_acl_allowed("ObjectWriter", public, OWNER)
    public_access.check_ownership_allowed(enforced, private, OWNER)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Effect": "Allow", "Principal": "*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}}, True),
        ({"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}}, True),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, False),
        ({"Effect": "Deny", "Principal": "*"}, False),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:root"}}, True),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, False),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}, True),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "nonsense"}}}, True),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, False),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:UserAgent": "x"}}}, True),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
    ],
)
def test_public_policies(statement: dict[str, object], expected: bool) -> None:
    for shape in (statement, [statement]):
        assert public_access.is_policy_public(json.dumps({"Statement": shape}).encode()) is expected


def test_status_document() -> None:
    assert b"<IsPublic>true</IsPublic>" in public_access.status_xml(is_public=True)
