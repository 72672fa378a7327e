from __future__ import annotations

from typing import Any

import pytest

from photoncloud.lightningstor.core.access_conditions import KEYS, AccessContext, SignatureFacts
from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.core.records import ObjectRecord

NOW_NS = 1_700_000_000_000_000_000


def context(
    operation: str = "PutObject",
    query: dict[str, str] | None = None,
    signature: SignatureFacts | None = None,
    existing: ObjectRecord | None = None,
    secure: bool = False,
    tls_version: str = "",
    **fields: str,
) -> AccessContext:
    given = {name.replace("_", "-").encode(): value.encode() for name, value in fields.items()}
    body: Any = None
    request = Request(
        "PUT", b"/b/k", tuple(given.items()), given, body, "192.0.2.1", secure, "R", NOW_NS, tls_version=tls_version
    )
    return AccessContext(request, operation, query or {}, NOW_NS, signature or SignatureFacts(), existing)


@pytest.mark.parametrize(
    ("key", "built", "value"),
    [
        ("aws:sourceip", context(), "192.0.2.1"),
        ("aws:securetransport", context(), "false"),
        ("aws:securetransport", context(secure=True), "true"),
        ("aws:currenttime", context(), "2023-11-14T22:13:20Z"),
        ("aws:epochtime", context(), "1700000000"),
        ("aws:useragent", context(user_agent="agent"), "agent"),
        ("aws:referer", context(), None),
        ("aws:requestedregion", context(signature=SignatureFacts("POST", "eu-1", 5)), "eu-1"),
        ("s3:authtype", context(signature=SignatureFacts("REST-HEADER", "r", 5)), "REST-HEADER"),
        ("s3:authtype", context(), None),
        ("s3:signatureversion", context(signature=SignatureFacts("REST-HEADER", "r", 5)), "AWS4-HMAC-SHA256"),
        ("s3:signatureage", context(signature=SignatureFacts("REST-HEADER", "r", 5)), "5"),
        ("s3:tlsversion", context(tls_version="TLSv1.3"), "1.3"),
        ("s3:x-amz-acl", context(x_amz_acl="private"), "private"),
        ("s3:x-amz-server-side-encryption", context(x_amz_server_side_encryption="AES256"), "AES256"),
        ("s3:if-none-match", context(if_none_match="*"), "*"),
        ("s3:object-lock-mode", context(x_amz_object_lock_mode="GOVERNANCE"), "GOVERNANCE"),
        ("s3:versionid", context(query={"versionId": "v"}), "v"),
        ("s3:prefix", context("ListObjectsV2", {"prefix": "a/"}), "a/"),
        ("s3:prefix", context("ListObjectsV2"), None),
        ("s3:max-keys", context("ListObjectVersions", {"max-keys": "5"}), "5"),
        ("s3:requestobjecttag/team", context(x_amz_tagging="Team=red&x=y"), "red"),
        ("s3:requestobjecttagkeys", context(x_amz_tagging="Team=red&x=y"), ("Team", "x")),
        ("s3:requestobjecttagkeys", context(), None),
        (
            "s3:object-lock-remaining-retention-days",
            context(x_amz_object_lock_retain_until_date="2023-11-16T22:13:21Z"),
            "3",
        ),
        ("s3:object-lock-remaining-retention-days", context(x_amz_object_lock_retain_until_date="soon"), None),
        ("s3:unknown", context(), None),
        ("aws:unknown", context(), None),
    ],
)
def test_keys(key: str, built: AccessContext, value: str | tuple[str, ...] | None) -> None:
    assert built.get(key) == value


def test_a_query_name_sets_a_condition_only_where_it_means_something() -> None:
    """`?prefix=home/` on GetObject must not satisfy a policy about listings."""
    assert context("GetObject", {"prefix": "home/"}).get("s3:prefix") is None


def test_fields_cannot_pretend_to_be_conditions() -> None:
    built = context(aws_sourceip="10.0.0.1", s3_prefix="x")
    assert built.get("aws:sourceip") == "192.0.2.1"
    assert built.get("s3:prefix") is None


def test_tags_of_the_object_are_asked_for_when_a_policy_wants_them() -> None:
    built = context("GetObject")
    assert built.get("s3:existingobjecttag/team") is None
    assert built.wants_existing
    built.existing = ObjectRecord(sequence=1, version_tail=b"", tags={"Team": "red"})
    assert built.get("s3:existingobjecttag/team") == "red"
    assert built.get("s3:existingobjecttag/other") is None


def test_what_a_handler_learns_is_added() -> None:
    built = context("CreateBucket")
    built.extra["s3:locationconstraint"] = "eu-1"
    assert built.get("s3:locationconstraint") == "eu-1"


def test_it_is_a_mapping() -> None:
    built = context(x_amz_acl="private")
    assert built["s3:x-amz-acl"] == "private"
    assert set(built) <= set(KEYS)
    assert len(built) == len(list(built))
    with pytest.raises(KeyError):
        built["s3:prefix"]
