"""DeleteObjects."""

import base64
import hashlib

import pytest

from photoncloud.lightningstor.core import xml_in


def _document(*items, quiet=False):
    inside = "".join(
        f"<Object><Key>{key}</Key>{f'<VersionId>{version}</VersionId>' if version else ''}{more}</Object>"
        for key, version, more in ((*item, "", "")[:3] if isinstance(item, tuple) else (item, "", "") for item in items)
    )
    body = f"<Delete>{inside}{'<Quiet>true</Quiet>' if quiet else ''}</Delete>".encode()
    return body, {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}


def _outcomes(reply):
    root = xml_in.parse(reply.body, "DeleteResult")
    return [
        (item.name, item.text_of("Key"), item.text_of("Code") or item.text_of("DeleteMarker") or "") for item in root
    ]


async def test_every_key_is_told_of_in_the_order_of_the_request(world):
    bucket = await world.bucket()
    for key in ("a", "b"):
        await world.put(bucket, key, b"1")
    reply = await world.call("DeleteObjects", bucket, "", *_document("b", "absent", "a"))
    assert _outcomes(reply) == [("Deleted", "b", ""), ("Deleted", "absent", ""), ("Deleted", "a", "")]
    assert (await world.families())["c"] == 0


async def test_quiet_tells_of_errors_only(world):
    bucket = await world.bucket()
    await world.put(bucket, "a", b"1")
    await world.put(bucket, "secret", b"1")
    world.rights.denied = {("s3:DeleteObject", b"secret")}
    reply = await world.call("DeleteObjects", bucket, "", *_document("a", "secret", quiet=True))
    assert _outcomes(reply) == [("Error", "secret", "AccessDenied")]
    assert await world.get(bucket, "secret") == b"1"


async def test_versions_markers_and_repeated_keys(world):
    bucket = await world.bucket(versioning="Enabled")
    first = await world.put(bucket, "k", b"1")
    second = await world.put(bucket, "k", b"2")
    reply = await world.call("DeleteObjects", bucket, "", *_document(("k", first), ("k", second), "k", "k"))
    assert _outcomes(reply) == [
        ("Deleted", "k", ""),
        ("Deleted", "k", ""),
        ("Deleted", "k", "true"),
        ("Deleted", "k", "true"),
    ]
    families = await world.families()
    assert (families["c"], families["m"], families["v"], families["i"]) == (0, 1, 1, 0)


async def test_locked_and_conditional_items_fail_alone(world):
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True, default_lock=("COMPLIANCE", 1, "Days"))
    version = await world.put(bucket, "locked", b"1")
    document = _document(("locked", version), ("x", "", "<ETag>abc</ETag>"), ("y", "", "<Size>a</Size>"), ("z", "bad"))
    reply = await world.call("DeleteObjects", bucket, "", *document)
    assert _outcomes(reply) == [
        ("Error", "locked", "AccessDenied"),
        ("Error", "x", "NoSuchKey"),
        ("Error", "y", "InvalidArgument"),
        ("Error", "z", "InvalidArgument"),
    ]


async def test_a_thousand_keys_share_few_transactions(world, monkeypatch):
    bucket = await world.bucket()
    names = [f"k{number:04}" for number in range(1000)]
    for name in names:
        await world.put(bucket, name, b"1")
    sizes, commit = [], world.index.commit

    async def counting(transaction, **options):
        sizes.append(max(len(transaction.changes), len(transaction.compares)))
        return await commit(transaction, **options)

    monkeypatch.setattr(world.index, "commit", counting)
    reply = await world.call("DeleteObjects", bucket, "", *_document(*names))
    assert len(_outcomes(reply)) == 1000
    assert len(sizes) <= 25
    assert max(sizes) <= 100
    assert (await world.families())["c"] == 0


async def test_two_copies_of_one_blob_in_one_request(world):
    bucket = await world.bucket()
    await world.put(bucket, "a", b"x" * 5000)
    await world.call("CopyObject", bucket, "b", source=(bucket, "a"))
    await world.call("DeleteObjects", bucket, "", *_document("a", "b"))
    await world.collect()
    families = await world.families()
    assert (families["r"], families["g"]) == (0, 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Delete></Delete>", "MalformedXML"),
        (b"<Delete><Object></Object></Delete>", "MalformedXML"),
        (b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>", "MalformedXML"),
        (b"not xml", "MalformedXML"),
        (b"", "MissingRequestBodyError"),
    ],
)
async def test_documents_that_are_none(world, body, code):
    bucket = await world.bucket()
    headers = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    assert (await world.refused("DeleteObjects", bucket, "", body, headers)).code == code


async def test_a_digest_is_required(world):
    bucket = await world.bucket()
    body, _ = _document("a")
    refusal = await world.refused("DeleteObjects", bucket, "", body)
    assert refusal.message == "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"


async def test_too_long_keys(world):
    bucket = await world.bucket()
    assert _outcomes(await world.call("DeleteObjects", bucket, "", *_document("k" * 1025)))[0][2] == "KeyTooLongError"
