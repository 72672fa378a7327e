"""Multipart uploads on the wire: exact codes, repetition, races, ten thousand parts, objects rebuilt from ranges."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit.s3_state import stored_files
from photoncloud.testkit.s3_wire import Target, WireAnswer

BUCKET = "multipart"
MIN_PART = 5 << 20
BIG = hashlib.shake_128(b"big").digest(MIN_PART)
SMALL = b"small part"
NO_SUCH_UPLOAD = (404, "NoSuchUpload")


@pytest.fixture(scope="module", autouse=True)
def bucket(target: Target) -> str:
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    return BUCKET


class Upload:
    """One upload; parts are kept by number."""

    def __init__(self, target: Target, path: str = "", **fields: str) -> None:
        self.target = target
        self.path = path or f"/{BUCKET}/{uuid.uuid4().hex}"
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        self.id = target.send(target.signed("POST", self.path, query={"uploads": ""}, fields=named)).element("UploadId")
        self.etags: dict[int, str] = {}

    def part(self, number: int, data: bytes) -> WireAnswer:
        query = {"uploadId": self.id, "partNumber": str(number)}
        answer = self.target.send(self.target.signed("PUT", self.path, data, query=query))
        self.etags[number] = answer.headers.get("etag", "")
        return answer

    def copy(self, number: int, source: str, span: str = "") -> WireAnswer:
        query = {"uploadId": self.id, "partNumber": str(number)}
        fields = {"x-amz-copy-source": source} | ({"x-amz-copy-source-range": span} if span else {})
        answer = self.target.send(self.target.signed("PUT", self.path, query=query, fields=fields))
        if answer.status == 200:
            self.etags[number] = answer.element("ETag")
        return answer

    def complete(self, numbers: Iterable[int] | None = None, etags: dict[int, str] | None = None) -> WireAnswer:
        known = self.etags | (etags or {})
        chosen = sorted(known) if numbers is None else numbers
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{known.get(number, 'x')}</ETag></Part>" for number in chosen
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        return self.target.send(self.target.signed("POST", self.path, body, query={"uploadId": self.id}))

    def abort(self) -> WireAnswer:
        return self.target.send(self.target.signed("DELETE", self.path, query={"uploadId": self.id}))

    def content(self) -> bytes:
        return self.target.send(self.target.signed("GET", self.path)).body


def told(answer: WireAnswer) -> tuple[int, str]:
    return answer.status, answer.code


@pytest.fixture(scope="module")
def three(target: Target) -> Upload:
    """Parts 1 (large), 2 (small), 5 (large)."""
    upload = Upload(target)
    for number, data in ((1, BIG), (2, SMALL), (5, BIG)):
        assert upload.part(number, data).status == 200
    return upload


@pytest.mark.parametrize(
    ("numbers", "etags", "code"),
    [
        ((5, 1), {}, "InvalidPartOrder"),
        ((1, 1), {}, "InvalidPartOrder"),
        ((1, 5, 2), {}, "InvalidPartOrder"),
        ((1, 3), {}, "InvalidPart"),
        ((10_000,), {}, "InvalidPart"),
        ((1,), {1: '"' + "0" * 32 + '"'}, "InvalidPart"),
        ((1,), {1: ""}, "InvalidPart"),
        ((1,), {1: '""'}, "InvalidPart"),
        ((1, 2, 5), {}, "EntityTooSmall"),
        ((2, 5), {}, "EntityTooSmall"),
        ((), {}, "MalformedXML"),
    ],
)
def test_lists_that_do_not_fit(three: Upload, numbers: tuple[int, ...], etags: dict[int, str], code: str) -> None:
    answer = three.complete(numbers, etags)
    assert told(answer) == (400, code), answer.body
    if code == "EntityTooSmall":
        assert (answer.element("ProposedSize"), answer.element("MinSizeAllowed")) == (str(len(SMALL)), str(MIN_PART))
        assert answer.element("PartNumber") == "2"
    if code == "InvalidPart":
        assert "specified parts could not be found.  The part" in answer.element("Message")
        assert (answer.element("UploadId"), answer.element("PartNumber")) == (three.id, str(numbers[-1]))
    assert three.target.send(three.target.signed("HEAD", three.path)).status == 404


def test_a_list_of_too_many(three: Upload) -> None:
    assert told(three.complete(range(1, 10_002))) == (400, "MalformedXML")


def test_gaps_and_subsets_are_fine_and_repetition_is_the_same_answer(target: Target) -> None:
    upload = Upload(target)
    for number, data in ((3, BIG), (7, b"left out"), (9_999, SMALL)):
        upload.part(number, data)
    first = upload.complete((3, 9_999))
    assert upload.content() == BIG + SMALL
    md5s = b"".join(hashlib.md5(each).digest() for each in (BIG, SMALL))
    assert first.element("ETag") == f'"{hashlib.md5(md5s).hexdigest()}-2"'
    for _ in range(3):
        again = upload.complete((3, 9_999))
        assert (again.status, again.element("ETag")) == (200, first.element("ETag"))
    assert told(upload.complete((3,))) == NO_SUCH_UPLOAD
    assert told(upload.part(1, b"late")) == NO_SUCH_UPLOAD
    assert told(upload.abort()) == NO_SUCH_UPLOAD
    second = target.send(target.signed("GET", upload.path, query={"partNumber": "2"}))
    assert (second.status, second.body, second.headers["x-amz-mp-parts-count"]) == (206, SMALL, "2")
    target.send(target.signed("DELETE", upload.path))
    assert told(upload.complete((3, 9_999))) == NO_SUCH_UPLOAD, "the version it made is gone"


def test_the_same_number_again_replaces(target: Target) -> None:
    upload = Upload(target)
    first = upload.part(1, b"first").headers["etag"]
    upload.part(1, b"second")
    assert told(upload.complete((1,), {1: first})) == (400, "InvalidPart")
    assert upload.complete((1,)).status == 200
    assert upload.content() == b"second"


def test_empty_parts(target: Target) -> None:
    upload = Upload(target)
    upload.part(1, b"")
    assert upload.complete().status == 200
    assert upload.content() == b""


def test_uploads_belong_to_their_key(target: Target) -> None:
    upload = Upload(target)
    upload.part(1, b"x")
    for method, query in (
        ("PUT", {"partNumber": "1"}),
        ("GET", {}),
        ("DELETE", {}),
        ("POST", {}),
    ):
        body = (
            b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"
        )
        asked = query | {"uploadId": upload.id}
        answer = target.send(
            target.signed(method, upload.path + "-other", body if method == "POST" else b"", query=asked)
        )
        assert told(answer) == NO_SUCH_UPLOAD, method
    assert upload.abort().status == 204
    assert told(upload.abort()) == NO_SUCH_UPLOAD
    assert told(upload.complete((1,))) == NO_SUCH_UPLOAD
    assert told(upload.part(1, b"x")) == NO_SUCH_UPLOAD
    assert told(target.send(target.signed("GET", upload.path, query={"uploadId": upload.id}))) == NO_SUCH_UPLOAD


@pytest.mark.parametrize("number", ["0", "-1", "10001", "1.5", "one", "", "99999999999999999999", " 1"])
def test_numbers_no_part_has(number: str, three: Upload) -> None:
    query = {"uploadId": three.id, "partNumber": number}
    answer = three.target.send(three.target.signed("PUT", three.path, b"x", query=query))
    assert told(answer) == (400, "InvalidArgument"), answer.body


@pytest.mark.parametrize(
    ("span", "status", "text"),
    [
        ("bytes=0-0", 200, ""),
        ("bytes=0-9", 200, ""),
        ("bytes=0-10", 400, "Range specified is not valid for source object of size: 10"),
        ("bytes=10-10", 400, "Range specified is not valid for source object of size: 10"),
        ("bytes=5-4", 400, ""),
        ("bytes=-5", 400, "must be of the form bytes=first-last"),
        ("bytes=5-", 400, "must be of the form bytes=first-last"),
        ("bytes=0-1,3-4", 400, "must be of the form bytes=first-last"),
        ("0-4", 400, "must be of the form bytes=first-last"),
        ("bytes=a-b", 400, "must be of the form bytes=first-last"),
        ("bytes=0-99999999999999999999999999", 400, ""),
        ("items=0-4", 400, "must be of the form bytes=first-last"),
    ],
)
def test_ranges_of_part_copies(span: str, status: int, text: str, target: Target) -> None:
    source = f"/{BUCKET}/ten"
    target.send(target.signed("PUT", source, b"0123456789"))
    upload = Upload(target)
    answer = upload.copy(1, source, span)
    assert answer.status == status, answer.body
    if status == 400:
        assert answer.code == "InvalidArgument"
        assert text in answer.element("Message")
    assert upload.abort().status == 204


def outcomes(upload: Upload) -> tuple[WireAnswer, WireAnswer, WireAnswer]:
    """Of a Complete, an Abort and a late part sent together."""
    with ThreadPoolExecutor(3) as threads:
        futures = (
            threads.submit(upload.complete, (1,)),
            threads.submit(upload.abort),
            threads.submit(upload.part, 2, b"late"),
        )
        completed, aborted, part = (future.result() for future in futures)
    return completed, aborted, part


def test_complete_abort_and_late_parts_race(target: Target) -> None:
    """Exactly one outcome: the whole object or none of it."""
    for number in range(20):
        upload = Upload(target)
        upload.part(1, b"v%d" % number)
        completed, aborted, part = outcomes(upload)
        assert (completed.status == 200) != (aborted.status == 204), (completed.body, aborted.body)
        assert part.status == 200 or told(part) == NO_SUCH_UPLOAD
        stored = target.send(target.signed("GET", upload.path))
        if completed.status == 200:
            assert (stored.status, stored.body) == (200, b"v%d" % number)
        else:
            assert (told(completed), stored.status) == (NO_SUCH_UPLOAD, 404)
        assert told(target.send(target.signed("GET", upload.path, query={"uploadId": upload.id}))) == NO_SUCH_UPLOAD


def blob_bytes(data_dir: Path) -> int:
    return sum(stored_files(data_dir).values())


def test_completion_and_copies_write_no_blob_bytes(target: Target, s3_store: Any) -> None:
    """What holds for 64 MiB holds for a gibibyte: no byte of a blob is written."""
    upload = Upload(target)
    for number in range(1, 13):
        upload.part(number, BIG)
    before = stored_files(s3_store.data_dir)
    assert upload.complete().status == 200
    copied = f"/{BUCKET}/{uuid.uuid4().hex}"
    single = f"/{BUCKET}/{uuid.uuid4().hex}"
    assert target.send(target.signed("PUT", copied, fields={"x-amz-copy-source": upload.path})).status == 200
    assert stored_files(s3_store.data_dir) == before
    target.send(target.signed("PUT", single, BIG * 4))
    before = stored_files(s3_store.data_dir)
    for number in range(5):
        assert (
            target.send(target.signed("PUT", f"{single}-{number}", fields={"x-amz-copy-source": single})).status == 200
        )
    assert stored_files(s3_store.data_dir) == before
    target.send(target.signed("DELETE", upload.path))
    target.send(target.signed("DELETE", single))
    assert target.send(target.signed("GET", copied)).body == BIG * 12
    assert target.send(target.signed("GET", f"{single}-3")).body == BIG * 4


def test_an_object_rebuilt_from_any_ranges(target: Target) -> None:
    """Of one blob and of a multipart object, cut anywhere."""
    whole = hashlib.shake_128(b"whole").digest(4 * MIN_PART + 12_345)
    single = f"/{BUCKET}/{uuid.uuid4().hex}"
    target.send(target.signed("PUT", single, whole))
    parts = Upload(target)
    for number, start in enumerate(range(0, len(whole), MIN_PART + 777), 1):
        parts.part(number, whole[start : start + MIN_PART + 777])
    assert parts.complete().status == 200
    draw = random.Random(5)
    for source in (single, parts.path):
        upload, start, number = Upload(target), 0, 0
        while start < len(whole):
            number += 1
            size = MIN_PART + draw.randrange(100_000)
            end = min(start + size, len(whole))
            assert upload.copy(number, source, f"bytes={start}-{end - 1}").status == 200
            start = end
        assert upload.complete().status == 200
        assert upload.content() == whole
        for _ in range(20):
            first = draw.randrange(len(whole))
            last = min(len(whole) - 1, first + draw.randrange(200_000))
            ranged = target.send(target.signed("GET", upload.path, fields={"range": f"bytes={first}-{last}"}))
            assert ranged.body == whole[first : last + 1]


@pytest.mark.exam
@pytest.mark.timeout(900)
def test_ten_thousand_parts(target: Target, s3_store: Any) -> None:
    """Every part a copy of the same 5 MiB: 48 GiB of object, no byte written, any range readable."""
    source = f"/{BUCKET}/{uuid.uuid4().hex}"
    target.send(target.signed("PUT", source, BIG))
    before = blob_bytes(s3_store.data_dir)
    upload = Upload(target)
    for number in range(1, 10_001):
        assert upload.copy(number, source).status == 200
    assert upload.complete().status == 200
    assert blob_bytes(s3_store.data_dir) == before
    head = target.send(target.signed("HEAD", upload.path))
    assert head.headers["content-length"] == str(10_000 * MIN_PART)
    assert head.headers["etag"].endswith('-10000"')
    for number in (1, 5_000, 10_000):
        assert target.send(target.signed("GET", upload.path, query={"partNumber": str(number)})).body == BIG
    middle = 5_000 * MIN_PART
    ranged = target.send(target.signed("GET", upload.path, fields={"range": f"bytes={middle - 10}-{middle + 9}"}))
    assert ranged.body == BIG[-10:] + BIG[:10]
    too_many = target.send(target.signed("GET", upload.path, query={"partNumber": "10001"}))
    assert told(too_many) == (400, "InvalidArgument")
    target.send(target.signed("DELETE", upload.path))
