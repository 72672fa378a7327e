"""Lifecycle: the configuration document, and what is due for a version, a marker or an upload.

Rules: S3 user guide, "Managing the lifecycle of objects". A "day" is `day_sec` seconds (86,400 outside tests); due
times are rounded up to the next multiple of it, which for a real day is midnight UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote_plus

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

RULE_LIMIT = 1000
ID_LIMIT = 255
NEWER_VERSIONS_LIMIT = 100
DAY_SEC = 86_400


@dataclass(frozen=True, slots=True)
class Filter:
    """What a rule speaks of: all given conditions must hold. Sizes are exclusive bounds in bytes."""

    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    larger_than: int | None = None
    smaller_than: int | None = None
    shape: str = "Prefix"
    """How it was written, to give it back the same way: `Prefix` (top level), `Filter`, or `And`."""

    @property
    def is_prefix_only(self) -> bool:
        return not self.tags and self.larger_than is None and self.smaller_than is None

    def matches(self, key: str, size: int, tags: Mapping[str, str]) -> bool:
        return (
            key.startswith(self.prefix)
            and all(tags.get(name) == value for name, value in self.tags)
            and (self.larger_than is None or size > self.larger_than)
            and (self.smaller_than is None or size < self.smaller_than)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; every action that is absent is None (or False)."""

    id: str
    enabled: bool
    filter: Filter
    expire_days: int | None = None
    expire_date_ms: int | None = None
    expire_marker: bool = False
    noncurrent_days: int | None = None
    newer_noncurrent: int | None = None
    abort_days: int | None = None


def parse(body: bytes, new_id: Callable[[int], str]) -> tuple[Rule, ...]:
    """The rules of a `LifecycleConfiguration`; `new_id(n)` names the n-th rule without id.

    Raises S3Error MalformedXML, InvalidArgument, InvalidRequest, NotImplemented (transitions).
    """
    elements = xml_in.parse(body, "LifecycleConfiguration").all("Rule")
    if not elements or len(elements) > RULE_LIMIT:
        raise S3Error("MalformedXML")
    rules = tuple(_rule(element, new_id(number)) for number, element in enumerate(elements))
    if len({rule.id for rule in rules}) != len(rules):
        raise S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    return rules


def _rule(element: Element, fallback_id: str) -> Rule:
    if element.all("Transition") or element.all("NoncurrentVersionTransition"):
        raise S3Error("NotImplemented", fields={"Header": "Transition"})
    identifier = element.text_of("ID") or fallback_id
    if len(identifier) > ID_LIMIT:
        raise S3Error("InvalidArgument", f"ID length should not exceed allowed limit of {ID_LIMIT}")
    status = element.required_text("Status")
    if status not in ("Enabled", "Disabled"):
        raise S3Error("MalformedXML")
    chosen = _filter(element)
    days, date, marker = _expiration(element.only("Expiration"))
    noncurrent, newer = _noncurrent(element.only("NoncurrentVersionExpiration"))
    abort = _abort(element.only("AbortIncompleteMultipartUpload"))
    if days is None and date is None and not marker and noncurrent is None and abort is None:
        raise S3Error("InvalidRequest", "At least one action needs to be specified in a rule.")
    if not chosen.is_prefix_only:
        if abort is not None:
            raise S3Error("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")
        if marker:
            raise S3Error("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags.")
    return Rule(identifier, status == "Enabled", chosen, days, date, marker, noncurrent, newer, abort)


def _filter(element: Element) -> Filter:
    outer, prefix = element.only("Filter"), element.only("Prefix")
    if (outer is None) == (prefix is None):
        raise S3Error("MalformedXML")
    if outer is None:
        return Filter(prefix.text if prefix is not None else "")
    children = list(outer)
    if len(children) > 1:
        raise S3Error("MalformedXML")
    both = outer.child("And")
    return _conditions(both, "And") if both is not None else _conditions(outer, "Filter")


