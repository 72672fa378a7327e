"""The `ObjectLockConfiguration` document of a bucket: whether versions are locked, and for how long by default."""

from __future__ import annotations

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.lock import COMPLIANCE, GOVERNANCE
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

DAYS_LIMIT = 36_500
YEARS_LIMIT = 100

DefaultRetention = tuple[str, int, str]
"""Mode, count and unit (`Days` or `Years`)."""


def parse(body: bytes) -> DefaultRetention | None:
    """The default retention of a configuration whose lock must be `Enabled`. Raises MalformedXML, InvalidArgument."""
    root = xml_in.parse(body, "ObjectLockConfiguration")
    if root.text_of("ObjectLockEnabled") != "Enabled":
        raise S3Error("MalformedXML")
    rule = root.only("Rule")
    return None if rule is None else _retention(rule.required("DefaultRetention"))


def _retention(element: Element) -> DefaultRetention:
    mode, days, years = element.text_of("Mode"), element.integer_of("Days"), element.integer_of("Years")
    if mode not in (GOVERNANCE, COMPLIANCE) or (days is None) == (years is None):
        raise S3Error("MalformedXML")
    count, unit, limit = (days, "Days", DAYS_LIMIT) if days is not None else (years, "Years", YEARS_LIMIT)
    assert count is not None
    if count <= 0:
        raise S3Error("InvalidArgument", "Default retention period must be a positive integer value.")
    if count > limit:
        raise S3Error("InvalidArgument", "Default retention period too large")
    return mode, count, unit


def to_xml(retention: DefaultRetention | None) -> bytes:
    """The document of GetObjectLockConfiguration for a bucket whose lock is enabled."""
    fragments = [xml_out.element("ObjectLockEnabled", "Enabled")]
    if retention is not None:
        mode, count, unit = retention
        inside = xml_out.wrap("DefaultRetention", xml_out.element("Mode", mode), xml_out.element(unit, count))
        fragments.append(xml_out.wrap("Rule", inside))
    return xml_out.document("ObjectLockConfiguration", fragments)
