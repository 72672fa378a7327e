"""Versions and delete markers; skipped where versioning is switched off."""

from __future__ import annotations

from photoncloud.lightningstor.offline.s3_probe import Case, Probe

ENABLED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


def _versioned(probe: Probe) -> str:
    bucket = probe.extra_bucket()
    probe.want(200, probe.do("PUT", query={"versioning": ""}, body=ENABLED, bucket=bucket))
    probe.equal("Status", probe.do("GET", query={"versioning": ""}, bucket=bucket).text("Status"), "Enabled")
    return bucket


def every_write_is_kept(probe: Probe) -> None:
    bucket = _versioned(probe)
    ids = [probe.put("key", body, bucket=bucket).headers["x-amz-version-id"] for body in (b"one", b"two")]
    probe.true(ids[0] != ids[1], "two writes share a version id")
    for version, body in zip(ids, (b"one", b"two"), strict=True):
        probe.equal(version, probe.do("GET", "key", query={"versionId": version}, bucket=bucket).body, body)
    listed = probe.want(200, probe.do("GET", query={"versions": ""}, bucket=bucket))
    probe.equal("versions, newest first", listed.texts("VersionId"), ids[::-1])


def delete_markers(probe: Probe) -> None:
    bucket = _versioned(probe)
    version = probe.put("key", b"one", bucket=bucket).headers["x-amz-version-id"]
    deleted = probe.want(204, probe.do("DELETE", "key", bucket=bucket))
    probe.equal("x-amz-delete-marker", deleted.headers.get("x-amz-delete-marker"), "true")
    probe.want(404, probe.do("GET", "key", bucket=bucket), "NoSuchKey")
    probe.want(200, probe.do("GET", "key", query={"versionId": version}, bucket=bucket))
    marker = deleted.headers["x-amz-version-id"]
    probe.want(204, probe.do("DELETE", "key", query={"versionId": marker}, bucket=bucket))
    probe.equal("body", probe.do("GET", "key", bucket=bucket).body, b"one")


def listing_without_versions(probe: Probe) -> None:
    """Clients ask for versions of buckets that never had any."""
    bucket = probe.extra_bucket()
    probe.put("key", b"x", bucket=bucket)
    listed = probe.want(200, probe.do("GET", query={"versions": ""}, bucket=bucket))
    probe.equal("VersionId", listed.texts("VersionId"), ["null"])


CASES: tuple[tuple[str, Case], ...] = (
    ("every write is kept", every_write_is_kept),
    ("delete markers", delete_markers),
    ("ListObjectVersions without versioning", listing_without_versions),
)
