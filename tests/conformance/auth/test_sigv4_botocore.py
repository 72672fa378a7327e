"""botocore signs, we verify: keys, headers and queries of every shape a client can produce; and nothing altered passes.

botocore's signers read the wall clock, so they run at the wall clock here too; a key is valid for its whole day.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from itertools import product
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4PostAuth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from hypothesis import example, given, settings
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import sigv4
from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.post_signature import parse_post_form
from photoncloud.backends.auth.iam.signing_key import derive_signing_key

AKID = "AKIAAAAAAAAAABCDEFGH"
SECRET = "abc/def+ghi/0123456789ABCDEFGHIJKLMNOPQR"
HOST = "127.0.0.1:9001"
S3 = sigv4.SigV4Rules()
IAM = sigv4.SigV4Rules(service="iam")

keys = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9._~-]{0,12}", fullmatch=True).filter(lambda name: not name.startswith("X-"))
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
# HTTP field values: visible ASCII and spaces, as a strict HTTP parser lets through; tabs and runs of spaces included
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.just("\t"), max_size=30)
headers = st.dictionaries(
    st.from_regex(r"x-amz-meta-[a-z0-9-]{1,10}|[a-z]{3,9}-[a-z]{2,8}", fullmatch=True).filter(
        lambda name: name not in ("transfer-encoding", "user-agent")
    ),
    values,
    max_size=5,
)


def wire(request: AWSRequest, path: str, query: str) -> sigv4.SignedRequest:
    """What a server would have read of a signed request."""
    fields: Sequence[tuple[str, str]] = [(name, value) for name, value in request.headers.items()]
    lowered = [(name.lower().encode(), str(value).encode()) for name, value in fields]
    return sigv4.SignedRequest(
        request.method.encode(),
        path.encode(),
        query.encode(),
        [(b"host", HOST.encode()), *lowered],
        hashlib.sha256(request.body or b"").hexdigest().encode(),
    )


def check(request: sigv4.SignedRequest, rules: sigv4.SigV4Rules = S3) -> sigv4.ParsedSignature:
    parsed = sigv4.parse(request, rules, time.time_ns())
    assert parsed is not None
    sigv4.verify(parsed, derive_signing_key(SECRET, parsed.date, parsed.region, parsed.service))
    return parsed


def sign_header(method: str, path: str, query: str, fields: dict[str, str], body: bytes = b"") -> sigv4.SignedRequest:
    target = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, target, headers=fields, data=body)
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(Credentials(AKID, SECRET), "s3", "us-east-1").add_auth(request)
    return wire(request, path, query)


def sign_query(method: str, path: str, fields: dict[str, str], expires: int = 300) -> sigv4.SignedRequest:
    request = AWSRequest(method, f"http://{HOST}{path}", headers=fields)
    S3SigV4QueryAuth(Credentials(AKID, SECRET), "s3", "us-east-1", expires).add_auth(request)
    return wire(request, path, request.url.partition("?")[2])


def object_path(key: str) -> str:
    return "/bucket/" + quote(key, safe="/~")


def query_text(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs)


@settings(max_examples=150, deadline=None)
@given(key=keys, pairs=st.lists(st.tuples(names, texts), max_size=5, unique_by=lambda pair: pair[0]), fields=headers)
@example(key="a//b/../c/./%2F +~*'()", pairs=[("a", ""), ("a-", "1"), ("a.b", "="), ("prefix", "x/y z")], fields={})
def test_header_signatures(key: str, pairs: list[tuple[str, str]], fields: dict[str, str]) -> None:
    parsed = check(sign_header("PUT", object_path(key), query_text(pairs), fields, b"body"))
    assert parsed.access_key_id == AKID
    assert parsed.payload_hash == hashlib.sha256(b"body").hexdigest().encode()


@settings(max_examples=100, deadline=None)
@given(key=keys, fields=headers)
def test_presigned_urls(key: str, fields: dict[str, str]) -> None:
    parsed = check(sign_query("GET", object_path(key), fields))
    assert parsed.expires_sec == 300


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/bucket/a%7Eb", "tilde written encoded by old clients"),
        ("/bucket/a~b", "tilde as it is"),
        ("/bucket/%e3%81%82", "lower-case hex"),
        ("/bucket/a+b", "plus is itself in a path"),
        ("/bucket/a=b&c;d,e@f:g", "sub-delimiters left raw"),
    ],
)
def test_paths_that_clients_encode_their_own_way(path: str, sent: str) -> None:
    """S3 decodes once and encodes once, so the form on the wire does not matter when the client signs the right one."""
    canonical = {"/bucket/a%7Eb": "a~b", "/bucket/a~b": "a~b", "/bucket/%e3%81%82": "あ"}.get(path, path[8:])
    signed = sign_header("GET", object_path(canonical), "", {})
    check(signed._replace(path=path.encode()))


def test_plus_in_a_query_is_a_space() -> None:
    signed = sign_header("GET", "/bucket", "prefix=a%20b", {})
    check(signed._replace(query=b"prefix=a+b"))


def test_order_and_lower_case_escapes_do_not_matter_in_a_query() -> None:
    signed = sign_header("GET", "/bucket", "delimiter=%2F&list-type=2&prefix=%C3%A9", {})
    check(signed._replace(query=b"prefix=%c3%a9&list-type=2&delimiter=/"))


def test_repeated_headers_are_joined_in_order_of_arrival() -> None:
    request = AWSRequest("GET", f"http://{HOST}/bucket", headers=HTTPHeaders())
    request.headers["x-amz-meta-a"] = "2"
    request.headers["x-amz-meta-a"] = "1"
    request.context["payload_signing_enabled"] = True
    S3SigV4Auth(Credentials(AKID, SECRET), "s3", "us-east-1").add_auth(request)
    signed = wire(request, "/bucket", "")
    check(signed)
    swapped = [(name, {b"1": b"2", b"2": b"1"}.get(value, value)) for name, value in signed.headers]
    with pytest.raises(SigV4Error, match="SignatureDoesNotMatch"):
        check(signed._replace(headers=swapped))


@settings(max_examples=100, deadline=None)
@given(path=st.from_regex(r"(/(\.|\.\.|[a-z%0-9 ~]{0,4})){1,5}/?", fullmatch=True), body=st.binary(max_size=40))
def test_generic_services_normalise_the_path(path: str, body: bytes) -> None:
    request = AWSRequest("POST", f"http://{HOST}{path}", headers={"Content-Type": "x"}, data=body)
    SigV4Auth(Credentials(AKID, SECRET), "iam", "us-east-1").add_auth(request)
    check(wire(request, path, ""), IAM)


def test_generic_services_presigned() -> None:
    request = AWSRequest("GET", f"http://{HOST}/", params={"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    SigV4QueryAuth(Credentials(AKID, SECRET), "iam", "us-east-1").add_auth(request)
    check(wire(request, "/", request.url.partition("?")[2]), IAM)


def test_generic_services_compare_the_body() -> None:
    request = AWSRequest("POST", f"http://{HOST}/", headers={}, data=b"Action=ListUsers")
    SigV4Auth(Credentials(AKID, SECRET), "iam", "us-east-1").add_auth(request)
    other = hashlib.sha256(b"Action=DeleteUser").hexdigest().encode()
    with pytest.raises(SigV4Error, match="SignatureDoesNotMatch"):
        check(wire(request, "/", "")._replace(body_sha256=other), IAM)


def test_session_tokens_are_part_of_the_signature() -> None:
    credentials = Credentials(AKID, SECRET, "the-token")
    header = AWSRequest("GET", f"http://{HOST}/bucket", headers={})
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(header)
    assert check(wire(header, "/bucket", "")).security_token == b"the-token"
    query = AWSRequest("GET", f"http://{HOST}/bucket", headers={})
    S3SigV4QueryAuth(credentials, "s3", "us-east-1").add_auth(query)
    signed = wire(query, "/bucket", query.url.partition("?")[2])
    assert check(signed).security_token == b"the-token"
    with pytest.raises(SigV4Error, match="SignatureDoesNotMatch"):
        check(signed._replace(query=signed.query.replace(b"the-token", b"another")))


def alterations(request: sigv4.SignedRequest) -> Iterator[sigv4.SignedRequest]:
    """The request with each bit changed, one at a time, of path, query and header values."""
    parts = [request.path, request.query, *(value for _, value in request.headers)]
    names = [name for name, _ in request.headers]
    for index, part in enumerate(parts):
        for where, bit in product(range(len(part)), range(8)):
            changed = part[:where] + bytes((part[where] ^ 1 << bit,)) + part[where + 1 :]
            path, query, *fields = [*parts[:index], changed, *parts[index + 1 :]]
            yield request._replace(path=path, query=query, headers=list(zip(names, fields, strict=True)))


def what_is_signed(request: sigv4.SignedRequest) -> tuple[bytes, bytes, str] | None:
    """Canonical request, signature and key id; `None` when the request is refused before any key is needed."""
    try:
        parsed = sigv4.parse(request, S3, time.time_ns())
    except SigV4Error:
        return None
    return None if parsed is None else (parsed.canonical_request, parsed.signature, parsed.access_key_id)


@pytest.mark.parametrize("mechanism", ["header", "query"])
def test_no_changed_bit_is_accepted(mechanism: str) -> None:
    """Unless it changes nothing that is signed: another way to write the same path, or `+` for an encoded space."""
    path = "/bucket/key%20with/parts/and/a/longer/name/to/have/something/to/change"
    fields = {"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==", "x-amz-meta-colour": "ultramarine", "x-amz-acl": "private"}
    if mechanism == "query":
        request = sign_query("PUT", path, fields)
    else:
        request = sign_header("PUT", path, "uploadId=7&partNumber=3&prefix=some%2Fprefix", fields, b"x")
    signed = what_is_signed(request)
    refused = 0
    for changed in alterations(request):
        altered = what_is_signed(changed)
        if altered == signed:
            continue
        if altered is not None and altered[2] != AKID:
            refused += 1  # another key's id: there is no secret under which it verifies
            continue
        with pytest.raises(SigV4Error):
            check(changed)
        refused += 1
    assert refused > 3_000


def test_post_forms() -> None:
    policy = {"expiration": "2099-01-01T00:00:00Z", "conditions": [{"bucket": "b"}, ["starts-with", "$key", "u/"]]}
    request = AWSRequest("POST", f"http://{HOST}/b")
    request.context["s3-presign-post-fields"] = {}
    request.context["s3-presign-post-policy"] = policy
    S3SigV4PostAuth(Credentials(AKID, SECRET), "s3", "us-east-1").add_auth(request)
    form = {name.lower(): value for name, value in request.context["s3-presign-post-fields"].items()}
    parsed = parse_post_form(form, S3, time.time_ns())
    assert parsed is not None
    sigv4.verify(parsed, derive_signing_key(SECRET, parsed.date, "us-east-1", "s3"))
    tampered = json.loads(base64.b64decode(form["policy"])) | {"expiration": "2199-01-01T00:00:00Z"}
    form["policy"] = base64.b64encode(json.dumps(tampered).encode()).decode()
    parsed = parse_post_form(form, S3, time.time_ns())
    assert parsed is not None
    with pytest.raises(SigV4Error, match="SignatureDoesNotMatch"):
        sigv4.verify(parsed, derive_signing_key(SECRET, parsed.date, "us-east-1", "s3"))
