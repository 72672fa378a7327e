"""Documents and fields as weapons: entities, depth, size, header injection, whatever a parser might choke on.

Every answer is 4xx, nothing is stored, and afterwards the server still answers.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

import pytest

from photoncloud.testkit.s3_state import resident_bytes, snapshot
from photoncloud.testkit.s3_wire import Target

GROWTH_LIMIT_BYTES = 96 << 20
SECRET_FILE = "this never leaves the machine"
ROOTS = {
    "cors": "CORSConfiguration",
    "tagging": "Tagging",
    "versioning": "VersioningConfiguration",
    "website": "WebsiteConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "encryption": "ServerSideEncryptionConfiguration",
    "publicAccessBlock": "PublicAccessBlockConfiguration",
    "ownershipControls": "OwnershipControls",
    "notification": "NotificationConfiguration",
    "acl": "AccessControlPolicy",
    "object-lock": "ObjectLockConfiguration",
    "delete": "Delete",
}
OBJECT_ROOTS = {"tagging": "Tagging", "retention": "Retention", "legal-hold": "LegalHold", "acl": "AccessControlPolicy"}


@pytest.fixture(scope="module")
def secret_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("secret") / "secret.txt"
    file.write_text(SECRET_FILE)
    return file


@pytest.fixture(scope="module")
def unharmed(s3_store: Any, target: Target) -> Iterator[Callable[[], None]]:
    for path in ("/docs", "/docs/key"):
        assert target.send(target.signed("PUT", path, b"" if path == "/docs" else b"content")).status == 200
    before = snapshot(target, s3_store.data_dir)
    memory = resident_bytes(s3_store.process.pid)

    def check() -> None:
        nonlocal before
        expected, before = before, snapshot(target, s3_store.data_dir)
        assert before == expected

    yield check
    assert resident_bytes(s3_store.process.pid) - memory < GROWTH_LIMIT_BYTES
    assert s3_store.process.events("request_failed") == []


def xxe(root: str, file: Path) -> bytes:
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY x SYSTEM "file://{file}">]>'
        f"<{root}><TagSet><Tag><Key>k</Key><Value>&x;</Value></Tag></TagSet><Status>&x;</Status></{root}>"
    ).encode()


def billion_laughs(root: str) -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE {root} [{entities}]><{root}>&a11;</{root}>'.encode()


def quadratic(root: str) -> bytes:
    return f'<!DOCTYPE {root} [<!ENTITY a "{"a" * 50_000}">]><{root}>{"&a;" * 50_000}</{root}>'.encode()


def _many_attributes(root: str) -> bytes:
    attributes = " ".join(f"a{number}='1'" for number in range(90_000))
    return f"<{root} {attributes}/><".encode()


def xml_attacks(root: str, file: Path) -> dict[str, bytes]:
    deep = "<a>" * 20_000
    return {
        "external entity": xxe(root, file),
        "external entity in UTF-16": xxe(root, file)
        .decode()
        .replace('"1.0"', '"1.0" encoding="UTF-16"')
        .encode("utf-16"),
        "parameter entity": f'<!DOCTYPE {root} [<!ENTITY % x SYSTEM "file://{file}"> %x;]><{root}/>'.encode(),
        "external document type": f'<!DOCTYPE {root} SYSTEM "http://127.0.0.1:1/x.dtd"><{root}/>'.encode(),
        "include": f'<{root} xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file://{file}" parse="text"/>'
        f"</{root}><x/>".encode(),
        "billion laughs": billion_laughs(root),
        "billion laughs in UTF-16": billion_laughs(root)
        .decode()
        .replace('"1.0"', '"1.0" encoding="UTF-16"')
        .encode("utf-16"),
        "quadratic blow-up": quadratic(root),
        "deep nesting": f"<{root}>{deep}".encode(),
        "deep nesting, closed": f"<{root}>{deep}{deep.replace('<', '</')}</{root}>".encode(),
        "33 levels": f"<{root}>{'<a>' * 33}{'</a>' * 33}</{root}>".encode(),
        "too long": f"<{root}>{' ' * (2 << 20)}</{root}>".encode(),
        "a million attributes": _many_attributes(root),
        "an attribute twice": f'<{root} a="1" a="2"/>'.encode(),
        "not closed": f"<{root}>".encode(),
        "closed twice": f"<{root}/></{root}>".encode(),
        "two roots": f"<{root}/><{root}/>".encode(),
        "another root": b"<Elsewhere/>",
        "empty": b"",
        "blanks": b"   \r\n ",
        "text": b"hello",
        "JSON": b'{"a": 1}',
        "NUL bytes": f"<{root}>\0\0</{root}>".encode(),
        "bad UTF-8": f"<{root}>".encode() + b"\xff\xfe\xfa" + f"</{root}>".encode(),
        "undefined entity": f"<{root}>&undefined;</{root}>".encode(),
        "unknown encoding": f'<?xml version="1.0" encoding="klingon"?><{root}/>'.encode(),
        "lying encoding": f'<?xml version="1.0" encoding="UTF-32"?><{root}/>'.encode(),
        "unbound prefix": f"<x:{root}/>".encode(),
        "random bytes": hashlib.shake_128(root.encode()).digest(3000),
    }


@pytest.mark.parametrize("name", ROOTS)
def test_hostile_bucket_documents(name: str, target: Target, secret_file: Path, unharmed: Callable[[], None]) -> None:
    method = "POST" if name == "delete" else "PUT"
    for why, body in xml_attacks(ROOTS[name], secret_file).items():
        fields = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
        answer = target.send(target.signed(method, "/docs", body, query={name: ""}, fields=fields))
        assert 400 <= answer.status < 500, (why, answer.status, answer.body[:300])
        assert SECRET_FILE.encode() not in answer.body, why
    unharmed()


@pytest.mark.parametrize("name", OBJECT_ROOTS)
def test_hostile_object_documents(name: str, target: Target, secret_file: Path, unharmed: Callable[[], None]) -> None:
    for why, body in xml_attacks(OBJECT_ROOTS[name], secret_file).items():
        fields = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
        answer = target.send(target.signed("PUT", "/docs/key", body, query={name: ""}, fields=fields))
        assert 400 <= answer.status < 500, (why, answer.status, answer.body[:300])
    unharmed()


def test_hostile_lists_of_parts(target: Target, secret_file: Path, unharmed: Callable[[], None]) -> None:
    upload = target.send(target.signed("POST", "/docs/parts", query={"uploads": ""})).element("UploadId")
    for why, body in xml_attacks("CompleteMultipartUpload", secret_file).items():
        answer = target.send(target.signed("POST", "/docs/parts", body, query={"uploadId": upload}))
        assert 400 <= answer.status < 500, (why, answer.status, answer.body[:300])
    part = "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>"
    for number, etag in [
        (0, "a"),
        (-1, "a"),
        (10_001, "a"),
        ("1e3", "a"),
        ("", "a"),
        (10**30, "a"),
        (1, ""),
        (1, "a" * 9999),
    ]:
        body = f"<CompleteMultipartUpload>{part.format(number, etag)}</CompleteMultipartUpload>".encode()
        answer = target.send(target.signed("POST", "/docs/parts", body, query={"uploadId": upload}))
        assert 400 <= answer.status < 500, (number, etag[:9], answer.status, answer.body[:300])
    assert target.send(target.signed("DELETE", "/docs/parts", query={"uploadId": upload})).status == 204
    unharmed()


def test_hostile_new_buckets(target: Target, secret_file: Path, unharmed: Callable[[], None]) -> None:
    for why, body in xml_attacks("CreateBucketConfiguration", secret_file).items():
        if body:
            answer = target.send(target.signed("PUT", "/docs-new", body))
            assert 400 <= answer.status < 500, (why, answer.status, answer.body[:300])
    unharmed()


BUCKET_NAMES = [
    "ab",
    "a" * 64,
    "UPPER",
    "under_score",
    "-start",
    "end-",
    ".start",
    "end.",
    "a..b",
    "a.-b",
    "a-.b",
    "192.168.5.4",
    "xn--bucket",
    "sthree-x",
    "amzn-s3-demo-x",
    "x-s3alias",
    "x--ol-s3",
    "x.mrap",
    "x--x-s3",
    "x--table-s3",
    "%2e%2e",
    "..",
    "b%00b",
    "b%0d%0aX: y",
    "%e3%81%82%e3%81%82%e3%81%82",
    "b b b",
]


@pytest.mark.parametrize("name", BUCKET_NAMES)
def test_names_no_bucket_has(name: str, target: Target) -> None:
    path = "/" + quote(unquote(name), safe="/~")
    answer = target.send(target.signed("PUT", path))
    assert (answer.status, answer.code) == (400, "InvalidBucketName"), answer.body
    assert 400 <= target.send(target.signed("GET", path)).status < 500
    assert 400 <= target.send(target.signed("PUT", f"{path}/key", b"x")).status < 500


POLICIES = {
    "empty object": b"{}",
    "empty": b"",
    "array": b"[]",
    "number": b"1",
    "text": b"hello",
    "BOM": b"\xef\xbb\xbf{}",
    "bad UTF-8": b'{"Version":"\xff"}',
    "deep arrays": b"[" * 19_000,
    "deep objects": b'{"a":' * 3_900,
    "deep statement": b'{"Version":"2012-10-17","Statement":' + b"[" * 19_000 + b"]" * 900,
    "deep condition": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
    b'"Resource":"arn:aws:s3:::docs/*","Condition":' + b'{"StringEquals":' * 1000 + b"1" + b"}" * 1000 + b"}]}",
    "too long": b'{"Version":"2012-10-17","Id":"' + b"x" * 21_000 + b'"}',
    "too long by far": b'{"Id":"' + b"x" * (2 << 20) + b'"}',
    "no principal": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",'
    b'"Resource":"arn:aws:s3:::docs/*"}]}',
    "another bucket": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
    b'"Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}]}',
    "unknown action": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
    b'"Action":"s3:Frobnicate","Resource":"arn:aws:s3:::docs/*"}]}',
    "another service": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
    b'"Action":"iam:CreateUser","Resource":"arn:aws:s3:::docs/*"}]}',
    "unknown operator": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",'
    b'"Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*","Condition":{"Sometimes":{"a":"b"}}}]}',
    "unknown effect": b'{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Principal":"*",'
    b'"Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"}]}',
    "unknown version": b'{"Version":"2042-01-01","Statement":[]}',
    "no statement": b'{"Version":"2012-10-17"}',
    "statement is text": b'{"Version":"2012-10-17","Statement":"Allow"}',
    "numbers everywhere": b'{"Version":1,"Statement":[{"Effect":1,"Principal":1,"Action":1,"Resource":1}]}',
    "nulls everywhere": b'{"Version":null,"Statement":[{"Effect":null,"Principal":null,"Action":null,'
    b'"Resource":null,"Condition":null}]}',
    "NaN": b'{"Version":NaN}',
    "huge number": b'{"Version":1' + b"0" * 18_000 + b"}",
    "lone surrogate": b'{"Version":"2012-10-17","Id":"\\ud800","Statement":[]}',
    "duplicate keys": b'{"Version":"2012-10-17","Statement":[],"Statement":[]}',
    "malformed principal": b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"nobody"},'
    b'"Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"}]}',
}


@pytest.mark.parametrize("why", POLICIES)
def test_hostile_policies(why: str, target: Target, unharmed: Callable[[], None]) -> None:
    answer = target.send(target.signed("PUT", "/docs", POLICIES[why], query={"policy": ""}))
    assert 400 <= answer.status < 500, (answer.status, answer.body[:300])
    assert answer.code in ("MalformedPolicy", "MissingRequestBodyError", "EntityTooLarge", "InvalidArgument")
    unharmed()


# ---- fields and query values


HOSTILE_FIELDS: list[tuple[dict[str, str], str]] = [
    ({"x-amz-meta-" + "n" * 3000: "v"}, "MetadataTooLarge"),
    ({"x-amz-meta-a": "v" * 3000}, "MetadataTooLarge"),
    ({f"x-amz-meta-{n}": "v" * 40 for n in range(60)}, "MetadataTooLarge"),
    ({"x-amz-storage-class": "TURBO"}, "InvalidStorageClass"),
    ({"x-amz-storage-class": "GLACIER"}, "InvalidStorageClass"),
    ({"x-amz-acl": "everything"}, "InvalidArgument"),
    ({"x-amz-acl": "private", "x-amz-grant-read": 'id="x"'}, "InvalidRequest"),
    ({"x-amz-grant-read": "nonsense"}, "InvalidArgument"),
    ({"x-amz-grant-read": 'emailAddress="nobody@example.com"'}, "UnresolvableGrantByEmailAddress"),
    ({"x-amz-tagging": "a=b&a=c"}, "InvalidArgument"),
    ({"x-amz-tagging": "&".join(f"k{n}=v" for n in range(11))}, "BadRequest"),
    ({"x-amz-tagging": "k" * 129 + "=v"}, "InvalidTag"),
    ({"x-amz-tagging": "aws:k=v"}, "InvalidTag"),
    ({"x-amz-tagging": "k=%0d%0a"}, "InvalidTag"),
    ({"x-amz-server-side-encryption": "ROT13"}, "InvalidEncryptionAlgorithmError"),
    ({"x-amz-website-redirect-location": "javascript:alert(1)"}, "InvalidRedirectLocation"),
    ({"x-amz-website-redirect-location": "/" + "x" * 3000}, ""),
    ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, "InvalidRequest"),
    ({"x-amz-object-lock-mode": "FOREVER"}, "InvalidRequest"),
    ({"if-none-match": '"etag"'}, "NotImplemented"),
    ({"if-match": "*", "if-none-match": "*"}, "NotImplemented"),
    ({"content-md5": "zzzz"}, "InvalidDigest"),
    ({"x-amz-checksum-crc32": "zzzz"}, "InvalidRequest"),
    ({"x-amz-checksum-crc33": "AAAAAA=="}, "InvalidRequest"),
    ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
    ({"x-amz-trailer": "x-amz-checksum-crc32"}, "MalformedTrailerError"),
    ({"x-amz-expected-bucket-owner": "root"}, "InvalidBucketOwnerAWSAccountID"),
    ({"x-amz-expected-bucket-owner": "000000000000"}, "AccessDenied"),
    ({"x-amz-write-offset-bytes": "0"}, "NotImplemented"),
]


@pytest.mark.parametrize(("fields", "code"), HOSTILE_FIELDS)
def test_hostile_fields(fields: dict[str, str], code: str, target: Target, unharmed: Callable[[], None]) -> None:
    answer = target.send(target.signed("PUT", "/docs/fields", b"body", fields=fields))
    assert 400 <= answer.status < 500 or answer.status == 501, (answer.status, answer.body)
    assert answer.code == code or not code, answer.body
    unharmed()


HOSTILE_QUERIES: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/docs", {"max-keys": "-1"}),
    ("GET", "/docs", {"max-keys": "many"}),
    ("GET", "/docs", {"max-keys": "9" * 4000}),
    ("GET", "/docs", {"max-keys": "２"}),
    ("GET", "/docs", {"list-type": "2", "max-keys": "2147483648"}),
    ("GET", "/docs", {"list-type": "2", "continuation-token": ""}),
    ("GET", "/docs", {"list-type": "2", "continuation-token": "AAAA"}),
    ("GET", "/docs", {"list-type": "2", "continuation-token": base64.b64encode(b"\x01" * 60).decode()}),
    ("GET", "/docs", {"encoding-type": "rot13"}),
    ("GET", "/docs", {"versions": "", "version-id-marker": "0" * 32}),
    ("GET", "/docs", {"versions": "", "key-marker": "a", "version-id-marker": "nonsense"}),
    ("GET", "/docs", {"uploads": "", "max-uploads": "x"}),
    ("GET", "/", {"max-buckets": "0"}),
    ("GET", "/", {"max-buckets": "10001"}),
    ("GET", "/", {"max-buckets": "x"}),
    ("GET", "/", {"continuation-token": "nonsense"}),
    ("GET", "/docs/key", {"partNumber": "0"}),
    ("GET", "/docs/key", {"partNumber": "10001"}),
    ("GET", "/docs/key", {"partNumber": "9" * 4000}),
    ("GET", "/docs/key", {"partNumber": "-1"}),
    ("GET", "/docs/key", {"partNumber": "1.0"}),
    ("GET", "/docs/key", {"partNumber": "2"}),
    ("GET", "/docs/key", {"versionId": ""}),
    ("GET", "/docs/key", {"versionId": "x"}),
    ("GET", "/docs/key", {"versionId": "0" * 32}),
    ("GET", "/docs/key", {"versionId": "0" * 4000}),
    ("GET", "/docs/key", {"versionId": "../../etc/passwd"}),
    ("DELETE", "/docs/key", {"versionId": "x"}),
    ("PUT", "/docs/key", {"uploadId": "x"}),
    ("PUT", "/docs/key", {"partNumber": "1"}),
    ("PUT", "/docs/key", {"partNumber": "1", "uploadId": "x"}),
    ("PUT", "/docs/key", {"partNumber": "1", "uploadId": ""}),
    ("PUT", "/docs/key", {"partNumber": "0", "uploadId": "x"}),
    ("PUT", "/docs/key", {"partNumber": "x", "uploadId": "x"}),
    ("GET", "/docs/key", {"uploadId": "x"}),
    ("GET", "/docs/key", {"uploadId": "../x"}),
    ("DELETE", "/docs/key", {"uploadId": "\0"}),
    ("POST", "/docs/key", {"uploadId": "f" * 4000}),
    ("GET", "/docs/key", {"acl": "", "tagging": ""}),
    ("PUT", "/docs/key", {"acl": "", "retention": ""}),
    ("POST", "/docs/key", {"select": "", "select-type": "3"}),
    ("POST", "/docs/key", {}),
    ("PUT", "/docs/" + "k" * 1025, {}),
    ("PUT", "/docs/" + "%E3%81%82" * 342, {}),
    ("GET", "/docs/" + "k" * 1025, {}),
    ("DELETE", "/docs/" + "k" * 1025, {}),
    ("POST", "/docs/" + "k" * 1025, {"uploads": ""}),
]


@pytest.mark.parametrize(("method", "path", "query"), HOSTILE_QUERIES)
def test_hostile_queries(
    method: str, path: str, query: dict[str, str], target: Target, unharmed: Callable[[], None]
) -> None:
    answer = target.send(target.signed(method, path, query=query))
    assert 400 <= answer.status < 500 or answer.status == 501, (answer.status, answer.body)
    unharmed()


FILLINGS = {
    "cors": "<CORSConfiguration><CORSRule><AllowedOrigin>{}</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    "</CORSRule></CORSConfiguration>",
    "website": "<WebsiteConfiguration><IndexDocument><Suffix>{}</Suffix></IndexDocument></WebsiteConfiguration>",
    "lifecycle": "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Prefix>{}</Prefix></Filter>"
    "<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "notification": "<NotificationConfiguration><QueueConfiguration><Id>{}</Id><Queue>arn:photon:events:r:1:n</Queue>"
    "<Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>",
    "tagging": "<Tagging><TagSet><Tag><Key>k</Key><Value>{}</Value></Tag></TagSet></Tagging>",
    "acl": "<AccessControlPolicy><Owner><ID>{}</ID></Owner><AccessControlList/></AccessControlPolicy>",
}


@pytest.mark.parametrize("name", FILLINGS)
def test_documents_that_fill_the_limit(name: str, target: Target, unharmed: Callable[[], None]) -> None:
    """A mebibyte that grows when it is written again: what no row can hold is refused."""
    before = target.send(target.signed("GET", "/docs", query={name: ""}))
    frame = FILLINGS[name]
    for character, count in (("x", 1_048_576 - len(frame) - 1), ('"', 1_000_000), ("é", 500_000), ("&amp;", 200_000)):
        body = frame.format(character * count).encode()
        fields = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
        if name == "notification":
            fields["x-amz-skip-destination-validation"] = "true"
        answer = target.send(target.signed("PUT", "/docs", body, query={name: ""}, fields=fields))
        assert answer.status in (200, 204) or 400 <= answer.status < 500, (character, answer.status, answer.body[:300])
        if answer.status in (200, 204):
            assert target.send(target.signed("GET", "/docs", query={name: ""})).status == 200
            target.send(target.signed("DELETE", "/docs", query={name: ""}))
    assert target.send(target.signed("GET", "/docs", query={name: ""})).status == before.status
    unharmed()


LONG = ("k" * 1_025, "k" * 4_200, "k" * 9_000, "é" * 2_000)
LONG_VALUES: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
    ("GET", "/VALUE", {}, {}),
    ("GET", "/VALUE/key", {}, {}),
    ("PUT", "/VALUE/key", {}, {}),
    ("PUT", "/VALUE", {}, {}),
    ("DELETE", "/VALUE", {}, {}),
    ("GET", "/", {"prefix": "VALUE"}, {}),
    ("GET", "/", {"bucket-region": "VALUE"}, {}),
    ("GET", "/", {"continuation-token": "VALUE"}, {}),
    ("GET", "/docs", {"prefix": "VALUE"}, {}),
    ("GET", "/docs", {"prefix": "VALUE", "delimiter": "/"}, {}),
    ("GET", "/docs", {"delimiter": "VALUE"}, {}),
    ("GET", "/docs", {"marker": "VALUE"}, {}),
    ("GET", "/docs", {"list-type": "2", "start-after": "VALUE"}, {}),
    ("GET", "/docs", {"list-type": "2", "continuation-token": "VALUE"}, {}),
    ("GET", "/docs", {"versions": "", "prefix": "VALUE"}, {}),
    ("GET", "/docs", {"versions": "", "key-marker": "VALUE"}, {}),
    ("GET", "/docs", {"versions": "", "key-marker": "a", "version-id-marker": "VALUE"}, {}),
    ("GET", "/docs", {"uploads": "", "prefix": "VALUE"}, {}),
    ("GET", "/docs", {"uploads": "", "key-marker": "VALUE"}, {}),
    ("GET", "/docs", {"uploads": "", "key-marker": "VALUE", "upload-id-marker": "x"}, {}),
    ("GET", "/docs", {"uploads": "", "key-marker": "a", "upload-id-marker": "VALUE"}, {}),
    ("GET", "/docs/key", {"uploadId": "VALUE"}, {}),
    ("GET", "/docs/key", {"versionId": "VALUE"}, {}),
    ("GET", "/docs/key", {}, {"range": "bytes=VALUE"}),
    ("GET", "/docs/key", {}, {"if-match": "VALUE"}),
    ("GET", "/docs/key", {}, {"if-modified-since": "VALUE"}),
    ("GET", "/docs/key", {}, {"origin": "VALUE"}),
    ("GET", "/docs/key", {}, {"x-amz-expected-bucket-owner": "VALUE"}),
    ("PUT", "/docs/copied", {}, {"x-amz-copy-source": "/VALUE/key"}),
    ("PUT", "/docs/copied", {}, {"x-amz-copy-source": "/docs/VALUE"}),
    ("PUT", "/docs/copied", {}, {"x-amz-copy-source": "/docs/key?versionId=VALUE"}),
    ("GET", "/key", {}, {"host": "VALUE.localhost"}),
    ("GET", "/key", {}, {"host": "VALUE"}),
]


@pytest.mark.parametrize(("method", "path", "query", "fields"), LONG_VALUES)
def test_values_longer_than_any_row_of_the_index(
    method: str, path: str, query: dict[str, str], fields: dict[str, str], target: Target, unharmed: Callable[[], None]
) -> None:
    for value in LONG:
        asked = {name: text.replace("VALUE", value) for name, text in query.items()}
        sent = {name: text.replace("VALUE", quote(value)) for name, text in fields.items()}
        request = target.signed(method, path.replace("VALUE", quote(value)), query=asked, fields=sent)
        answer = target.send(request)
        assert answer.status == 200 or 400 <= answer.status < 500, (len(value), answer.status, answer.body[:300])
        assert method == "GET" or answer.status != 200
    unharmed()


# ---- header injection


INJECTED = "\r\nx-injected: yes\r\n\r\n<html>"


@pytest.mark.parametrize(
    "name",
    ["content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"],
)
def test_overrides_cannot_add_fields(name: str, target: Target, unharmed: Callable[[], None]) -> None:
    for value in (INJECTED, "a\r\nb", "a\nb", "a\rb", "a\0b", "é", "あ", "x" * 7000):
        answer = target.send(target.presigned("GET", "/docs/key", query={f"response-{name}": value}))
        assert answer.status in (200, 400), answer.body
        assert "x-injected" not in answer.headers
        assert answer.status == 400 or answer.body == b"content"
        assert set("\r\n\0").isdisjoint(answer.headers.get(name, ""))


def test_forms_cannot_add_fields(target: Target, unharmed: Callable[[], None]) -> None:
    root = target
    root.send(root.signed("PUT", "/forms"))
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::forms/*"},
            ],
        }
    ).encode()
    assert root.send(root.signed("PUT", "/forms", policy, query={"policy": ""})).status == 204
    for name in ("x-amz-meta-a", "content-type", "x-amz-website-redirect-location", "cache-control", "tagging", "acl"):
        for value in (INJECTED.replace("\r\n\r\n", ""), "a\nb", "a\rb", "a\0b"):
            answer = root.send(root.form("/forms", None, {"key": "k", name: value}, b"data"))
            assert 400 <= answer.status < 500, (name, value, answer.status)
            assert "x-injected" not in answer.headers
    for name in ("success_action_redirect", "redirect", "success_action_status"):
        for value in (INJECTED, "http://e/\r\nx-injected: yes", "javascript:alert(1)", "//evil", "http://[", "201 x"):
            answer = root.send(root.form("/forms", None, {"key": "k", name: value}, b"data"))
            assert answer.status in (204, 400), (name, value, answer.status)
            assert "x-injected" not in answer.headers
    for key in ("\r\nx-injected: yes", "../../../etc/passwd", "\0", "${filename}${filename}"):
        answer = root.send(root.form("/forms", None, {"key": key, "success_action_status": "201"}, b"data"))
        assert answer.status in (201, 400)
        assert "x-injected" not in answer.headers
        redirect = {"key": key, "success_action_redirect": "http://example.com/?a=b"}
        answer = root.send(root.form("/forms", None, redirect, b"data"))
        assert answer.status in (303, 400)
        assert "x-injected" not in answer.headers
    for key in root.send(root.signed("GET", "/forms", query={"encoding-type": "url"})).elements("Key"):
        root.send(root.signed("DELETE", f"/forms/{quote(unquote_plus(key), safe='/~')}"))
    root.send(root.signed("DELETE", "/forms"))
    unharmed()


def test_metadata_values_come_back_in_one_line(target: Target, unharmed: Callable[[], None]) -> None:
    for value in ("caf\u00e9", "\u3042", "tab\tinside", "=?utf-8?q?=0d=0ax-injected:_yes?="):
        stored = target.send(target.signed("PUT", "/docs/meta", b"x", fields={"x-amz-meta-a": value}))
        assert stored.status == 200, stored.body
        answer = target.send(target.signed("HEAD", "/docs/meta"))
        assert "x-injected" not in answer.headers
        assert answer.headers["x-amz-meta-a"].isascii()
    target.send(target.signed("DELETE", "/docs/meta"))
    unharmed()


# ---- cross-origin


def test_a_star_origin_never_comes_with_credentials(target: Target) -> None:
    target.send(target.signed("PUT", "/cors"))
    rules = (
        b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>"
        b"<CORSRule><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>"
        b"</CORSConfiguration>"
    )
    md5 = base64.b64encode(hashlib.md5(rules).digest()).decode()
    assert (
        target.send(target.signed("PUT", "/cors", rules, query={"cors": ""}, fields={"content-md5": md5})).status == 200
    )
    star = target.send(target.signed("GET", "/cors", fields={"origin": "https://evil.example"}))
    assert star.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in star.headers
    preflight = {"origin": "https://evil.example", "access-control-request-method": "PUT"}
    assert target.send(target.anonymous("OPTIONS", "/cors/k", fields=preflight)).code == "AccessForbidden"
    for origin in ("https://example.com.evil", "https://a.example.com.evil", "null", "http://a.example.com"):
        fields = {"origin": origin, "access-control-request-method": "PUT"}
        assert target.send(target.anonymous("OPTIONS", "/cors/k", fields=fields)).status == 403
    named = target.send(target.anonymous("OPTIONS", "/cors/k", fields=preflight | {"origin": "https://a.example.com"}))
    assert named.headers["access-control-allow-origin"] == "https://a.example.com"
