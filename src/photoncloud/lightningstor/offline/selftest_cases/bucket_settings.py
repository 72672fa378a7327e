"""Buckets and what is configured on them."""

from __future__ import annotations

from photoncloud.lightningstor.offline.s3_probe import Case, Probe, new_name

TAGS = "<Tagging><TagSet><Tag><Key>team</Key><Value>blue</Value></Tag></TagSet></Tagging>"
WEBSITE = "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>"
LIFECYCLE = (
    "<LifecycleConfiguration><Rule><ID>old</ID><Filter><Prefix>log/</Prefix></Filter><Status>Enabled</Status>"
    "<Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>"
)
ENCRYPTION = (
    "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)


def bucket_life(probe: Probe) -> None:
    bucket = probe.extra_bucket()
    probe.want(200, probe.do("HEAD", bucket=bucket))
    probe.true(bucket in probe.client.request("GET").texts("Name"), "ListBuckets lacks a new bucket")
    probe.want(200, probe.do("GET", query={"location": ""}, bucket=bucket))
    probe.put("x", b"x", bucket=bucket)
    probe.want(409, probe.do("DELETE", bucket=bucket), "BucketNotEmpty")
    probe.want(204, probe.do("DELETE", "x", bucket=bucket))
    probe.want(204, probe.do("DELETE", bucket=bucket))
    probe.want(404, probe.do("HEAD", bucket=bucket))


def bucket_names(probe: Probe) -> None:
    for name in ("Ab" + new_name(), "ab..cd", "192.168.5.4", "a_b-" + new_name()):
        probe.want(400, probe.client.request("PUT", name), "InvalidBucketName")


def _round_trip(probe: Probe, kind: str, document: str, element: str, absent: str) -> None:
    """A configuration is absent, is put, comes back, is deleted and is absent again."""
    bucket = probe.extra_bucket()
    if absent:
        probe.want(404, probe.do("GET", query={kind: ""}, bucket=bucket), absent)
    put = probe.do("PUT", query={kind: ""}, body=document.encode(), bucket=bucket)
    if put.status != 204:
        probe.want(200, put)
    found = probe.want(200, probe.do("GET", query={kind: ""}, bucket=bucket))
    probe.true(bool(found.texts(element)), f"{element} did not come back")
    probe.want(204, probe.do("DELETE", query={kind: ""}, bucket=bucket))
    if absent:
        probe.want(404, probe.do("GET", query={kind: ""}, bucket=bucket), absent)


def tagging(probe: Probe) -> None:
    _round_trip(probe, "tagging", TAGS, "Value", "NoSuchTagSet")


def website(probe: Probe) -> None:
    _round_trip(probe, "website", WEBSITE, "Suffix", "NoSuchWebsiteConfiguration")


def lifecycle(probe: Probe) -> None:
    _round_trip(probe, "lifecycle", LIFECYCLE, "Days", "NoSuchLifecycleConfiguration")


def encryption(probe: Probe) -> None:
    """AWS encrypts every bucket, so the absence is not asked about."""
    _round_trip(probe, "encryption", ENCRYPTION, "SSEAlgorithm", "")


def object_tagging(probe: Probe) -> None:
    probe.put("tagged", b"x", {"x-amz-tagging": "a=1&b=2"})
    probe.equal("keys", probe.do("GET", "tagged", query={"tagging": ""}).texts("Key"), ["a", "b"])
    probe.want(200, probe.do("PUT", "tagged", query={"tagging": ""}, body=TAGS.encode()))
    probe.equal("keys", probe.do("GET", "tagged", query={"tagging": ""}).texts("Key"), ["team"])
    probe.want(204, probe.do("DELETE", "tagged", query={"tagging": ""}))


def access_list(probe: Probe) -> None:
    found = probe.want(200, probe.do("GET", query={"acl": ""}))
    probe.equal("permission", found.texts("Permission"), ["FULL_CONTROL"])


def server_side_encryption(probe: Probe) -> None:
    probe.put("sse", b"sealed", {"x-amz-server-side-encryption": "AES256"})
    got = probe.want(200, probe.get("sse"))
    probe.equal("SSE", (got.body, got.headers.get("x-amz-server-side-encryption")), (b"sealed", "AES256"))


CASES: tuple[tuple[str, Case], ...] = (
    ("life of a bucket", bucket_life),
    ("bad bucket names", bucket_names),
    ("bucket tags", tagging),
    ("website configuration", website),
    ("lifecycle configuration", lifecycle),
    ("default encryption", encryption),
    ("object tags", object_tagging),
    ("access control list", access_list),
    ("SSE-S3", server_side_encryption),
)
