"""Browser uploads: the form becomes a put, the policy is obeyed to the letter, nothing stays after a refusal."""

import base64
import json
from dataclasses import dataclass, replace

import pytest

from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.post_objects import PostObjects

BOUNDARY = "xYzZY"
FILE = b"file content " * 10


@dataclass
class Result:
    etag: str
    headers: list


class Objects:
    """Keeps what it is asked to store."""

    def __init__(self):
        self.stored = []

    async def store(self, call, body, attributes):
        self.stored.append((call, body, attributes))
        return Result(body.etag, [(b"x-amz-version-id", b"v1")])


class Authoriser:
    """Allows everything and remembers what it was asked."""

    def __init__(self, refusal=None):
        self.refusal = refusal
        self.asked = []

    async def authorise_form(self, call, form, key):
        self.asked.append((dict(form), key))
        if self.refusal:
            raise self.refusal
        return replace(call, authorised="signer")


def form(fields, file=FILE, filename="a.txt"):
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        parts.append(head.encode() + file + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def policy(conditions):
    document = {"expiration": "2036-01-01T00:00:00Z", "conditions": conditions}
    return base64.b64encode(json.dumps(document).encode()).decode()


@pytest.fixture
def objects():
    return Objects()


@pytest.fixture
def authoriser():
    return Authoriser()


@pytest.fixture
def post(stores, cipher, objects, authoriser, make_call):
    handler = PostObjects(BodyIntake(stores), BodyKeys(cipher), objects, authoriser)

    async def post(fields, *, headers=(), split=1 << 18, body=None, **options):
        content_type = ("content-type", f"multipart/form-data; boundary={BOUNDARY}")
        sent = form(fields, **options) if body is None else body
        call = make_call(sent, [content_type, ("host", "s3.example:9001"), *headers], split=split, key=b"")
        return await handler.post_object(call)

    return post


@pytest.mark.parametrize("split", [1, 37, 1 << 18])
async def test_a_form_becomes_a_put(post, objects, authoriser, split):
    reply = await post(
        {
            "key": "user/${filename}",
            "Content-Type": "text/plain",
            "x-amz-meta-colour": "red",
            "acl": "public-read",
            "tagging": "<Tagging><TagSet><Tag><Key>a b</Key><Value>1</Value></Tag></TagSet></Tagging>",
            "x-amz-storage-class": "STANDARD_IA",
        },
        split=split,
    )
    assert (reply.status, reply.body) == (204, b"")
    call, body, kept = objects.stored[0]
    assert (call.key, call.authorised, body.inline) == (b"user/a.txt", "signer", FILE)
    assert kept.headers["content-type"] == "text/plain"
    assert (kept.metadata, kept.tags, kept.storage_class) == ({"colour": "red"}, {"a b": "1"}, "STANDARD_IA")
    assert call.header("x-amz-acl") == "public-read"
    assert authoriser.asked[0][1] == b"user/a.txt"
    headers = dict(reply.headers)
    assert headers[b"ETag"] == f'"{body.etag}"'.encode()
    assert headers[b"Location"] == b"https://s3.example:9001/bucket/user/a.txt"
    assert headers[b"x-amz-version-id"] == b"v1"


@pytest.mark.parametrize(("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("418", 204), ("", 204)])
async def test_success_status(post, asked, status):
    reply = await post({"key": "k&k", "success_action_status": asked})
    assert reply.status == status
    if status == 201:
        assert reply.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>')
        assert b"<Bucket>bucket</Bucket><Key>k&amp;k</Key><ETag>" in reply.body


@pytest.mark.parametrize("name", ["success_action_redirect", "redirect"])
async def test_redirect(post, name):
    reply = await post({"key": "a b", name: "https://example.org/done?x=1"})
    location = dict(reply.headers)[b"Location"]
    assert reply.status == 303
    assert location.startswith(b"https://example.org/done?x=1&bucket=bucket&key=a+b&etag=%22")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "/relative", "http://", "https://x/\r\nSet-Cookie: a", "http://[x"]
)
async def test_addresses_that_are_none_are_ignored(post, url):
    reply = await post({"key": "k", "success_action_redirect": url})
    assert reply.status == 204
    assert b"\r" not in dict(reply.headers)[b"Location"]


@pytest.mark.parametrize(
    ("fields", "options", "code"),
    [
        ({}, {}, "InvalidArgument"),
        ({"key": ""}, {}, "InvalidArgument"),
        ({"key": "${filename}"}, {"filename": ""}, "InvalidArgument"),
        ({"key": "k" * 1025}, {}, "KeyTooLongError"),
        ({"key": "k"}, {"file": None}, "IncorrectNumberOfFilesInPostRequest"),
        ({"key": "k", "x-amz-meta-a": "1\r\nSet-Cookie: x"}, {}, "InvalidArgument"),
        ({"key": "k", "x-amz-storage-class": "COLD"}, {}, "InvalidStorageClass"),
        ({"key": "k", "x-amz-checksum-crc32": "AAAAAA=="}, {}, "BadDigest"),
        ({"key": "k", "x-amz-checksum-crc32": "x"}, {}, "InvalidRequest"),
        ({"key": "k", "content-md5": "x"}, {}, None),
        ({"key": "k", "policy": "x"}, {}, "InvalidPolicyDocument"),
        ({"key": "k", "policy": policy([])}, {}, "AccessDenied"),
        ({"key": "k", "policy": policy([["starts-with", "$key", "u/"]])}, {}, "AccessDenied"),
        ({"key": "k", "policy": policy([{"key": "k"}, ["content-length-range", 0, 10]])}, {}, "EntityTooLarge"),
        ({"key": "k", "policy": policy([{"key": "k"}, ["content-length-range", 999, 9999]])}, {}, "EntityTooSmall"),
        ({"key": "k", "policy": policy([{"key": "k"}, {"bucket": "bucket"}])}, {}, None),
        ({"key": "k", "policy": policy([{"key": "k"}, {"bucket": "other"}])}, {}, "AccessDenied"),
        ({"key": "u/${filename}", "policy": policy([["eq", "$key", "u/a.txt"]])}, {}, None),
        ({"key": "u/${filename}", "policy": policy([["eq", "$key", "u/a.txt"]])}, {"filename": "b"}, "AccessDenied"),
    ],
)
async def test_refusals_and_policies(post, objects, blob_files, fields, options, code):
    if code is None:
        await post(fields, **options)
        assert len(objects.stored) == 1
        return
    with pytest.raises(S3Error) as refused:
        await post(fields, **options)
    assert refused.value.code == code
    assert objects.stored == []
    assert blob_files() == []


@pytest.mark.parametrize("size", [50, 200_000])
async def test_refused_after_the_file_was_read_leaves_nothing(post, objects, blob_files, size):
    condition = policy([{"key": "k"}, ["content-length-range", 0, size - 1]])
    with pytest.raises(S3Error):
        await post({"key": "k", "policy": condition}, file=bytes(size))
    with pytest.raises(S3Error):
        await post({}, body=form({"key": "k"}, file=bytes(size))[:-20])
    assert objects.stored == []
    assert blob_files() == []


async def test_who_may_not_is_refused_before_the_file_is_read(post, objects, authoriser, blob_files):
    authoriser.refusal = S3Error("AccessDenied")
    with pytest.raises(S3Error) as refused:
        await post({"key": "k"}, file=bytes(500_000))
    assert refused.value.code == "AccessDenied"
    assert objects.stored == []
    assert blob_files() == []


async def test_a_large_file_becomes_a_blob(post, objects, read_blob):
    await post({"key": "k"}, file=b"x" * 300_000)
    body = objects.stored[0][1]
    await body.publish()
    assert await read_blob(body.body.id) == b"x" * 300_000


async def test_not_a_form(post, make_call, stores, cipher, objects, authoriser):
    handler = PostObjects(BodyIntake(stores), BodyKeys(cipher), objects, authoriser)
    with pytest.raises(S3Error) as refused:
        await handler.post_object(make_call(b"x", [("content-type", "text/plain")]))
    assert refused.value.code == "PreconditionFailed"
