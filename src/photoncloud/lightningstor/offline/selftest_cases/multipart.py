"""Multipart uploads: parts in any order, the exact refusals, and one object in the end."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from photoncloud.api.s3_client import S3Answer
from photoncloud.lightningstor.offline.s3_probe import Case, Probe

PART = b"p" * (5 << 20)
TAIL = b"tail"


def _start(probe: Probe, key: str) -> str:
    upload = probe.want(200, probe.do("POST", key, query={"uploads": ""})).text("UploadId")
    probe.true(bool(upload), "no UploadId")
    return upload


def _part(probe: Probe, key: str, upload: str, number: int, body: bytes) -> tuple[int, str]:
    answer = probe.do("PUT", key, query={"uploadId": upload, "partNumber": str(number)}, body=body)
    return number, probe.want(200, answer).headers["etag"]


def _complete(probe: Probe, key: str, upload: str, parts: Sequence[tuple[int, str]]) -> S3Answer:
    listed = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
    document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
    return probe.do("POST", key, query={"uploadId": upload}, body=document)


def whole_upload(probe: Probe) -> None:
    upload = _start(probe, "mp")
    second = _part(probe, "mp", upload, 2, TAIL)
    first = _part(probe, "mp", upload, 1, PART)
    listed = probe.want(200, probe.do("GET", "mp", query={"uploadId": upload}))
    probe.equal("parts", listed.texts("PartNumber"), ["1", "2"])
    done = probe.want(200, _complete(probe, "mp", upload, [first, second]))
    joined = hashlib.md5(PART).digest() + hashlib.md5(TAIL).digest()
    etag = f"{hashlib.md5(joined).hexdigest()}-2"
    probe.equal("ETag", done.text("ETag").strip('"'), etag)
    got = probe.want(200, probe.get("mp"))
    probe.true(got.body == PART + TAIL, "other bytes came back")
    probe.equal("ETag of GET", got.headers.get("etag"), f'"{etag}"')


def part_of_an_object(probe: Probe) -> None:
    upload = _start(probe, "mp-part")
    parts = [_part(probe, "mp-part", upload, 1, PART), _part(probe, "mp-part", upload, 2, TAIL)]
    probe.want(200, _complete(probe, "mp-part", upload, parts))
    got = probe.want(206, probe.get("mp-part", query={"partNumber": "2"}))
    probe.equal("part 2", (got.body, got.headers.get("x-amz-mp-parts-count")), (TAIL, "2"))


def copied_part(probe: Probe) -> None:
    probe.put("mp-source", b"0123456789")
    upload = _start(probe, "mp-copied")
    headers = {"x-amz-copy-source": f"{probe.bucket}/mp-source", "x-amz-copy-source-range": "bytes=2-5"}
    answer = probe.do("PUT", "mp-copied", query={"uploadId": upload, "partNumber": "1"}, headers=headers)
    etag = probe.want(200, answer).text("ETag")
    probe.want(200, _complete(probe, "mp-copied", upload, [(1, etag)]))
    probe.equal("body", probe.get("mp-copied").body, b"2345")


def refusals(probe: Probe) -> None:
    upload = _start(probe, "mp-refused")
    first, second = (_part(probe, "mp-refused", upload, number, TAIL) for number in (1, 2))
    probe.want(400, _complete(probe, "mp-refused", upload, [second, first]), "InvalidPartOrder")
    probe.want(400, _complete(probe, "mp-refused", upload, [first, (7, second[1])]), "InvalidPart")
    probe.want(400, _complete(probe, "mp-refused", upload, [first, second]), "EntityTooSmall")
    probe.want(404, probe.get("mp-refused"))


def aborting(probe: Probe) -> None:
    upload = _start(probe, "mp-aborted")
    _part(probe, "mp-aborted", upload, 1, TAIL)
    probe.want(204, probe.do("DELETE", "mp-aborted", query={"uploadId": upload}))
    late = probe.do("PUT", "mp-aborted", query={"uploadId": upload, "partNumber": "1"}, body=TAIL)
    probe.want(404, late, "NoSuchUpload")
    probe.want(404, probe.get("mp-aborted"))


def unfinished_uploads(probe: Probe) -> None:
    bucket = probe.extra_bucket()
    ids = [probe.do("POST", "open", query={"uploads": ""}, bucket=bucket).text("UploadId") for _ in range(2)]
    listed = probe.want(200, probe.do("GET", query={"uploads": ""}, bucket=bucket))
    probe.equal("uploads", sorted(listed.texts("UploadId")), sorted(ids))


CASES: tuple[tuple[str, Case], ...] = (
    ("a whole upload", whole_upload),
    ("GET by partNumber", part_of_an_object),
    ("UploadPartCopy of a range", copied_part),
    ("refused part lists", refusals),
    ("aborting", aborting),
    ("ListMultipartUploads", unfinished_uploads),
)
