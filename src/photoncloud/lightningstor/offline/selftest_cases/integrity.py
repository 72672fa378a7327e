"""Payload integrity: what was damaged on the way is never stored."""

from __future__ import annotations

import base64
import hashlib
import zlib

from photoncloud.lightningstor.offline.s3_probe import Case, Probe

BODY = b"checked content"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


CRC32 = _base64(zlib.crc32(BODY).to_bytes(4, "big"))
SHA256 = _base64(hashlib.sha256(BODY).digest())


def content_md5(probe: Probe) -> None:
    probe.put("md5", BODY, {"Content-MD5": _base64(hashlib.md5(BODY).digest())})
    wrong = probe.do("PUT", "md5-wrong", headers={"Content-MD5": _base64(hashlib.md5(b"else").digest())}, body=BODY)
    probe.want(400, wrong, "BadDigest")
    malformed = probe.do("PUT", "md5-wrong", headers={"Content-MD5": "not base64"}, body=BODY)
    probe.want(400, malformed, "InvalidDigest")
    probe.want(404, probe.get("md5-wrong"))


def payload_hash(probe: Probe) -> None:
    other = hashlib.sha256(b"else").hexdigest()
    answer = probe.do("PUT", "sha-wrong", headers={"x-amz-content-sha256": other}, body=BODY)
    probe.want(400, answer, "XAmzContentSHA256Mismatch")
    probe.want(404, probe.get("sha-wrong"))
    probe.put("unsigned", BODY, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})


def checksum_in_a_header(probe: Probe) -> None:
    for name, value in (("crc32", CRC32), ("sha256", SHA256)):
        probe.put(f"sum-{name}", BODY, {f"x-amz-checksum-{name}": value})
        head = probe.do("HEAD", f"sum-{name}", headers={"x-amz-checksum-mode": "ENABLED"})
        probe.equal(f"x-amz-checksum-{name}", head.headers.get(f"x-amz-checksum-{name}"), value)
    wrong = _base64(zlib.crc32(b"else").to_bytes(4, "big"))
    answer = probe.do("PUT", "sum-wrong", headers={"x-amz-checksum-crc32": wrong}, body=BODY)
    probe.want(400, answer, "BadDigest")
    probe.want(404, probe.get("sum-wrong"))


def checksum_in_a_trailer(probe: Probe) -> None:
    """What newer SDKs send by default over TLS."""
    for value, status in ((CRC32, 200), (_base64(b"\0\0\0\0"), 400)):
        chunks = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(BODY), BODY, value.encode())
        headers = {
            "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x-amz-decoded-content-length": str(len(BODY)),
            "x-amz-trailer": "x-amz-checksum-crc32",
            "Content-Encoding": "aws-chunked",
        }
        key = f"trailer-{status}"
        probe.want(status, probe.do("PUT", key, headers=headers, body=chunks), "BadDigest" if status == 400 else "")
        if status == 200:
            got = probe.want(200, probe.get(key))
            probe.equal("body", got.body, BODY)
            probe.equal("Content-Encoding", got.headers.get("content-encoding"), None)
        else:
            probe.want(404, probe.get(key))


CASES: tuple[tuple[str, Case], ...] = (
    ("Content-MD5", content_md5),
    ("x-amz-content-sha256", payload_hash),
    ("checksum in a header", checksum_in_a_header),
    ("checksum in a trailer", checksum_in_a_trailer),
)
