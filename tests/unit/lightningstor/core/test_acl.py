"""ACLs: what each canned name, header and document grants, and who may do what by a list of grants."""

from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import acl
from photoncloud.lightningstor.core.records import Grant
from photoncloud.lightningstor.errors import S3Error

OWNER, OTHER, BUCKET_OWNER = "a" * 64, "b" * 64, "c" * 64
NAMES = {OWNER: "alice", OTHER: "bob", BUCKET_OWNER: "carol"}
EMAILS = {"bob@example.test": (OTHER, "bob")}


def headers(given: dict[str, str]) -> tuple[Grant, ...] | None:
    return acl.from_headers(given, OWNER, "alice", BUCKET_OWNER, "carol", EMAILS.get, NAMES.get)


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("private", []),
        ("aws-exec-read", []),
        ("public-read", [("group", acl.ALL_USERS, "READ")]),
        ("public-read-write", [("group", acl.ALL_USERS, "READ"), ("group", acl.ALL_USERS, "WRITE")]),
        ("authenticated-read", [("group", acl.AUTHENTICATED_USERS, "READ")]),
        ("log-delivery-write", [("group", acl.LOG_DELIVERY, "WRITE"), ("group", acl.LOG_DELIVERY, "READ_ACP")]),
        ("bucket-owner-read", [("id", BUCKET_OWNER, "READ")]),
        ("bucket-owner-full-control", [("id", BUCKET_OWNER, "FULL_CONTROL")]),
    ],
)
def test_canned(name: str, extra: list[tuple[str, str, str]]) -> None:
    grants = headers({"x-amz-acl": name})
    assert grants is not None
    assert [(grant.kind, grant.grantee, grant.permission) for grant in grants] == [
        ("id", OWNER, "FULL_CONTROL"),
        *extra,
    ]


def test_every_canned_name_is_known_and_no_other() -> None:
    for name in acl.CANNED:
        assert headers({"x-amz-acl": name})
    with pytest.raises(S3Error) as caught:
        headers({"x-amz-acl": "public"})
    assert (caught.value.code, caught.value.fields["ArgumentValue"]) == ("InvalidArgument", "public")


def test_headers_grant_by_id_group_and_email() -> None:
    grants = headers(
        {
            "x-amz-grant-read": f'id="{OTHER}", uri="{acl.ALL_USERS}"',
            "x-amz-grant-full-control": 'emailAddress="bob@example.test"',
        }
    )
    assert grants == (
        Grant("id", OTHER, "FULL_CONTROL", "bob"),
        Grant("id", OTHER, "READ", "bob"),
        Grant("group", acl.ALL_USERS, "READ"),
    )


def test_no_acl_headers_is_none() -> None:
    assert headers({"content-type": "text/plain"}) is None
    assert not acl.has_acl_headers({"content-type": "text/plain"})
    assert acl.has_acl_headers({"x-amz-grant-read": "id=x"})


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (
            {"x-amz-acl": "private", "x-amz-grant-read": f"id={OTHER}"},
            "InvalidRequest",
            "Specifying both Canned ACLs and Header Grants is not allowed",
        ),
        ({"x-amz-grant-read": "id=unknown"}, "InvalidArgument", "Invalid id"),
        ({"x-amz-grant-read": "uri=http://example.test/"}, "InvalidArgument", "Invalid group uri"),
        ({"x-amz-grant-read": "nonsense"}, "InvalidArgument", "Argument format not recognized"),
        ({"x-amz-grant-read": "emailAddress=nobody@example.test"}, "UnresolvableGrantByEmailAddress", None),
    ],
)
def test_bad_headers(given: dict[str, str], code: str, message: str | None) -> None:
    with pytest.raises(S3Error) as caught:
        headers(given)
    assert caught.value.code == code
    if message is not None:
        assert caught.value.message == message


def test_document_round_trip() -> None:
    grants = (Grant("id", OTHER, "WRITE_ACP", "bob"), Grant("group", acl.AUTHENTICATED_USERS, "READ"))
    document = acl.to_xml(OWNER, "alice", grants)
    assert b'xsi:type="CanonicalUser"' in document
    assert acl.from_xml(document, OWNER, EMAILS.get, NAMES.get) == grants


def test_document_of_another_owner_is_refused() -> None:
    with pytest.raises(S3Error) as caught:
        acl.from_xml(acl.to_xml(OTHER, "bob", ()), OWNER, EMAILS.get, NAMES.get)
    assert caught.value.code == "AccessDenied"


@pytest.mark.parametrize(
    "document",
    [
        b"<AccessControlPolicy/>",
        b"<Wrong/>",
        b"not xml",
        b"<AccessControlPolicy><Owner><ID>x</ID></Owner></AccessControlPolicy>",
        acl.to_xml(OWNER, "alice", (Grant("id", OTHER, "EVERYTHING"),)),
        acl.to_xml(OWNER, "alice", (Grant("id", OTHER, "READ"),)).replace(b"CanonicalUser", b"Alien"),
    ],
)
def test_bad_documents_are_malformed(document: bytes) -> None:
    with pytest.raises(S3Error) as caught:
        acl.from_xml(document, OWNER, EMAILS.get, NAMES.get)
    assert caught.value.code == "MalformedACLError"


def test_more_than_a_hundred_grants_are_refused() -> None:
    names = {f"{number:064x}": "someone" for number in range(101)}
    grants = tuple(Grant("id", identifier, "READ", "someone") for identifier in names)
    with pytest.raises(S3Error) as caught:
        acl.from_xml(acl.to_xml(OWNER, "alice", grants), OWNER, EMAILS.get, names.get)
    assert caught.value.code == "MalformedACLError"


@pytest.mark.parametrize(
    ("grant", "permission", "caller", "expected"),
    [
        (Grant("id", OTHER, "READ"), "READ", OTHER, True),
        (Grant("id", OTHER, "READ"), "WRITE", OTHER, False),
        (Grant("id", OTHER, "FULL_CONTROL"), "WRITE_ACP", OTHER, True),
        (Grant("id", OTHER, "READ"), "READ", OWNER, False),
        (Grant("id", "", "READ"), "READ", "", False),
        (Grant("group", acl.ALL_USERS, "READ"), "READ", "", True),
        (Grant("group", acl.AUTHENTICATED_USERS, "READ"), "READ", "", False),
        (Grant("group", acl.AUTHENTICATED_USERS, "READ"), "READ", OTHER, True),
        (Grant("group", acl.LOG_DELIVERY, "READ"), "READ", OTHER, False),
    ],
)
def test_allows(grant: Grant, permission: str, caller: str, expected: bool) -> None:
    assert acl.allows((grant,), permission, caller) is expected


def test_ignored_public_grants_allow_nobody() -> None:
    grants = acl.canned("public-read-write", OWNER, "alice", OWNER, "alice")
    assert acl.allows(grants, "READ", "")
    assert not acl.allows(grants, "READ", "", ignore_public=True)
    assert acl.allows(grants, "READ", OWNER, ignore_public=True)
    assert acl.is_public(grants)
    assert not acl.is_owner_only(grants, OWNER)
    assert acl.is_owner_only(grants[:1], OWNER)
