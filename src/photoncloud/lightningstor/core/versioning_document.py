"""The `VersioningConfiguration` document, with the exemptions that minio-py and other clients know.

`ExcludedPrefixes` and `ExcludeFolders` are no part of S3 itself; a client that never sends them never sees them.
"""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.errors import S3Error

EXCLUDED_PREFIX_LIMIT = 10
"""As many as the extension's other implementation takes."""


@dataclass(frozen=True, slots=True)
class Versioning:
    """`status` is empty when versioning was never switched on."""

    status: str
    excluded_prefixes: tuple[str, ...] = ()
    excludes_folders: bool = False


def parse(body: bytes) -> Versioning:
    """Raises S3Error MalformedXML, NotImplemented (MFA delete), InvalidArgument (too many exemptions)."""
    root = xml_in.parse(body, "VersioningConfiguration")
    if root.text_of("MfaDelete") == "Enabled":
        raise S3Error("NotImplemented", fields={"Header": "MfaDelete"})
    status = root.text_of("Status")
    if status not in ("Enabled", "Suspended"):
        raise S3Error("MalformedXML")
    prefixes = tuple(
        prefix.removesuffix("*")
        for element in root.all("ExcludedPrefixes")
        if (prefix := element.text_of("Prefix")) is not None
    )
    if len(prefixes) > EXCLUDED_PREFIX_LIMIT:
        raise S3Error("InvalidArgument", f"At most {EXCLUDED_PREFIX_LIMIT} prefixes may be excluded from versioning.")
    return Versioning(status, prefixes, bool(root.boolean_of("ExcludeFolders")))


def to_xml(versioning: Versioning) -> bytes:
    """The document of GetBucketVersioning."""
    fragments = [xml_out.optional("Status", versioning.status)]
    fragments += [
        xml_out.wrap("ExcludedPrefixes", xml_out.element("Prefix", prefix)) for prefix in versioning.excluded_prefixes
    ]
    if versioning.excludes_folders:
        fragments.append(xml_out.element("ExcludeFolders", True))
    return xml_out.document("VersioningConfiguration", fragments)
