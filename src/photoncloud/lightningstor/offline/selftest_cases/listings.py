"""Listings: order, prefixes, delimiters, and pages that join without a seam."""

from __future__ import annotations

from collections.abc import Iterator

from photoncloud.lightningstor.offline.s3_probe import Case, Probe

KEYS = ("a", "b/1", "b/2", "b/c/3", "b+1", "d", "e f", "z")
SORTED_KEYS = sorted(KEYS, key=str.encode)


def _filled(probe: Probe) -> str:
    bucket = probe.extra_bucket()
    for key in KEYS:
        probe.put(key, b"x", bucket=bucket)
    return bucket


def version_two(probe: Probe) -> None:
    bucket = _filled(probe)
    whole = probe.want(200, probe.do("GET", query={"list-type": "2"}, bucket=bucket))
    probe.equal("keys", whole.texts("Key"), SORTED_KEYS)
    probe.equal("KeyCount", whole.text("KeyCount"), str(len(KEYS)))
    after = probe.do("GET", query={"list-type": "2", "start-after": "b/1"}, bucket=bucket)
    probe.equal("start-after", after.texts("Key"), [key for key in SORTED_KEYS if key.encode() > b"b/1"])
    for size in (1, 2, 3, 7):
        probe.equal(f"pages of {size}", list(_pages(probe, bucket, size)), SORTED_KEYS)


def _pages(probe: Probe, bucket: str, size: int) -> Iterator[str]:
    query = {"list-type": "2", "max-keys": str(size)}
    for _ in range(len(KEYS) + 1):
        page = probe.want(200, probe.do("GET", query=query, bucket=bucket))
        yield from page.texts("Key")
        if page.text("IsTruncated") != "true":
            return
        query["continuation-token"] = page.text("NextContinuationToken")


def version_one(probe: Probe) -> None:
    bucket = _filled(probe)
    found: list[str] = []
    marker = ""
    for _ in range(len(KEYS) + 1):
        page = probe.want(200, probe.do("GET", query={"max-keys": "3", "marker": marker}, bucket=bucket))
        found += page.texts("Key")
        if page.text("IsTruncated") != "true":
            break
        marker = found[-1]
    probe.equal("keys", found, SORTED_KEYS)


def delimiters(probe: Probe) -> None:
    bucket = _filled(probe)
    top = probe.do("GET", query={"list-type": "2", "delimiter": "/"}, bucket=bucket)
    probe.equal("keys", top.texts("Key"), [key for key in SORTED_KEYS if "/" not in key])
    probe.equal("common prefixes", top.texts("Prefix")[1:], ["b/"])
    below = probe.do("GET", query={"list-type": "2", "delimiter": "/", "prefix": "b/"}, bucket=bucket)
    probe.equal("keys below b/", below.texts("Key"), ["b/1", "b/2"])
    probe.equal("common prefixes below b/", below.texts("Prefix")[1:], ["b/c/"])


def url_encoding(probe: Probe) -> None:
    bucket = _filled(probe)
    page = probe.do("GET", query={"list-type": "2", "encoding-type": "url", "prefix": "e"}, bucket=bucket)
    probe.true(page.text("Key") in ("e+f", "e%20f"), f"key with a space comes as {page.text('Key')!r}")


def bad_arguments(probe: Probe) -> None:
    probe.want(400, probe.do("GET", query={"list-type": "2", "max-keys": "many"}), "InvalidArgument")
    token = {"list-type": "2", "continuation-token": "made-up"}
    probe.want(400, probe.do("GET", query=token), "InvalidArgument")
    none = probe.want(200, probe.do("GET", query={"list-type": "2", "max-keys": "0"}))
    probe.equal("keys", none.texts("Key"), [])


CASES: tuple[tuple[str, Case], ...] = (
    ("ListObjectsV2 and its pages", version_two),
    ("ListObjects and its pages", version_one),
    ("delimiters", delimiters),
    ("encoding-type=url", url_encoding),
    ("bad arguments of lists", bad_arguments),
)
