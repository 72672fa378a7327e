"""Conditional writes: exactly one winner, no lost update, whatever writes race; and the table of refusals."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from photoncloud.testkit.s3_wire import RawRequest, Target, WireAnswer

BUCKET = "conditional"
CLIENTS = 64
COUNTERS, INCREMENTS = 16, 12
LOST = (409, 412)


@pytest.fixture(scope="module", autouse=True)
def bucket(target: Target) -> str:
    for name in (BUCKET, f"{BUCKET}-versioned"):
        assert target.send(target.signed("PUT", f"/{name}")).status == 200
    document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    target.send(target.signed("PUT", f"/{BUCKET}-versioned", document, query={"versioning": ""}))
    return BUCKET


@pytest.fixture(params=[BUCKET, f"{BUCKET}-versioned"])
def path(request: pytest.FixtureRequest) -> str:
    return f"/{request.param}/{uuid.uuid4().hex}"


def etag_of(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def at_once(requests: list[Callable[[], WireAnswer]]) -> list[WireAnswer]:
    """All of them in flight together."""
    barrier = threading.Barrier(len(requests))

    def run(send: Callable[[], WireAnswer]) -> WireAnswer:
        barrier.wait()
        return send()

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(run, requests))


def sender(target: Target, request: RawRequest) -> Callable[[], WireAnswer]:
    return lambda: target.send(request)


@pytest.mark.parametrize("size", [10, 100_000])
def test_one_of_sixty_four_creates(target: Target, path: str, size: int) -> None:
    bodies = [b"%d," % number * (size // 3) for number in range(CLIENTS)]
    requests = [target.signed("PUT", path, body, fields={"if-none-match": "*"}) for body in bodies]
    answers = at_once([sender(target, request) for request in requests])
    counts = Counter(answer.status for answer in answers)
    assert counts[200] == 1
    assert sum(counts[status] for status in LOST) == CLIENTS - 1
    winner = next(number for number, answer in enumerate(answers) if answer.status == 200)
    assert target.send(target.signed("GET", path)).body == bodies[winner]


def test_one_of_many_kinds_creates(target: Target, path: str) -> None:
    """Put, Copy and Complete race for the same key."""
    fields = {"if-none-match": "*"}
    target.send(target.signed("PUT", path + "-source", b"source"))
    requests = []
    for number in range(10):
        upload = target.send(target.signed("POST", path, query={"uploads": ""})).element("UploadId")
        query = {"uploadId": upload, "partNumber": "1"}
        etag = target.send(target.signed("PUT", path, b"part %d" % number, query=query)).headers["etag"]
        document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        body = (document + "</CompleteMultipartUpload>").encode()
        requests += [
            target.signed("PUT", path, b"put %d" % number, fields=fields),
            target.signed("PUT", path, fields=fields | {"x-amz-copy-source": path + "-source"}),
            target.signed("POST", path, body, query={"uploadId": upload}, fields=fields),
        ]
    answers = at_once([sender(target, request) for request in requests])
    assert Counter(answer.status for answer in answers)[200] == 1
    assert {answer.status for answer in answers} <= {200, *LOST}


def test_a_counter_loses_no_increment(target: Target, path: str) -> None:
    target.send(target.signed("PUT", path, b"0"))
    done = []

    def count() -> None:
        for _ in range(INCREMENTS):
            while True:
                now = target.send(target.signed("GET", path))
                new = b"%d" % (int(now.body) + 1)
                answer = target.send(target.signed("PUT", path, new, fields={"if-match": now.headers["etag"]}))
                assert answer.status in (200, *LOST)
                if answer.status == 200:
                    done.append(new)
                    break

    threads = [threading.Thread(target=count) for _ in range(COUNTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, done)) == list(range(1, COUNTERS * INCREMENTS + 1))
    assert target.send(target.signed("GET", path)).body == b"%d" % (COUNTERS * INCREMENTS)


def test_one_of_sixty_four_deletes(target: Target, path: str) -> None:
    stored = target.send(target.signed("PUT", path, b"x"))
    fields = {"if-match": stored.headers["etag"]}
    answers = at_once([sender(target, target.signed("DELETE", path, fields=fields)) for _ in range(CLIENTS)])
    counts = Counter(answer.status for answer in answers)
    assert counts[204] == 1
    assert counts[404] + counts[412] + counts[409] == CLIENTS - 1


ETAG, OTHER = etag_of(b"content"), etag_of(b"other")
WRITES = [
    ({"if-none-match": "*"}, 412, 200),
    ({"if-match": ETAG}, 200, 404),
    ({"if-match": ETAG.strip('"')}, 200, 404),
    ({"if-match": OTHER}, 412, 404),
    ({"if-match": "*"}, 501, 501),
    ({"if-match": ""}, 412, 404),
    ({"if-none-match": ETAG}, 501, 501),
    ({"if-none-match": ""}, 501, 501),
    ({"if-none-match": "*", "if-match": ETAG}, 501, 501),
]
"""Fields, status over `content`, status over nothing."""
DELETES = [
    ({"if-match": ETAG}, 204, 404),
    ({"if-match": "*"}, 204, 404),
    ({"if-match": OTHER}, 412, 404),
    ({"if-match": ""}, 412, 404),
    ({"x-amz-if-match-size": "7"}, 204, 404),
    ({"x-amz-if-match-size": "8"}, 412, 404),
    ({"x-amz-if-match-size": "seven"}, 400, 400),
    ({"x-amz-if-match-last-modified-time": "Thu, 01 Jan 1970 00:00:00 GMT"}, 412, 404),
    ({"x-amz-if-match-last-modified-time": "yesterday"}, 400, 400),
    ({"if-match": ETAG, "x-amz-if-match-size": "8"}, 412, 404),
]


@pytest.mark.parametrize(("fields", "over_content", "over_nothing"), WRITES)
def test_writes(fields: dict[str, str], over_content: int, over_nothing: int, target: Target, path: str) -> None:
    for status in (over_nothing, over_content):
        answer = target.send(target.signed("PUT", path, b"new", fields=fields))
        assert answer.status == status, answer.body
        if status != 200:
            wanted = b"" if status == over_nothing and over_nothing != over_content else None
            assert wanted is None or target.send(target.signed("HEAD", path)).status == 404
        target.send(target.signed("PUT", path, b"content"))


@pytest.mark.parametrize(("fields", "over_content", "over_nothing"), DELETES)
def test_deletes(fields: dict[str, str], over_content: int, over_nothing: int, target: Target, path: str) -> None:
    assert target.send(target.signed("DELETE", path, fields=fields)).status == over_nothing
    target.send(target.signed("PUT", path, b"content"))
    assert target.send(target.signed("DELETE", path, fields=fields)).status == over_content
    kept = target.send(target.signed("GET", path))
    assert kept.status == (404 if over_content == 204 else 200)


def test_a_marker_is_nothing_to_match_and_nothing_in_the_way(target: Target) -> None:
    path = f"/{BUCKET}-versioned/{uuid.uuid4().hex}"
    target.send(target.signed("PUT", path, b"content"))
    target.send(target.signed("DELETE", path))
    assert target.send(target.signed("PUT", path, b"x", fields={"if-match": ETAG})).status == 404
    assert target.send(target.signed("PUT", path, b"x", fields={"if-none-match": "*"})).status == 200


READS = [
    ({"if-match": ETAG}, 200),
    ({"if-match": f"{OTHER}, {ETAG}"}, 200),
    ({"if-match": "*"}, 200),
    ({"if-match": OTHER}, 412),
    ({"if-none-match": ETAG}, 304),
    ({"if-none-match": f"{OTHER},{ETAG}"}, 304),
    ({"if-none-match": "*"}, 304),
    ({"if-none-match": OTHER}, 200),
    ({"if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
    ({"if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
    ({"if-modified-since": "nonsense"}, 200),
    ({"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 412),
    ({"if-unmodified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 200),
    ({"if-match": ETAG, "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
    ({"if-none-match": OTHER, "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 200),
    ({"if-none-match": ETAG, "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
]


@pytest.mark.parametrize(("fields", "status"), READS)
def test_reads(fields: dict[str, str], status: int, target: Target, path: str) -> None:
    target.send(target.signed("PUT", path, b"content"))
    for method in ("GET", "HEAD"):
        answer = target.send(target.signed(method, path, fields=fields))
        assert answer.status == status
        assert status == 412 or answer.headers["etag"] == ETAG
    of_source = {f"x-amz-copy-source-{name}": value for name, value in fields.items()}
    copy = target.signed("PUT", path + "-copy", fields=of_source | {"x-amz-copy-source": path})
    assert target.send(copy).status == (200 if status == 200 else 412)
