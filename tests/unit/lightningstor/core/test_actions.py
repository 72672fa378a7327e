from __future__ import annotations

import pytest

from photoncloud.lightningstor.core.actions import BY_ACTION, KNOWN_ACTIONS, NEEDS, needs
from photoncloud.lightningstor.core.operations import BY_NAME


def actions_of(operation: str, *query: str, **fields: str) -> list[str]:
    given = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    return [need.action for need in needs(operation, dict.fromkeys(query, "x"), given)]


def test_every_operation_has_a_row() -> None:
    assert set(NEEDS) == set(BY_NAME)


def test_only_operations_that_authorise_keys_themselves_need_nothing() -> None:
    assert {name for name, row in NEEDS.items() if not row} == {
        "DeleteObjects",
        "PostObject",
        "Preflight",
        "WriteGetObjectResponse",
    }


def test_targets_fit_levels() -> None:
    for name, row in NEEDS.items():
        assert {need.target for need in row} <= {BY_NAME[name].level}, name


@pytest.mark.parametrize(
    ("operation", "query", "fields", "expected"),
    [
        ("GetObject", (), {}, ["s3:GetObject"]),
        ("GetObject", ("versionId",), {}, ["s3:GetObjectVersion"]),
        ("HeadObject", ("versionId",), {}, ["s3:GetObjectVersion"]),
        ("GetObjectAttributes", (), {}, ["s3:GetObject", "s3:GetObjectAttributes"]),
        ("GetObjectAttributes", ("versionId",), {}, ["s3:GetObjectVersion", "s3:GetObjectVersionAttributes"]),
        ("DeleteObject", (), {}, ["s3:DeleteObject"]),
        ("DeleteObject", ("versionId",), {}, ["s3:DeleteObjectVersion"]),
        ("DeleteObject", (), {"if_match": "*"}, ["s3:DeleteObject", "s3:GetObject"]),
        (
            "DeleteObject",
            ("versionId",),
            {"x_amz_bypass_governance_retention": "TRUE"},
            ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
        ),
        ("DeleteObject", (), {"x_amz_bypass_governance_retention": "false"}, ["s3:DeleteObject"]),
        ("PutObject", (), {}, ["s3:PutObject"]),
        ("PutObject", (), {"x_amz_tagging": "a=b"}, ["s3:PutObject", "s3:PutObjectTagging"]),
        ("PutObject", (), {"x_amz_acl": "private", "x_amz_grant_read": "id=a"}, ["s3:PutObject", "s3:PutObjectAcl"]),
        (
            "CopyObject",
            (),
            {"x_amz_object_lock_mode": "GOVERNANCE", "x_amz_object_lock_legal_hold": "ON"},
            ["s3:PutObject", "s3:PutObjectRetention", "s3:PutObjectLegalHold"],
        ),
        ("CreateMultipartUpload", (), {"x_amz_tagging": "a=b"}, ["s3:PutObject", "s3:PutObjectTagging"]),
        ("UploadPart", (), {"x_amz_tagging": "a=b"}, ["s3:PutObject"]),
        ("CreateBucket", (), {"x_amz_acl": "private"}, ["s3:CreateBucket", "s3:PutBucketAcl"]),
        ("ListObjectVersions", (), {}, ["s3:ListBucketVersions"]),
        ("ListMultipartUploads", (), {}, ["s3:ListBucketMultipartUploads"]),
        ("HeadBucket", (), {}, ["s3:ListBucket"]),
        ("PutObjectTagging", ("versionId",), {}, ["s3:PutObjectVersionTagging"]),
    ],
)
def test_needs(operation: str, query: tuple[str, ...], fields: dict[str, str], expected: list[str]) -> None:
    assert actions_of(operation, *query, **fields) == expected


def test_questions_about_one_action_find_its_row() -> None:
    assert BY_ACTION["s3:ListBucket"].acl == "READ"
    assert BY_ACTION["s3:PutObjectAcl"].object_acl
    assert BY_ACTION["s3:DeleteObjectVersion"].acl == ""
    assert set(BY_ACTION) < KNOWN_ACTIONS
