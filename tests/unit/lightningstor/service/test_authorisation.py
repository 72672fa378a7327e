"""Who may do what: policies, access control lists, PublicAccessBlock, ownership; one row a case."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import photoncloud.lightningstor as package

ALLOWED, DENIED = "allowed", "denied"


def allow(principal: Any, action: Any, resource: str = "bucket/*", **condition: Any) -> dict[str, Any]:
    return statement("Allow", principal, action, resource, condition)


def deny(principal: Any, action: Any, resource: str = "bucket/*", **condition: Any) -> dict[str, Any]:
    return statement("Deny", principal, action, resource, condition)


def statement(effect: str, principal: Any, action: Any, resource: str, condition: dict[str, Any]) -> dict[str, Any]:
    built = {"Effect": effect, "Principal": principal, "Action": action, "Resource": f"arn:aws:s3:::{resource}"}
    return {**built, "Condition": condition} if condition else built


def account(world: Any, user: str) -> str:
    from photoncloud.backends.auth.iam.principal import derive_account_id

    return derive_account_id("other" if user == "stranger" else "default")


def user_arn(user: str) -> str:
    from photoncloud.backends.auth.iam.principal import derive_account_id

    return f"arn:aws:iam::{derive_account_id('other' if user == 'stranger' else 'default')}:user/{user}"


EVERYBODY = "*"
STRANGER = {"AWS": user_arn("stranger")}
READ, WRITE, LIST, REMOVE = (
    ("GET", "/bucket/k"),
    ("PUT", "/bucket/new"),
    ("GET", "/bucket"),
    ("DELETE", "/bucket/k"),
)

CASES: dict[str, tuple[list[dict[str, Any]], str, tuple[str, str], str]] = {
    # identity alone
    "root of the account": ([], "root", READ, ALLOWED),
    "user with readwrite reads": ([], "alice", READ, ALLOWED),
    "user with readwrite writes": ([], "alice", WRITE, ALLOWED),
    "user with readonly reads": ([], "reader", READ, ALLOWED),
    "user with readonly lists": ([], "reader", LIST, ALLOWED),
    "user with readonly does not write": ([], "reader", WRITE, DENIED),
    "user with readonly does not delete": ([], "reader", REMOVE, DENIED),
    "user without rights": ([], "powerless", READ, DENIED),
    "another account": ([], "stranger", READ, DENIED),
    "nobody": ([], "", READ, DENIED),
    "nobody lists": ([], "", LIST, DENIED),
    # bucket policies
    "public read": ([allow(EVERYBODY, "s3:GetObject")], "", READ, ALLOWED),
    "public read is not write": ([allow(EVERYBODY, "s3:GetObject")], "", WRITE, DENIED),
    "public read of one prefix": ([allow(EVERYBODY, "s3:GetObject", "bucket/public/*")], "", READ, DENIED),
    "public list": ([allow(EVERYBODY, "s3:ListBucket", "bucket")], "", LIST, ALLOWED),
    "list right is on the bucket, not its objects": ([allow(EVERYBODY, "s3:ListBucket")], "", LIST, DENIED),
    "another account, both sides": ([allow(STRANGER, "s3:GetObject")], "stranger", READ, ALLOWED),
    "another account by its id": (
        [allow({"AWS": user_arn("stranger").split(":")[4]}, "s3:GetObject")],
        "stranger",
        READ,
        ALLOWED,
    ),
    "a grant to an account is no grant to a powerless user": (
        [allow({"AWS": user_arn("powerless").split(":")[4]}, "s3:GetObject")],
        "powerless",
        READ,
        DENIED,
    ),
    "a direct grant to a powerless user": (
        [allow({"AWS": user_arn("powerless")}, "s3:GetObject")],
        "powerless",
        READ,
        ALLOWED,
    ),
    "deny beats identity": ([deny({"AWS": user_arn("alice")}, "s3:GetObject")], "alice", READ, DENIED),
    "deny hits root": ([deny(EVERYBODY, "s3:GetObject")], "root", READ, DENIED),
    "deny everything leaves root the policy": (
        [deny(EVERYBODY, "s3:*", "bucket*")],
        "root",
        ("GET", "/bucket?policy"),
        ALLOWED,
    ),
    "deny everything else": ([deny(EVERYBODY, "s3:*", "bucket*")], "root", ("GET", "/bucket?acl"), DENIED),
    # conditions
    "address inside": (
        [allow(EVERYBODY, "s3:GetObject", IpAddress={"aws:SourceIp": "192.0.2.0/24"})],
        "",
        READ,
        ALLOWED,
    ),
    "address outside": (
        [allow(EVERYBODY, "s3:GetObject", IpAddress={"aws:SourceIp": "198.51.100.0/24"})],
        "",
        READ,
        DENIED,
    ),
    "plain HTTP refused": (
        [deny(EVERYBODY, "s3:*", Bool={"aws:SecureTransport": "false"})],
        "root",
        READ,
        DENIED,
    ),
    "prefix as demanded": (
        [allow(EVERYBODY, "s3:ListBucket", "bucket", StringEquals={"s3:prefix": "home/"})],
        "",
        ("GET", "/bucket?prefix=home/"),
        ALLOWED,
    ),
    "prefix not as demanded": (
        [allow(EVERYBODY, "s3:ListBucket", "bucket", StringEquals={"s3:prefix": "home/"})],
        "",
        ("GET", "/bucket?prefix=other/"),
        DENIED,
    ),
    "a prefix on a read means nothing": (
        [allow(EVERYBODY, "s3:GetObject", StringEquals={"s3:prefix": "home/"})],
        "",
        ("GET", "/bucket/k?prefix=home/"),
        DENIED,
    ),
    "tag of the object as demanded": (
        [allow(EVERYBODY, "s3:GetObject", StringEquals={"s3:ExistingObjectTag/color": "red"})],
        "",
        READ,
        ALLOWED,
    ),
    "tag of the object not as demanded": (
        [allow(EVERYBODY, "s3:GetObject", StringEquals={"s3:ExistingObjectTag/color": "blue"})],
        "",
        READ,
        DENIED,
    ),
    "deny by tag of the object": (
        [deny(EVERYBODY, "s3:GetObject", StringEquals={"s3:ExistingObjectTag/color": "red"})],
        "alice",
        READ,
        DENIED,
    ),
    "tags of an object that is not there": (
        [allow(EVERYBODY, "s3:GetObject", StringEquals={"s3:ExistingObjectTag/color": "red"})],
        "",
        ("GET", "/bucket/none"),
        DENIED,
    ),
    # versions
    "read right is not version right": (
        [allow(EVERYBODY, "s3:GetObject")],
        "",
        ("GET", "/bucket/k?versionId=null"),
        DENIED,
    ),
    "version right": ([allow(EVERYBODY, "s3:GetObjectVersion")], "", ("GET", "/bucket/k?versionId=null"), ALLOWED),
    "list right is not the right to list versions": (
        [allow(EVERYBODY, "s3:ListBucket", "bucket")],
        "",
        ("GET", "/bucket?versions"),
        DENIED,
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_decisions(s3_world: Any, case: str) -> None:
    policy, user, (method, target), expected = CASES[case]
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"content", fields={"x-amz-tagging": "color=red"})
    if policy:
        await s3_world.put_policy("bucket", *policy)
    reply = await s3_world.send(method, target, b"x" if method == "PUT" else b"", user=user)
    assert (DENIED if reply.code == "AccessDenied" else ALLOWED) == expected
    assert reply.status == 403 if expected == DENIED else reply.status < 300


ACL_CASES: dict[str, tuple[str, str, str, tuple[str, str], str]] = {
    # bucket's list, object's list, who, what, expected
    "public object": ("private", "public-read", "", READ, ALLOWED),
    "public object for a powerless user": ("private", "public-read", "powerless", READ, ALLOWED),
    "private object in a public bucket": ("public-read", "private", "", READ, DENIED),
    "public bucket lists": ("public-read", "private", "", LIST, ALLOWED),
    "public bucket does not take writes": ("public-read", "private", "", WRITE, DENIED),
    "writable bucket takes writes": ("public-read-write", "private", "", WRITE, ALLOWED),
    "writable bucket deletes": ("public-read-write", "private", "", REMOVE, ALLOWED),
    "authenticated read is not for nobody": ("private", "authenticated-read", "", READ, DENIED),
    "authenticated read is for another account": ("private", "authenticated-read", "stranger", READ, ALLOWED),
    "read is not read of the list": ("public-read", "public-read", "", ("GET", "/bucket/k?acl"), DENIED),
    "listing grants do not list versions": ("private", "private", "", ("GET", "/bucket?versions"), DENIED),
}


async def make_listed(world: Any, bucket_acl: str, object_acl: str) -> None:
    await world.send("PUT", "/bucket", fields={"x-amz-acl": bucket_acl})
    await world.send("PUT", "/bucket/k", b"content", fields={"x-amz-acl": object_acl})


@pytest.mark.parametrize("case", ACL_CASES)
async def test_access_control_lists(s3_world: Any, case: str) -> None:
    bucket_acl, object_acl, user, (method, target), expected = ACL_CASES[case]
    await make_listed(s3_world, bucket_acl, object_acl)
    reply = await s3_world.send(method, target, b"x" if method == "PUT" else b"", user=user)
    assert (DENIED if reply.code == "AccessDenied" else ALLOWED) == expected


async def test_a_grant_by_email_reaches_the_other_account(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    granted = {"x-amz-grant-read": 'emailAddress="stranger@example.com"'}
    assert (await s3_world.send("PUT", "/bucket/k", b"x", fields=granted)).status == 200
    assert (await s3_world.send("GET", "/bucket/k", user="stranger")).status == 200
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 403


async def test_deny_beats_a_grant(s3_world: Any) -> None:
    await make_listed(s3_world, "private", "public-read")
    await s3_world.put_policy("bucket", deny(EVERYBODY, "s3:GetObject"))
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 403


async def test_enforced_ownership_switches_lists_off(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"x", fields={"x-amz-acl": "public-read"})
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 200
    owned = (
        b"<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
    )
    assert (await s3_world.send("PUT", "/bucket?ownershipControls", owned)).status == 200
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 403


def block(**switches: bool) -> bytes:
    inside = "".join(f"<{name}>{str(value).lower()}</{name}>" for name, value in switches.items())
    return f"<PublicAccessBlockConfiguration>{inside}</PublicAccessBlockConfiguration>".encode()


async def test_ignore_public_acls(s3_world: Any) -> None:
    await make_listed(s3_world, "public-read", "public-read")
    await s3_world.send("PUT", "/bucket?publicAccessBlock", block(IgnorePublicAcls=True))
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 403
    assert (await s3_world.send("GET", "/bucket", user="")).status == 403
    assert (await s3_world.send("GET", "/bucket/k", user="root")).status == 200
    await s3_world.send("DELETE", "/bucket?publicAccessBlock")
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 200


async def test_restrict_public_buckets(s3_world: Any) -> None:
    """A public policy opens nothing to others while it is restricted; the bucket's own account is not affected."""
    await make_listed(s3_world, "private", "private")
    await s3_world.put_policy("bucket", allow(EVERYBODY, "s3:GetObject"), allow(STRANGER, "s3:GetObject"))
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 200
    await s3_world.send("PUT", "/bucket?publicAccessBlock", block(RestrictPublicBuckets=True))
    assert (await s3_world.send("GET", "/bucket/k", user="")).status == 403
    assert (await s3_world.send("GET", "/bucket/k", user="stranger")).status == 403
    assert (await s3_world.send("GET", "/bucket/k", user="powerless")).status == 200


