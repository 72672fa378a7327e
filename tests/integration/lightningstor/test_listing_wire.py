"""Listings on the wire against a model: every page size gives the same union, in order, whatever changes meanwhile."""

from __future__ import annotations

import random
from urllib.parse import quote, unquote_plus

import pytest

from photoncloud.testkit.s3_wire import Target, WireAnswer

BUCKET = "listing"
KEYS = sorted(
    {
        *(f"dir{number}/{each:02}" for number in range(4) for each in range(5)),
        *(
            "a",
            "a/",
            "a//",
            "a/b",
            "a/b/c",
            "a b",
            "a+b",
            "a%2Fb",
            "b&<>\"'",
            "foo+1/x",
            "foo/x",
            "z/é",
            "z/e\u0301",
            "zz\u3042",
        ),
        "\U0001f600",
        "\uffff",
        "ctl\x01\x1f\x7f",
        "k" * 1024,
    },
    key=lambda key: key.encode(),
)
SHAPES: list[dict[str, str]] = [
    {},
    {"delimiter": "/"},
    {"prefix": "a"},
    {"prefix": "a", "delimiter": "/"},
    {"prefix": "a/", "delimiter": "/"},
    {"prefix": "dir", "delimiter": "r1"},
    {"delimiter": "dir"},
    {"prefix": "nothing"},
    {"prefix": "k" * 1024},
]


@pytest.fixture(scope="module", autouse=True)
def bucket(target: Target) -> str:
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    shuffled = random.Random(3).sample(KEYS, len(KEYS))
    for key in shuffled:
        path = f"/{BUCKET}/{quote(key, safe='/~')}"
        assert target.send(target.signed("PUT", path, key.encode()[:50])).status == 200
    return BUCKET


def expected(shape: dict[str, str], start: str = "") -> list[str]:
    """Keys after `start` and their common prefixes in the order of their bytes; a prefix that is `start` was shown."""
    prefix, delimiter = shape.get("prefix", ""), shape.get("delimiter", "")
    found = []
    for key in KEYS:
        if key.startswith(prefix) and key.encode() > start.encode():
            rest = key[len(prefix) :]
            cut = rest.find(delimiter) if delimiter else -1
            entry = key if cut < 0 else prefix + rest[: cut + len(delimiter)]
            if entry != start and entry not in found[-1:]:
                found.append(entry)
    return found


def entries(answer: WireAnswer) -> list[str]:
    """What a page shows, merged into one order."""
    keys = [unquote_plus(key) for key in answer.elements("Key")]
    prefixes = [unquote_plus(each) for each in answer.elements("Prefix")[1:]]
    return sorted(keys + prefixes, key=lambda entry: entry.encode())


def pages(target: Target, shape: dict[str, str], size: int, version: str) -> list[list[str]]:
    found = []
    query = {"encoding-type": "url", "max-keys": str(size), **shape}
    if version == "2":
        query["list-type"] = "2"
    while True:
        answer = target.send(target.signed("GET", f"/{BUCKET}", query=query))
        assert answer.status == 200, answer.body
        page = entries(answer)
        found.append(page)
        if version == "2":
            assert answer.element("KeyCount") == str(len(page))
        if answer.element("IsTruncated") == "false":
            return found
        assert len(page) == size
        if version == "2":
            query["continuation-token"] = answer.element("NextContinuationToken")
        elif "delimiter" in shape:
            query["marker"] = unquote_plus(answer.element("NextMarker"))
        else:
            query["marker"] = page[-1]


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_page_size(shape: dict[str, str], version: str, target: Target) -> None:
    wanted = expected(shape)
    for size in (*range(1, min(len(wanted), 8) + 2), len(wanted) + 1, 1000, 2_000_000):
        assert [entry for page in pages(target, shape, size, version) for entry in page] == wanted, size


@pytest.mark.parametrize(
    "start", ["", "a", "a/", "dir1", "dir1/00", "dir1/99", "\uffff", "\U0001f600", "zzz", "dir1/" * 900]
)
def test_beginning_anywhere(start: str, target: Target) -> None:
    for name, version in (("marker", {}), ("start-after", {"list-type": "2"})):
        for delimiter in ({}, {"delimiter": "/"}):
            query = {"encoding-type": "url", name: start, **version, **delimiter}
            answer = target.send(target.signed("GET", f"/{BUCKET}", query=query))
            assert entries(answer) == expected(delimiter, start)


def test_zero_keys(target: Target) -> None:
    for version in ({}, {"list-type": "2"}):
        answer = target.send(target.signed("GET", f"/{BUCKET}", query={"max-keys": "0", **version}))
        assert (answer.element("IsTruncated"), answer.elements("Key")) == ("false", [])


