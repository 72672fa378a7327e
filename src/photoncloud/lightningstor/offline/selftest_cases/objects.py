"""Objects: bytes in, the same bytes out, with their names and headers."""

from __future__ import annotations

import base64
import hashlib

from photoncloud.lightningstor.offline.s3_probe import Case, Probe

LARGE_BYTES = 6 << 20
KEY_BYTES_MAX = 1024
AWKWARD_KEYS = (
    "with space",
    "plus+sign",
    "percent%2Fescape",
    "a//b",
    "tilde~",
    "star*",
    "quote'\"",
    "ünïcode",
    "emoji-\N{GRINNING FACE}",
    "question?mark",
    "hash#mark",
    "amp&equals=",
)


def bytes_come_back(probe: Probe) -> None:
    for key, body in (("empty", b""), ("small", b"hello"), ("large", bytes(range(256)) * (LARGE_BYTES // 256))):
        put = probe.put(key, body)
        probe.equal("ETag", put.headers.get("etag"), f'"{hashlib.md5(body).hexdigest()}"')
        got = probe.want(200, probe.get(key))
        probe.true(got.body == body, f"{key}: other bytes came back")
        probe.equal("Content-Length", got.headers.get("content-length"), str(len(body)))


def headers_come_back(probe: Probe) -> None:
    sent = {
        "Content-Type": "text/x-photon",
        "Cache-Control": "max-age=7",
        "Content-Disposition": 'attachment; filename="a.txt"',
        "Content-Encoding": "identity",
        "Content-Language": "fr",
        "x-amz-meta-colour": "blue",
    }
    probe.put("headers", b"x", sent)
    head = probe.want(200, probe.do("HEAD", "headers"))
    for name, value in sent.items():
        probe.equal(name, head.headers.get(name.lower()), value)
    probe.equal("body of HEAD", head.body, b"")


def awkward_keys(probe: Probe) -> None:
    for key in AWKWARD_KEYS:
        probe.put(key, key.encode())
        probe.equal(key, probe.want(200, probe.get(key)).body, key.encode())
    listed = probe.do("GET", query={"list-type": "2"}).texts("Key")
    probe.true(set(AWKWARD_KEYS) <= set(listed), f"missing in the list: {sorted(set(AWKWARD_KEYS) - set(listed))}")


def keys_beside_prefixes(probe: Probe) -> None:
    """An object may be the prefix of others."""
    bucket = probe.extra_bucket()
    for key in ("foo", "foo/", "foo/bar"):
        probe.put(key, key.encode(), bucket=bucket)
    for key in ("foo", "foo/", "foo/bar"):
        probe.equal(key, probe.do("GET", key, bucket=bucket).body, key.encode())


def longest_key(probe: Probe) -> None:
    probe.put("k" * KEY_BYTES_MAX, b"long")
    probe.equal("body", probe.get("k" * KEY_BYTES_MAX).body, b"long")
    probe.want(400, probe.do("PUT", "k" * (KEY_BYTES_MAX + 1), body=b"too long"), "KeyTooLongError")


def ranges(probe: Probe) -> None:
    probe.put("ranges", b"0123456789")
    for sent, content, shown in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
    ):
        got = probe.want(206, probe.get("ranges", {"Range": sent}))
        probe.equal(sent, (got.body, got.headers.get("content-range")), (content, shown))
    probe.want(416, probe.get("ranges", {"Range": "bytes=10-"}), "InvalidRange")


def overwriting(probe: Probe) -> None:
    probe.put("over", b"first")
    probe.put("over", b"second")
    probe.equal("body", probe.get("over").body, b"second")


def deleting(probe: Probe) -> None:
    probe.put("gone", b"x")
    probe.want(204, probe.do("DELETE", "gone"))
    probe.want(204, probe.do("DELETE", "gone"))
    probe.want(404, probe.get("gone"), "NoSuchKey")


def deleting_many(probe: Probe) -> None:
    for key in ("many-1", "many-2"):
        probe.put(key, b"x")
    listed = "".join(f"<Object><Key>{key}</Key></Object>" for key in ("many-1", "many-2", "never-there"))
    answer = probe.do("POST", query={"delete": ""}, body=f"<Delete>{listed}</Delete>".encode(), headers=_md5(listed))
    probe.want(200, answer)
    probe.equal("deleted", answer.texts("Key"), ["many-1", "many-2", "never-there"])
    probe.want(404, probe.get("many-1"))


def _md5(listed: str) -> dict[str, str]:
    digest = hashlib.md5(f"<Delete>{listed}</Delete>".encode()).digest()
    return {"Content-MD5": base64.b64encode(digest).decode()}


def copying(probe: Probe) -> None:
    probe.put("source", b"to be copied", {"x-amz-meta-a": "1", "Content-Type": "text/one"})
    copied = probe.do("PUT", "copy", headers={"x-amz-copy-source": f"/{probe.bucket}/source"})
    probe.want(200, copied)
    probe.true("ETag" in copied.body.decode(), "no CopyObjectResult")
    got = probe.get("copy")
    probe.equal("copy", (got.body, got.headers.get("x-amz-meta-a")), (b"to be copied", "1"))
    replacing = {"x-amz-copy-source": f"{probe.bucket}/source", "x-amz-metadata-directive": "REPLACE"}
    probe.want(200, probe.do("PUT", "copy", headers={**replacing, "x-amz-meta-b": "2"}))
    head = probe.do("HEAD", "copy").headers
    probe.equal("replaced metadata", (head.get("x-amz-meta-a"), head.get("x-amz-meta-b")), (None, "2"))


def copying_onto_itself(probe: Probe) -> None:
    probe.put("itself", b"x")
    answer = probe.do("PUT", "itself", headers={"x-amz-copy-source": f"{probe.bucket}/itself"})
    probe.want(400, answer, "InvalidRequest")


def missing_things(probe: Probe) -> None:
    probe.want(404, probe.get("no-such-key"), "NoSuchKey")
    answer = probe.client.request("GET", probe.bucket + "-absent", query={"list-type": "2"})
    probe.want(404, answer, "NoSuchBucket")
    probe.want(404, probe.do("HEAD", "no-such-key"))


CASES: tuple[tuple[str, Case], ...] = (
    ("bytes come back", bytes_come_back),
    ("headers and metadata come back", headers_come_back),
    ("awkward keys", awkward_keys),
    ("keys that are prefixes of others", keys_beside_prefixes),
    ("the longest key", longest_key),
    ("ranges", ranges),
    ("overwriting", overwriting),
    ("deleting", deleting),
    ("deleting many", deleting_many),
    ("copying", copying),
    ("copying onto itself is refused", copying_onto_itself),
    ("missing keys and buckets", missing_things),
)