async def test_fields_of_a_put_need_rights_of_their_own(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.put_policy("bucket", allow(EVERYBODY, "s3:PutObject"))
    assert (await s3_world.send("PUT", "/bucket/k", b"x", user="")).status == 200
    for fields in (
        {"x-amz-tagging": "a=b"},
        {"x-amz-acl": "public-read"},
        {"x-amz-grant-read": "id=x"},
        {"x-amz-object-lock-legal-hold": "ON"},
        {"x-amz-object-lock-mode": "GOVERNANCE"},
    ):
        assert (await s3_world.send("PUT", "/bucket/k", b"x", user="", fields=fields)).code == "AccessDenied", fields


@pytest.mark.parametrize("operation", ["copy", "part"])
async def test_a_copy_needs_the_right_to_its_source(s3_world: Any, operation: str) -> None:
    await s3_world.send("PUT", "/source-bucket")
    await s3_world.send("PUT", "/source-bucket/k", b"secret", fields={"x-amz-tagging": "a=b"})
    await s3_world.send("PUT", "/target", user="stranger")
    source = {"x-amz-copy-source": "/source-bucket/k"}
    target = "/target/copy"
    if operation == "part":
        upload = (await s3_world.send("POST", "/target/copy?uploads", user="stranger")).text("UploadId")
        target = f"/target/copy?uploadId={upload}&partNumber=1"
    assert (await s3_world.send("PUT", target, user="stranger", fields=source)).code == "AccessDenied"
    await s3_world.put_policy("source-bucket", allow(STRANGER, "s3:GetObject", "source-bucket/*"))
    versioned = {"x-amz-copy-source": "/source-bucket/k?versionId=null"}
    assert (await s3_world.send("PUT", target, user="stranger", fields=versioned)).code == "AccessDenied"
    reply = await s3_world.send("PUT", target, user="stranger", fields=source)
    if operation == "part":
        assert reply.status == 200
    else:  # its tags would be copied too
        assert reply.code == "AccessDenied"
        untagged = {**source, "x-amz-tagging-directive": "REPLACE"}
        assert (await s3_world.send("PUT", target, user="stranger", fields=untagged)).status == 200


async def test_a_missing_copy_source_is_hidden_from_who_may_not_list(s3_world: Any) -> None:
    await s3_world.send("PUT", "/source-bucket")
    await s3_world.send("PUT", "/target", user="stranger")
    await s3_world.put_policy("source-bucket", allow(STRANGER, "s3:GetObject", "source-bucket/*"))
    fields = {"x-amz-copy-source": "source-bucket/none"}
    assert (await s3_world.send("PUT", "/target/k", user="stranger", fields=fields)).code == "AccessDenied"
    await s3_world.put_policy(
        "source-bucket",
        allow(STRANGER, "s3:GetObject", "source-bucket/*"),
        allow(STRANGER, "s3:ListBucket", "source-bucket"),
    )
    assert (await s3_world.send("PUT", "/target/k", user="stranger", fields=fields)).code == "NoSuchKey"


async def test_a_missing_key_is_hidden_from_who_may_not_list(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    await s3_world.put_policy("bucket", allow(EVERYBODY, "s3:GetObject"))
    assert (await s3_world.send("GET", "/bucket/none", user="")).code == "AccessDenied"
    await s3_world.put_policy("bucket", allow(EVERYBODY, "s3:GetObject"), allow(EVERYBODY, "s3:ListBucket", "bucket"))
    assert (await s3_world.send("GET", "/bucket/none", user="")).code == "NoSuchKey"


async def test_many_deletions_are_authorised_one_by_one(s3_world: Any) -> None:
    await s3_world.send("PUT", "/bucket")
    for key in ("a/1", "b/1"):
        await s3_world.send("PUT", f"/bucket/{key}", b"x")
    await s3_world.put_policy("bucket", allow(EVERYBODY, "s3:DeleteObject", "bucket/a/*"))
    body = b"<Delete><Object><Key>a/1</Key></Object><Object><Key>b/1</Key></Object></Delete>"
    reply = await s3_world.send("POST", "/bucket?delete", body, user="")
    assert reply.status == 200
    assert reply.texts("Code") == ["AccessDenied"]
    assert reply.texts("Key") == ["a/1", "b/1"]
    assert (await s3_world.send("HEAD", "/bucket/a/1")).status == 404
    assert (await s3_world.send("HEAD", "/bucket/b/1")).status == 200


async def test_location_constraint_is_a_condition(s3_world: Any) -> None:
    """CreateBucket's location stands in the body: it is decided once that was read."""
    rules = s3_world.services.buckets._rules
    from dataclasses import replace

    s3_world.services.buckets._rules = lambda: replace(rules(), accept_regions=("*",))
    body = b"<CreateBucketConfiguration><LocationConstraint>eu-1</LocationConstraint></CreateBucketConfiguration>"
    assert (await s3_world.send("PUT", "/bucket", body, user="alice")).status == 200
    assert (await s3_world.send("PUT", "/other", body, user="reader")).code == "AccessDenied"


async def test_a_stored_policy_that_no_longer_parses_denies_everything(s3_world: Any) -> None:
    from photoncloud.lightningstor.core import key_space
    from photoncloud.lightningstor.core.transaction import Put, Transaction

    await s3_world.send("PUT", "/bucket")
    await s3_world.send("PUT", "/bucket/k", b"x")
    bucket = await s3_world.services.directory.get("bucket")
    row = key_space.bucket_document(bucket.record.id, "policy")
    await s3_world.index.commit(Transaction((), (Put(row, b'{"Version": "never"}'),)))
    s3_world.services.directory.forget("bucket")
    assert (await s3_world.send("GET", "/bucket/k", user="alice")).code == "AccessDenied"
    assert (await s3_world.send("DELETE", "/bucket?policy")).status == 204
    assert (await s3_world.send("GET", "/bucket/k", user="alice")).status == 200


def test_only_the_authoriser_makes_proofs() -> None:
    """Invariant 4: a handler runs only with an `Authorised`, which only `service.authorisation` constructs."""
    makers = set()
    for file in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Authorised":
                makers.add(file.name)
    assert makers == {"authorisation.py"}