def _conditions(element: Element, shape: str) -> Filter:
    tags = []
    for tag in element.all("Tag"):
        tags.append((tag.required_text("Key"), tag.required("Value").text))
    if len({name for name, _ in tags}) != len(tags):
        raise S3Error("InvalidRequest", "Duplicate Tag Keys are not allowed.")
    larger, smaller = element.integer_of("ObjectSizeGreaterThan"), element.integer_of("ObjectSizeLessThan")
    if (larger is not None and larger < 0) or (smaller is not None and smaller < 1):
        raise S3Error("InvalidRequest", "'ObjectSizeGreaterThan' and 'ObjectSizeLessThan' must be non-negative.")
    if larger is not None and smaller is not None and larger >= smaller:
        raise S3Error("InvalidRequest", "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
    prefix = element.child("Prefix")
    return Filter(prefix.text if prefix is not None else "", tuple(tags), larger, smaller, shape)


def _expiration(element: Element | None) -> tuple[int | None, int | None, bool]:
    if element is None:
        return None, None, False
    days, date, marker = (
        element.integer_of("Days"),
        element.text_of("Date"),
        element.boolean_of("ExpiredObjectDeleteMarker"),
    )
    if sum(value is not None for value in (days, date, marker)) != 1:
        raise S3Error("MalformedXML")
    if days is not None and days < 1:
        raise S3Error("InvalidArgument", "'Days' for Expiration action must be a positive integer")
    return days, None if date is None else _midnight_ms(date), bool(marker)


def _midnight_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise S3Error("MalformedXML") from error
    moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise S3Error("InvalidArgument", "'Date' must be at midnight GMT")
    return int(moment.timestamp()) * 1000


def _noncurrent(element: Element | None) -> tuple[int | None, int | None]:
    if element is None:
        return None, None
    days, newer = element.integer_of("NoncurrentDays"), element.integer_of("NewerNoncurrentVersions")
    if days is None:
        raise S3Error("MalformedXML")
    if days < 1:
        message = "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"
        raise S3Error("InvalidArgument", message)
    if newer is not None and not 1 <= newer <= NEWER_VERSIONS_LIMIT:
        message = f"'NewerNoncurrentVersions' must be between 1 and {NEWER_VERSIONS_LIMIT}"
        raise S3Error("InvalidArgument", message)
    return days, newer


def _abort(element: Element | None) -> int | None:
    if element is None:
        return None
    days = element.integer_of("DaysAfterInitiation")
    if days is None:
        raise S3Error("MalformedXML")
    if days < 1:
        message = "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"
        raise S3Error("InvalidArgument", message)
    return days


def to_xml(rules: tuple[Rule, ...]) -> bytes:
    """The document of GetBucketLifecycleConfiguration."""
    return xml_out.document("LifecycleConfiguration", [_rule_xml(rule) for rule in rules])


def _rule_xml(rule: Rule) -> bytes:
    parts = [xml_out.element("ID", rule.id), _filter_xml(rule.filter)]
    parts.append(xml_out.element("Status", "Enabled" if rule.enabled else "Disabled"))
    if rule.expire_days is not None:
        parts.append(xml_out.wrap("Expiration", xml_out.element("Days", rule.expire_days)))
    if rule.expire_date_ms is not None:
        parts.append(xml_out.wrap("Expiration", xml_out.element("Date", xml_out.timestamp(rule.expire_date_ms))))
    if rule.expire_marker:
        parts.append(xml_out.wrap("Expiration", xml_out.element("ExpiredObjectDeleteMarker", True)))
    if rule.noncurrent_days is not None:
        inside = [xml_out.element("NoncurrentDays", rule.noncurrent_days)]
        if rule.newer_noncurrent is not None:
            inside.append(xml_out.element("NewerNoncurrentVersions", rule.newer_noncurrent))
        parts.append(xml_out.wrap("NoncurrentVersionExpiration", *inside))
    if rule.abort_days is not None:
        inside = [xml_out.element("DaysAfterInitiation", rule.abort_days)]
        parts.append(xml_out.wrap("AbortIncompleteMultipartUpload", *inside))
    return xml_out.wrap("Rule", *parts)


def _filter_xml(chosen: Filter) -> bytes:
    if chosen.shape == "Prefix":
        return xml_out.element("Prefix", chosen.prefix)
    inside = []
    if chosen.prefix or (chosen.is_prefix_only and chosen.shape == "Filter"):
        inside.append(xml_out.element("Prefix", chosen.prefix))
    for name, value in chosen.tags:
        inside.append(xml_out.wrap("Tag", xml_out.element("Key", name), xml_out.element("Value", value)))
    if chosen.larger_than is not None:
        inside.append(xml_out.element("ObjectSizeGreaterThan", chosen.larger_than))
    if chosen.smaller_than is not None:
        inside.append(xml_out.element("ObjectSizeLessThan", chosen.smaller_than))
    return xml_out.wrap("Filter", xml_out.wrap("And", *inside) if chosen.shape == "And" else b"".join(inside))


# What is due.


def due_ms(since_ms: int, days: int, day_sec: int = DAY_SEC) -> int:
    """`since_ms` plus so many days, rounded up to the next multiple of a day."""
    day_ms = day_sec * 1000
    return -(-(since_ms + days * day_ms) // day_ms) * day_ms


@dataclass(frozen=True, slots=True)
class Expiry:
    """When something expires and by which rule."""

    at_ms: int
    rule_id: str


def current_expiry(
    rules: tuple[Rule, ...], key: str, size: int, tags: Mapping[str, str], mtime_ms: int, day_sec: int = DAY_SEC
) -> Expiry | None:
    """The earliest expiry of a current object, whether due already or not."""
    found = []
    for rule in rules:
        if not rule.enabled or not rule.filter.matches(key, size, tags):
            continue
        if rule.expire_days is not None:
            found.append(Expiry(due_ms(mtime_ms, rule.expire_days, day_sec), rule.id))
        if rule.expire_date_ms is not None:
            found.append(Expiry(rule.expire_date_ms, rule.id))
    return min(found, key=lambda expiry: expiry.at_ms, default=None)


def noncurrent_expiry(
    rules: tuple[Rule, ...],
    key: str,
    size: int,
    tags: Mapping[str, str],
    noncurrent_since_ms: int,
    newer_versions: int,
    day_sec: int = DAY_SEC,
) -> Expiry | None:
    """The earliest expiry of a noncurrent version that has `newer_versions` newer noncurrent ones above it."""
    found = []
    for rule in rules:
        if not rule.enabled or rule.noncurrent_days is None or not rule.filter.matches(key, size, tags):
            continue
        if rule.newer_noncurrent is None or newer_versions >= rule.newer_noncurrent:
            found.append(Expiry(due_ms(noncurrent_since_ms, rule.noncurrent_days, day_sec), rule.id))
    return min(found, key=lambda expiry: expiry.at_ms, default=None)


def lone_marker_expiry(rules: tuple[Rule, ...], key: str, mtime_ms: int, day_sec: int = DAY_SEC) -> Expiry | None:
    """When a delete marker that is its key's only version goes: at once, or when old enough for `Days` or `Date`."""
    found = []
    for rule in rules:
        if not rule.enabled or not rule.filter.is_prefix_only or not key.startswith(rule.filter.prefix):
            continue
        if rule.expire_marker:
            found.append(Expiry(mtime_ms, rule.id))
        if rule.expire_days is not None:
            found.append(Expiry(due_ms(mtime_ms, rule.expire_days, day_sec), rule.id))
        if rule.expire_date_ms is not None:
            found.append(Expiry(rule.expire_date_ms, rule.id))
    return min(found, key=lambda expiry: expiry.at_ms, default=None)


def upload_expiry(rules: tuple[Rule, ...], key: str, initiated_ms: int, day_sec: int = DAY_SEC) -> Expiry | None:
    """The earliest abort of an unfinished upload."""
    found = [
        Expiry(due_ms(initiated_ms, rule.abort_days, day_sec), rule.id)
        for rule in rules
        if rule.enabled and rule.abort_days is not None and key.startswith(rule.filter.prefix)
    ]
    return min(found, key=lambda expiry: expiry.at_ms, default=None)


def expiration_header(expiry: Expiry) -> str:
    """Value of `x-amz-expiration`; the rule id is URL-encoded as S3 does."""
    return f'expiry-date="{xml_out.http_date(expiry.at_ms)}", rule-id="{quote_plus(expiry.rule_id)}"'