def test_a_token_belongs_to_its_listing(target: Target) -> None:
    asked = {"list-type": "2", "max-keys": "2"}
    token = target.send(target.signed("GET", f"/{BUCKET}", query=asked)).element("NextContinuationToken")
    changed = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    for query in (
        {"continuation-token": changed},
        {"continuation-token": token + "A"},
        {"continuation-token": token[:-4]},
        {"continuation-token": token, "prefix": "dir"},
        {"continuation-token": token, "delimiter": "/"},
    ):
        answer = target.send(target.signed("GET", f"/{BUCKET}", query={"list-type": "2", **query}))
        assert (answer.status, answer.code) == (400, "InvalidArgument"), query
        assert answer.element("Message") == "The continuation token provided is incorrect"


# ---- versions


def version_pages(target: Target, bucket: str, size: int, then: object = None) -> list[tuple[str, str]]:
    """(key, version id) in the order shown; `then(page)` is called between two pages."""
    found: list[tuple[str, str]] = []
    query = {"versions": "", "max-keys": str(size)}
    while True:
        answer = target.send(target.signed("GET", f"/{bucket}", query=query))
        page = list(zip(answer.elements("Key"), answer.elements("VersionId"), strict=True))
        found += page
        if callable(then):
            then(page)
        if answer.element("IsTruncated") == "false":
            return found
        query["key-marker"] = answer.element("NextKeyMarker")
        query["version-id-marker"] = answer.element("NextVersionIdMarker")


@pytest.fixture
def versioned(target: Target, request: pytest.FixtureRequest) -> str:
    name = f"versions-{abs(hash(request.node.name)) % 10**8}"
    target.send(target.signed("PUT", f"/{name}"))
    target.send(target.signed("PUT", f"/{name}/never", b"null version"))
    document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    target.send(target.signed("PUT", f"/{name}", document, query={"versioning": ""}))
    for key in ("a", "b/1", "b/2", "c"):
        for number in range(3):
            target.send(target.signed("PUT", f"/{name}/{key}", b"%d" % number))
        target.send(target.signed("DELETE", f"/{name}/{key}"))
    target.send(target.signed("PUT", f"/{name}/c", b"again"))
    return name


def test_versions_on_every_page_size(target: Target, versioned: str) -> None:
    whole = version_pages(target, versioned, 1000)
    assert len(whole) == 18
    assert [key for key, _ in whole] == ["a"] * 4 + ["b/1"] * 4 + ["b/2"] * 4 + ["c"] * 5 + ["never"]
    for size in range(1, 20):
        assert version_pages(target, versioned, size) == whole, size


def test_a_deleted_folder_leaves_no_prefix(target: Target, versioned: str) -> None:
    for version in ({}, {"list-type": "2"}):
        answer = target.send(target.signed("GET", f"/{versioned}", query={"delimiter": "/", **version}))
        assert entries(answer) == ["c", "never"]
    with_markers = target.send(target.signed("GET", f"/{versioned}", query={"delimiter": "/", "versions": ""}))
    assert "b/" in with_markers.elements("Prefix")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 17])
def test_deleting_while_paging_misses_none(size: int, target: Target, versioned: str) -> None:
    whole = version_pages(target, versioned, 1000)

    def delete(page: list[tuple[str, str]]) -> None:
        for key, version in page:
            path = f"/{versioned}/{key}"
            assert target.send(target.signed("DELETE", path, query={"versionId": version})).status == 204

    assert version_pages(target, versioned, size, delete) == whole
    assert version_pages(target, versioned, 1000) == []
    assert target.send(target.signed("DELETE", f"/{versioned}")).status == 204


def test_what_stays_appears_exactly_once_while_others_come_and_go(target: Target) -> None:
    target.send(target.signed("PUT", "/moving"))
    stay = [f"stay/{number:03}" for number in range(40)]
    for key in stay:
        target.send(target.signed("PUT", f"/moving/{key}", b"x"))
    query = {"list-type": "2", "max-keys": "3"}
    seen: list[str] = []
    number = 0
    while True:
        answer = target.send(target.signed("GET", "/moving", query=query))
        seen += [key for key in answer.elements("Key") if key.startswith("stay/")]
        for key in (f"stay/{number:03}-more", f"go/{number}", f"zz/{number}"):
            target.send(target.signed("PUT", f"/moving/{key}", b"x"))
            target.send(target.signed("DELETE", f"/moving/{key}"))
        number += 3
        if answer.element("IsTruncated") == "false":
            break
        query["continuation-token"] = answer.element("NextContinuationToken")
    assert seen == stay
