"""Callers that may do something, and try to do more: copies, versions, forms, addresses, conditions, links."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.s3_state import stored_files
from photoncloud.testkit.s3_wire import RawRequest, Target, WireAnswer, multipart_form

OBJECT_READER = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::mine/*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::mine"},
    ],
}


@dataclass(frozen=True)
class World:
    """Root owns `mine` (versioned) and `secret`; `reader` may get, put and list in `mine`."""

    root: Target
    reader: Target
    stranger: Target
    data_dir: Path
    old_version: str


@pytest.fixture(scope="module")
def world(start_store: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("users")
    (folder / "reader.json").write_text(json.dumps(OBJECT_READER))
    users = folder / "users.ini"
    users.write_text(
        "[reader]\naws_access_key_id = AKIAREADERREADERREAD\naws_secret_access_key = readerSecret\n"
        f"policy = {folder / 'reader.json'}\n"
        "[stranger]\naws_access_key_id = AKIASTRANGERSTRANGER\naws_secret_access_key = strangerSecret\n"
        "account = elsewhere\n"
    )
    users.chmod(0o600)
    with start_store(auth={"credentials_file": str(users)}) as store:
        root = store.target
        for bucket in ("mine", "secret"):
            assert root.send(root.signed("PUT", f"/{bucket}")).status == 200
        versioning = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        assert root.send(root.signed("PUT", "/mine", versioning, query={"versioning": ""})).status == 200
        first = root.send(root.signed("PUT", "/mine/key", b"old"))
        root.send(root.signed("PUT", "/mine/key", b"new"))
        root.send(root.signed("PUT", "/secret/key", b"secret"))
        yield World(
            root,
            root.as_user("AKIAREADERREADERREAD", "readerSecret"),
            root.as_user("AKIASTRANGERSTRANGER", "strangerSecret"),
            store.data_dir,
            first.headers["x-amz-version-id"],
        )


def refused(answer: WireAnswer, status: int, code: str, text: str = "") -> None:
    assert (answer.status, answer.code) == (status, code), answer.body
    assert text in answer.element("Message")


# ---- what a right does not include


def test_the_reader_may_what_it_may(world: World) -> None:
    reader = world.reader
    assert reader.send(reader.signed("GET", "/mine/key")).body == b"new"
    assert reader.send(reader.signed("PUT", "/mine/put", b"x")).status == 200


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", {"versionId": "OLD"}),
        ("HEAD", {"versionId": "OLD"}),
        ("GET", {"versionId": "null"}),
        ("GET", {"versionId": "OLD", "tagging": ""}),
        ("GET", {"tagging": ""}),
        ("GET", {"acl": ""}),
        ("PUT", {"acl": ""}),
        ("PUT", {"tagging": ""}),
        ("DELETE", {}),
        ("DELETE", {"versionId": "OLD"}),
        ("GET", {"attributes": ""}),
        ("GET", {"retention": ""}),
        ("GET", {"legal-hold": ""}),
    ],
)
def test_get_and_put_are_not_more(world: World, method: str, query: dict[str, str]) -> None:
    asked = {name: world.old_version if value == "OLD" else value for name, value in query.items()}
    answer = world.reader.send(world.reader.signed(method, "/mine/key", query=asked))
    assert answer.status == 403
    assert method == "HEAD" or answer.code == "AccessDenied"


@pytest.mark.parametrize("query", ["versions", "uploads", "policy", "acl", "versioning", "cors", "location"])
def test_listing_objects_is_not_more(world: World, query: str) -> None:
    refused(world.reader.send(world.reader.signed("GET", "/mine", query={query: ""})), 403, "AccessDenied")


@pytest.mark.parametrize(
    "field",
    [
        "x-amz-acl",
        "x-amz-tagging",
        "x-amz-grant-read",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-legal-hold",
        "x-amz-object-lock-retain-until-date",
    ],
)
def test_fields_that_need_a_right_of_their_own(world: World, field: str) -> None:
    answer = world.reader.send(world.reader.signed("PUT", "/mine/extra", b"x", fields={field: "public-read"}))
    refused(answer, 403, "AccessDenied")


@pytest.mark.parametrize("query", [{}, {"partNumber": "1", "uploadId": "UPLOAD"}])
@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        ("/secret/key", 403, "AccessDenied"),
        ("secret/key", 403, "AccessDenied"),
        ("/secret/missing", 403, "AccessDenied"),
        ("/mine/key?versionId=OLD", 403, "AccessDenied"),
        ("/%73ecret/key", 403, "AccessDenied"),
        ("/mine/../secret/key", 404, "NoSuchKey"),
        ("/nobodys-bucket/key", 404, "NoSuchBucket"),
        ("", 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
        ("key-without-bucket", 400, "InvalidArgument"),
        ("/mine/", 400, "InvalidArgument"),
        ("//key", 400, "InvalidArgument"),
        ("/mine/%zz", 404, "NoSuchKey"),
        ("/mine/%ff", 400, "InvalidArgument"),
        ("/mine/key?versionId=nonsense", 403, "AccessDenied"),
        ("/mine/" + "k" * 1025, 400, "KeyTooLongError"),
    ],
)
def test_copying_needs_the_right_to_read(
    world: World, query: dict[str, str], source: str, status: int, code: str
) -> None:
    created = world.reader.send(world.reader.signed("POST", "/mine/copy", query={"uploads": ""}))
    asked = {name: created.element("UploadId") if value == "UPLOAD" else value for name, value in query.items()}
    fields = {"x-amz-copy-source": source.replace("OLD", world.old_version)}
    answer = world.reader.send(world.reader.signed("PUT", "/mine/copy", query=asked, fields=fields))
    refused(answer, status, code)
    assert world.root.send(world.root.signed("HEAD", "/mine/copy")).status == 404


# ---- one grant is that grant


def test_an_anonymous_list_grant_does_not_list_versions(world: World) -> None:
    root = world.root
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": ["arn:aws:s3:::open", "arn:aws:s3:::open/*"],
    }
    root.send(root.signed("PUT", "/open"))
    root.send(root.signed("PUT", "/open/key", b"open"))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    assert root.send(root.signed("PUT", "/open", policy, query={"policy": ""})).status == 204
    assert root.send(root.anonymous("GET", "/open")).elements("Key") == ["key"]
    assert root.send(root.anonymous("GET", "/open/key")).body == b"open"
    for query in ({"versions": ""}, {"uploads": ""}, {"acl": ""}, {"policy": ""}):
        refused(root.send(root.anonymous("GET", "/open", query=query)), 403, "AccessDenied")
    refused(root.send(root.anonymous("GET", "/open/key", query={"versionId": "null"})), 403, "AccessDenied")
    refused(
        root.send(root.anonymous("GET", "/open/key", query={"response-content-type": "a/b"})), 400, "InvalidRequest"
    )


def test_strangers_get_nothing(world: World) -> None:
    for method, path in (("GET", "/mine/key"), ("PUT", "/mine/key"), ("GET", "/mine"), ("DELETE", "/mine/key")):
        refused(world.stranger.send(world.stranger.signed(method, path)), 403, "AccessDenied")
    assert world.stranger.send(world.stranger.signed("GET", "/")).elements("Name") == []


# ---- conditions see what the server saw


def condition(world: World, operator: str, key: str, value: str) -> None:
    """`guarded/key` may be read by anybody of whom this is true."""
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::guarded/*",
        "Condition": {operator: {key: value}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    root = world.root
    root.send(root.signed("PUT", "/guarded"))
    root.send(root.signed("PUT", "/guarded/key", b"guarded"))
    assert root.send(root.signed("PUT", "/guarded", policy, query={"policy": ""})).status == 204


@pytest.mark.parametrize(
    "field",
    [
        "x-forwarded-for",
        "x-real-ip",
        "forwarded",
        "client-ip",
        "true-client-ip",
        "aws:sourceip",
        "sourceip",
        "x-amz-source-ip",
    ],
)
def test_an_address_is_believed_from_the_connection_only(world: World, field: str) -> None:
    condition(world, "IpAddress", "aws:SourceIp", "192.0.2.0/24")
    for value in ("192.0.2.7", "for=192.0.2.7", "192.0.2.7, 127.0.0.1"):
        answer = world.root.send(world.root.anonymous("GET", "/guarded/key", fields={field: value}))
        refused(answer, 403, "AccessDenied")


@pytest.mark.parametrize(
    ("operator", "key", "value", "field"),
    [
        ("Bool", "aws:SecureTransport", "true", "x-forwarded-proto"),
        ("Bool", "aws:SecureTransport", "true", "aws:securetransport"),
        ("StringEquals", "aws:PrincipalAccount", "000000000000", "aws:principalaccount"),
        ("StringEquals", "aws:username", "reader", "aws:username"),
        ("StringEquals", "s3:authType", "POST", "s3:authtype"),
        ("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", "s3:signatureversion"),
        ("StringEquals", "s3:ExistingObjectTag/team", "red", "s3:existingobjecttag/team"),
        ("StringEquals", "s3:ExistingObjectTag/team", "red", "x-amz-tagging"),
        ("StringEquals", "aws:PrincipalTag/team", "red", "aws:principaltag/team"),
    ],
)
def test_fields_named_like_condition_keys_are_only_fields(
    world: World, operator: str, key: str, value: str, field: str
) -> None:
    condition(world, operator, key, value)
    sent = "https" if field == "x-forwarded-proto" else "team=red" if field == "x-amz-tagging" else value
    name = field.replace(":", "-").replace("/", "-")
    fields = {name: sent, f"x-amz-meta-{name}": sent}
    for query in ({}, {key: value}, {field: value}):
        answer = world.root.send(world.root.anonymous("GET", "/guarded/key", query=query, fields=fields))
        refused(answer, 403, "AccessDenied")


def test_encoded_slashes_and_dots_do_not_leave_a_prefix(world: World) -> None:
    """A policy for `public/*` is matched against the very bytes that name the object."""
    root = world.root
    root.send(root.signed("PUT", "/prefixed"))
    for key in ("private/key", "public/../private/key", "public%2fkey"):
        root.send(root.signed("PUT", f"/prefixed/{key.replace('%', '%25')}", key.encode()))
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::prefixed/public/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    assert root.send(root.signed("PUT", "/prefixed", policy, query={"policy": ""})).status == 204
    for path in ("private/key", "private%2Fkey", "public%252fkey", "./public/x", "public", "PUBLIC/x", "/public/x"):
        refused(root.send(root.anonymous("GET", f"/prefixed/{path}")), 403, "AccessDenied")
    dotted = root.send(root.anonymous("GET", "/prefixed/public/..%2Fprivate%2Fkey"))
    assert dotted.body == b"public/../private/key"


# ---- signatures: what exactly is wrong


def scoped(world: World, **changed: str) -> Target:
    return replace(world.root, signer=replace(world.root.signer, **changed))


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"region": "mars-1"}, "the region 'mars-1' is wrong; expecting 'us-east-1'"),
        ({"service": "iam"}, 'incorrect service "iam". This endpoint belongs to "s3".'),
        ({"terminal": "aws5_request"}, 'incorrect terminal "aws5_request". This endpoint uses "aws4_request".'),
        ({"region": ""}, "the region '' is wrong"),
    ],
)
def test_wrong_scopes(world: World, changed: dict[str, str], text: str) -> None:
    other = scoped(world, **changed)
    refused(other.send(other.signed("GET", "/mine/key")), 400, "AuthorizationHeaderMalformed", text)
    refused(other.send(other.presigned("GET", "/mine/key")), 400, "AuthorizationQueryParametersError", text)


@pytest.mark.parametrize(
    ("expires", "status", "text"),
    [
        ("604801", 400, "must be less than 604800 seconds"),
        ("99999999999999999999999", 400, "must be less than"),
        ("-1", 400, "non-negative"),
        ("", 400, ""),
        ("soon", 400, "should be a number"),
        ("1e3", 400, "should be a number"),
        ("0x10", 400, "should be a number"),
    ],
)
def test_lifetimes_of_links(world: World, expires: str, status: int, text: str) -> None:
    answer = world.root.send(world.root.presigned("GET", "/mine/key", expires=expires))
    refused(answer, status, "AuthorizationQueryParametersError", text)


def test_links_end_and_do_not_begin_early(world: World) -> None:
    past = world.root.presigned("GET", "/mine/key", stamp=signing.stamp_of(time.time() - 3600), expires="60")
    refused(world.root.send(past), 403, "AccessDenied", "Request has expired")
    future = world.root.presigned("GET", "/mine/key", stamp=signing.stamp_of(time.time() + 3600))
    refused(world.root.send(future), 403, "AccessDenied", "Request is not valid yet")


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "20250101", "2025-01-01T00:00:00Z", "20251332T000000Z", "99999999T999999Z"]
)
def test_dates_that_are_none(world: World, stamp: str) -> None:
    request = world.root.signed("GET", "/mine/key").having("x-amz-date", stamp)
    answer = world.root.send(request)
    assert 400 <= answer.status < 500


def test_a_captured_request_without_its_date(world: World) -> None:
    request = world.root.signed("PUT", "/mine/replayed", b"x").without("x-amz-date")
    refused(world.root.send(request), 403, "AccessDenied", "AWS authentication requires a valid Date")


def test_amz_fields_that_nobody_signed(world: World) -> None:
    request = world.root.signed("PUT", "/mine/unsigned", b"x").having("x-amz-acl", "public-read")
    refused(world.root.send(request), 403, "AccessDenied", "headers present in the request which were not signed")


@pytest.mark.parametrize(
    "value",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=, Signature=",
        "AWS4-HMAC-SHA256 Credential=a,Credential=b,SignedHeaders=host,Signature=0",
        "AWS4-HMAC-SHA256 " + ",".join(["a=b"] * 3000),
        "AWS4-HMAC-SHA256 Credential="
        + "a" * 5000
        + "/20250101/us-east-1/s3/aws4_request, SignedHeaders=x, Signature=0",
        "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0",
        "AWS AKIAFRONTFRONTFRONT2:c2lnbmF0dXJl",
        "Basic cm9vdDpyb290",
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "aws4-hmac-sha256 Credential=a",
        "photon1.AKIA.0.0",
    ],
)
def test_authorizations_that_are_none(world: World, value: str) -> None:
    answer = world.root.send(world.root.anonymous("GET", "/mine/key", fields={"authorization": value}))
    assert 400 <= answer.status < 500
    assert answer.code != ""
    assert answer.body.find(b"new") == -1


# ---- forms


def form_policy(*conditions: object, expires_sec: float = 600) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + expires_sec))
    return {"expiration": moment, "conditions": list(conditions)}


SIGNED_FIELDS = (["starts-with", "$x-amz-", ""],)


def covered(signer: signing.Signer, stamp: str) -> tuple[dict[str, str], ...]:
    return (
        {"x-amz-algorithm": signing.ALGORITHM},
        {"x-amz-credential": f"{signer.access_key}/{signer.scope(stamp)}"},
        {"x-amz-date": stamp},
    )


def posted(world: World, conditions: list[object], fields: dict[str, str], data: bytes = b"data", **more: Any) -> Any:
    stamp = signing.stamp_of()
    policy = form_policy(*conditions, *covered(world.root.signer, stamp), **more)
    return world.root.send(world.root.form("/secret", policy, fields, data, stamp=stamp))


BUCKET_AND_KEY: list[object] = [{"bucket": "secret"}, ["starts-with", "$key", "up/"]]


def test_the_form_itself_is_good(world: World) -> None:
    assert posted(world, BUCKET_AND_KEY, {"key": "up/good"}).status == 204
    assert world.root.send(world.root.signed("DELETE", "/secret/up/good")).status == 204


@pytest.mark.parametrize(
    ("conditions", "fields", "status", "code", "text"),
    [
        (BUCKET_AND_KEY, {"key": "elsewhere"}, 403, "AccessDenied", "Policy Condition failed"),
        (BUCKET_AND_KEY, {"key": "up/a", "acl": "public-read"}, 403, "AccessDenied", "Extra input fields: acl"),
        (BUCKET_AND_KEY, {"key": "up/a", "tagging": "<Tagging><TagSet/></Tagging>"}, 403, "AccessDenied", "Extra"),
        (BUCKET_AND_KEY, {"key": "up/a", "x-amz-meta-a": "b"}, 403, "AccessDenied", "Extra input fields"),
        (BUCKET_AND_KEY, {"key": "up/a", "content-type": "text/html"}, 403, "AccessDenied", "Extra input fields"),
        (BUCKET_AND_KEY, {"key": "up/a", "x-amz-storage-class": "STANDARD"}, 403, "AccessDenied", "Extra"),
        (
            BUCKET_AND_KEY,
            {"key": "up/a", "x-amz-website-redirect-location": "/x"},
            403,
            "AccessDenied",
            "Extra input fields",
        ),
        (BUCKET_AND_KEY, {"key": "up/a", "success_action_redirect": "http://e/"}, 403, "AccessDenied", "Extra"),
        (BUCKET_AND_KEY, {"key": "up/a", "anything": "at all"}, 403, "AccessDenied", "Extra input fields: anything"),
        ([{"bucket": "mine"}, ["starts-with", "$key", ""]], {"key": "up/a"}, 403, "AccessDenied", "Condition failed"),
        (
            [*BUCKET_AND_KEY, ["eq", "$acl", "private"]],
            {"key": "up/a", "acl": "public-read"},
            403,
            "AccessDenied",
            "Policy Condition failed",
        ),
        ([*BUCKET_AND_KEY, ["eq", "$acl", "private"]], {"key": "up/a"}, 403, "AccessDenied", "Condition failed"),
        ([*BUCKET_AND_KEY, ["content-length-range", 10, 20]], {"key": "up/a"}, 400, "EntityTooSmall", ""),
        ([*BUCKET_AND_KEY, ["content-length-range", 0, 3]], {"key": "up/a"}, 400, "EntityTooLarge", ""),
        ([*BUCKET_AND_KEY, ["content-length-range", -5, 3]], {"key": "up/a"}, 400, "InvalidPolicyDocument", ""),
        ([*BUCKET_AND_KEY, ["content-length-range", 0]], {"key": "up/a"}, 400, "InvalidPolicyDocument", ""),
        ([*BUCKET_AND_KEY, ["ends-with", "$key", "a"]], {"key": "up/a"}, 400, "InvalidPolicyDocument", ""),
        ([*BUCKET_AND_KEY, ["eq", "key", "up/a"]], {"key": "up/a"}, 400, "InvalidPolicyDocument", ""),
        ([*BUCKET_AND_KEY, 7], {"key": "up/a"}, 400, "InvalidPolicyDocument", ""),
        ([*BUCKET_AND_KEY, {"key": 7}], {"key": "up/a"}, 400, "InvalidPolicyDocument", ""),
        (BUCKET_AND_KEY, {}, 400, "InvalidArgument", "Bucket POST must contain a field named 'key'"),
        (BUCKET_AND_KEY, {"key": ""}, 400, "InvalidArgument", ""),
        (BUCKET_AND_KEY, {"key": "up/" + "k" * 1022}, 400, "KeyTooLongError", ""),
    ],
)
def test_forms_that_say_more_than_was_signed(
    world: World, conditions: list[object], fields: dict[str, str], status: int, code: str, text: str
) -> None:
    before = stored_files(world.data_dir)
    refused(posted(world, conditions, fields), status, code, text)
    assert world.root.send(world.root.signed("GET", "/secret")).elements("Key") == ["key"]
    assert stored_files(world.data_dir) == before


def test_a_form_whose_time_is_over(world: World) -> None:
    answer = posted(world, BUCKET_AND_KEY, {"key": "up/a"}, expires_sec=-1)
    refused(answer, 403, "AccessDenied", "Policy expired.")


@pytest.mark.parametrize(
    "policy",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 5000,
        b'{"a":' * 3000,
        b'{"expiration":"2999-01-01T00:00:00Z"}',
        b'{"conditions":[]}',
        b'{"expiration":"whenever","conditions":[]}',
        b'{"expiration":"2999-01-01T00:00:00Z","conditions":' + b"[" * 4000,
        b"\xff\xfe{}",
    ],
)
def test_policies_that_are_none(world: World, policy: bytes) -> None:
    answer = world.root.send(world.root.form("/secret", policy, {"key": "up/a"}, b"data"))
    assert 400 <= answer.status < 500
    assert answer.code in ("InvalidArgument", "InvalidPolicyDocument", "MaxPostPreDataLengthExceededError")


def signed_form(world: World, **changed: str | None) -> RawRequest:
    stamp = signing.stamp_of()
    policy = form_policy(*BUCKET_AND_KEY, *covered(world.root.signer, stamp))
    fields = {"key": "up/a", **world.root.signer.form(policy, stamp=stamp)}
    for name, value in changed.items():
        if value is None:
            del fields[name.replace("_", "-")]
        else:
            fields[name.replace("_", "-")] = value
    return multipart_form(world.root, "/secret", fields, b"data")


@pytest.mark.parametrize(
    "changed",
    [
        {"x_amz_signature": "0" * 64},
        {"x_amz_signature": ""},
        {"x_amz_signature": None},
        {"x_amz_credential": None},
        {"x_amz_algorithm": None},
        {"x_amz_date": None},
        {"policy": None},
        {"policy": "e30="},
        {"x_amz_algorithm": "none"},
        {"x_amz_credential": "AKIANOBODYNOBODYNOBO/20250101/us-east-1/s3/aws4_request"},
        {"x_amz_credential": "x"},
    ],
)
def test_forms_with_forged_signatures(world: World, changed: dict[str, str | None]) -> None:
    answer = world.root.send(signed_form(world, **changed))
    assert answer.status in (400, 403), answer.body
    assert world.root.send(world.root.signed("HEAD", "/secret/up/a")).status == 404


def test_a_form_with_a_header_signature_is_refused(world: World) -> None:
    form = signed_form(world)
    honest = world.root.signed("POST", "/secret", form.body, fields={"content-type": form.field("content-type")})
    refused(world.root.send(honest), 400, "InvalidArgument", "Only one auth mechanism allowed")
