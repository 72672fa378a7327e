"""Conditional reads and writes."""

from __future__ import annotations

from photoncloud.lightningstor.offline.s3_probe import Case, Probe

PAST, FUTURE = "Tue, 01 Jan 2019 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


def conditional_reads(probe: Probe) -> None:
    etag = probe.put("conditions", b"x").headers["etag"]
    probe.want(200, probe.get("conditions", {"If-Match": etag}))
    probe.want(412, probe.get("conditions", {"If-Match": '"other"'}), "PreconditionFailed")
    unchanged = probe.want(304, probe.get("conditions", {"If-None-Match": etag}))
    probe.equal("body of 304", unchanged.body, b"")
    probe.want(200, probe.get("conditions", {"If-None-Match": '"other"'}))
    probe.want(200, probe.get("conditions", {"If-Modified-Since": PAST}))
    probe.want(412, probe.get("conditions", {"If-Unmodified-Since": PAST}), "PreconditionFailed")


def create_only_once(probe: Probe) -> None:
    probe.put("once", b"1", {"If-None-Match": "*"})
    probe.want(412, probe.do("PUT", "once", headers={"If-None-Match": "*"}, body=b"2"), "PreconditionFailed")
    probe.equal("body", probe.get("once").body, b"1")


def replace_what_is_known(probe: Probe) -> None:
    etag = probe.put("known", b"1").headers["etag"]
    changed = probe.do("PUT", "known", headers={"If-Match": '"0123"'}, body=b"2")
    probe.want(412, changed, "PreconditionFailed")
    probe.put("known", b"3", {"If-Match": etag})
    probe.equal("body", probe.get("known").body, b"3")
    absent = probe.do("PUT", "known-absent", headers={"If-Match": etag}, body=b"4")
    probe.want(404, absent, "NoSuchKey")


def conditional_copies(probe: Probe) -> None:
    etag = probe.put("copied", b"x").headers["etag"]
    source = {"x-amz-copy-source": f"{probe.bucket}/copied"}
    probe.want(200, probe.do("PUT", "copied-2", headers={**source, "x-amz-copy-source-if-match": etag}))
    refused = probe.do("PUT", "copied-3", headers={**source, "x-amz-copy-source-if-none-match": etag})
    probe.want(412, refused, "PreconditionFailed")


CASES: tuple[tuple[str, Case], ...] = (
    ("conditional reads", conditional_reads),
    ("If-None-Match: * creates once", create_only_once),
    ("If-Match replaces what is known", replace_what_is_known),
    ("conditional copies", conditional_copies),
)
