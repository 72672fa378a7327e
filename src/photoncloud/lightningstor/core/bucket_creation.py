"""What a CreateBucket request asks for: its document and its fields, checked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from photoncloud.lightningstor.core import tagging, xml_in, xml_out
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

DEFAULT_REGION = "us-east-1"
"""The one region S3 writes as an empty location."""
NO_REGION = "aws-global"
"""What the AWS CLI names when its user configured no region; it signs for us-east-1 then."""


@dataclass(frozen=True, slots=True)
class BucketRequest:
    """`location` empty: none was named. `tags`: as the document of bucket tagging, empty when there are none."""

    location: str = ""
    tags: bytes = b""


def parse(body: bytes) -> BucketRequest:
    """The document of CreateBucket, which may be absent. Raises S3Error MalformedXML, InvalidTag."""
    if not body:
        return BucketRequest()
    root = xml_in.parse(body, "CreateBucketConfiguration")
    tags = root.child("Tags")
    return BucketRequest(root.text_of("LocationConstraint") or "", b"" if tags is None else _tagging(tags))


def _tagging(tags: Element) -> bytes:
    """The tags of a new bucket as the document GetBucketTagging gives back, checked like one."""
    listed = [(tag.required("Key").text, tag.required("Value").text) for tag in tags.all("Tag")]
    if not listed:
        return b""
    items = [xml_out.wrap("Tag", xml_out.element("Key", key), xml_out.element("Value", value)) for key, value in listed]
    document = xml_out.document("Tagging", [xml_out.wrap("TagSet", *items)])
    tagging.parse_xml(xml_in.parse(document, "Tagging"), tagging.BUCKET_TAGS)
    return document


def region_of(location: str, region: str, accepted: Collection[str]) -> str:
    """Where the bucket is said to be. Raises S3Error IllegalLocationConstraintException."""
    if location in ("", region, NO_REGION):
        return region
    if location in accepted or "*" in accepted:
        return location
    message = (
        f"The {location} location constraint is incompatible for the region specific endpoint this request was sent to."
    )
    raise S3Error("IllegalLocationConstraintException", message)


def location_xml(region: str) -> bytes:
    """The document of GetBucketLocation."""
    text = b"" if region == DEFAULT_REGION else xml_out.escape(region)
    return b'%b<LocationConstraint xmlns="%b">%b</LocationConstraint>' % (xml_out.DECLARATION, xml_out.NAMESPACE, text)
