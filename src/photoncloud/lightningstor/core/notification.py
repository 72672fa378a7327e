"""Event notifications: the configuration document, which events match, and the record that is published.

Rules: S3 user guide, "Amazon S3 Event Notifications" and "Event message structure" (version 2.3).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote_plus

from photoncloud.lightningstor.core import xml_in, xml_out
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

TEST_EVENT = "s3:TestEvent"
EVENTS = (
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    TEST_EVENT,
)
_WILDCARDS = tuple(dict.fromkeys(event.rpartition(":")[0] + ":*" for event in EVENTS if event.count(":") == 2))
CLOUD_EVENT_TYPES = {
    "ObjectCreated": "photon.lightningstor.object.created",
    "ObjectRemoved": "photon.lightningstor.object.removed",
    "ObjectTagging": "photon.lightningstor.object.tagged",
    "ObjectAcl": "photon.lightningstor.object.acl",
    "LifecycleExpiration": "photon.lightningstor.object.expired",
    "TestEvent": "photon.lightningstor.test",
}
_TARGETS = {
    "QueueConfiguration": "Queue",
    "TopicConfiguration": "Topic",
    "CloudFunctionConfiguration": "CloudFunction",
    "LambdaFunctionConfiguration": "LambdaFunctionArn",
}
CONFIGURATION_LIMIT = 100
FILTER_VALUE_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """Events of keys with this prefix and suffix go to `target`. `element` is the XML element it came from."""

    id: str
    element: str
    arn: str
    events: tuple[str, ...]
    prefix: str = ""
    suffix: str = ""

    @property
    def target(self) -> str:
        """Name of the destination: the last field of the ARN."""
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Notifications:
    """One bucket's configuration. `event_bridge`: everything goes to the component's own subject too."""

    rules: tuple[Rule, ...] = ()
    event_bridge: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.rules and not self.event_bridge


def parse(body: bytes, new_id: Callable[[int], str]) -> Notifications:
    """A `NotificationConfiguration`; `new_id(n)` names the n-th rule without id.

    Raises S3Error MalformedXML, InvalidArgument.
    """
    root = xml_in.parse(body, "NotificationConfiguration")
    rules: list[Rule] = []
    for element in root:
        if element.name in _TARGETS:
            rules.append(_rule(element, new_id(len(rules))))
    if len(rules) > CONFIGURATION_LIMIT:
        raise S3Error("InvalidArgument", f"The number of configurations may not exceed {CONFIGURATION_LIMIT}.")
    if len({rule.id for rule in rules}) != len(rules):
        raise S3Error("InvalidArgument", "Same ID used for multiple configurations. IDs must be unique")
    return Notifications(tuple(rules), root.child("EventBridgeConfiguration") is not None)


def _rule(element: Element, fallback_id: str) -> Rule:
    arn = element.required_text(_TARGETS[element.name])
    if not _is_arn(arn):
        fields = {"ArgumentName": arn, "ArgumentValue": "The ARN could not be parsed"}
        raise S3Error("InvalidArgument", "The ARN could not be parsed", fields=fields)
    events = tuple(child.text.strip() for child in element.all("Event"))
    if not events:
        raise S3Error("MalformedXML")
    for event in events:
        if event not in EVENTS and event not in _WILDCARDS:
            fields = {"ArgumentName": "Event", "ArgumentValue": event}
            raise S3Error("InvalidArgument", "A specified event is not supported for notifications", fields=fields)
    prefix, suffix = _filter(element.only("Filter"))
    return Rule(element.text_of("Id") or fallback_id, element.name, arn, events, prefix, suffix)


def _is_arn(arn: str) -> bool:
    """`arn:photon:events:REGION:ACCOUNT:NAME`, or an AWS queue, topic or function ARN, mapped to its last field."""
    fields = arn.split(":")
    if len(fields) < 6 or fields[0] != "arn" or not fields[-1]:
        return False
    return fields[1:3] == ["photon", "events"] or (
        fields[1].startswith("aws") and fields[2] in ("sqs", "sns", "lambda")
    )


def _filter(element: Element | None) -> tuple[str, str]:
    found: dict[str, str] = {}
    if element is None:
        return "", ""
    for key in element.all("S3Key"):
        for rule in key.all("FilterRule"):
            name, value = rule.required_text("Name").lower(), rule.text_of("Value") or ""
            if name not in ("prefix", "suffix"):
                message = "filter rule name must be either prefix or suffix"
                raise S3Error(
                    "InvalidArgument", message, fields={"ArgumentName": "FilterRule.Name", "ArgumentValue": name}
                )
            if name in found:
                message = f"Cannot specify more than one {name} rule in a filter."
                raise S3Error(
                    "InvalidArgument", message, fields={"ArgumentName": "FilterRule.Name", "ArgumentValue": name}
                )
            if len(value.encode()) > FILTER_VALUE_LIMIT:
                raise S3Error(
                    "InvalidArgument", "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"
                )
            found[name] = value
    return found.get("prefix", ""), found.get("suffix", "")


def to_xml(configuration: Notifications) -> bytes:
    """The document of GetBucketNotificationConfiguration; an empty one when nothing is configured."""
    fragments = [_rule_xml(rule) for rule in configuration.rules]
    if configuration.event_bridge:
        fragments.append(xml_out.wrap("EventBridgeConfiguration"))
    return xml_out.document("NotificationConfiguration", fragments)


def _rule_xml(rule: Rule) -> bytes:
    parts = [xml_out.element("Id", rule.id), xml_out.element(_TARGETS[rule.element], rule.arn)]
    parts += [xml_out.element("Event", event) for event in rule.events]
    filters = [("Prefix", rule.prefix), ("Suffix", rule.suffix)]
    rules = [
        xml_out.wrap("FilterRule", xml_out.element("Name", name), xml_out.element("Value", value))
        for name, value in filters
        if value
    ]
    if rules:
        parts.append(xml_out.wrap("Filter", xml_out.wrap("S3Key", *rules)))
    return xml_out.wrap(rule.element, *parts)


def unreachable_targets(configuration: Notifications, serves: Callable[[str], bool]) -> tuple[str, ...]:
    """ARNs whose destination the events backend does not serve."""
    return tuple(rule.arn for rule in configuration.rules if not serves(rule.target))


def matching(rules: Iterable[Rule], event: str, key: str) -> tuple[Rule, ...]:
    """Rules that want `event` (`s3:ObjectCreated:Put`) of `key`."""
    wildcard = event.rpartition(":")[0] + ":*"
    return tuple(
        rule
        for rule in rules
        if (event in rule.events or wildcard in rule.events)
        and key.startswith(rule.prefix)
        and key.endswith(rule.suffix)
    )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened to one version of one object, as far as an event tells it."""

    event: str
    bucket: str
    bucket_id: bytes
    bucket_owner: str
    key: str
    sequence: int
    time_text: str
    """RFC 3339 with milliseconds, UTC."""
    region: str
    principal_id: str
    source_ip: str
    request_id: str
    size: int | None = None
    etag: str = ""
    version_id: str = ""


def record(occurrence: Occurrence, configuration_id: str) -> dict[str, object]:
    """The S3 event record."""
    described: dict[str, object] = {"key": quote_plus(occurrence.key, safe="/*-._")}
    if occurrence.size is not None:
        described |= {"size": occurrence.size, "eTag": occurrence.etag}
    if occurrence.version_id:
        described["versionId"] = occurrence.version_id
    described["sequencer"] = f"{occurrence.sequence:016X}"
    return {
        "eventVersion": "2.3",
        "eventSource": "aws:s3",
        "awsRegion": occurrence.region,
        "eventTime": occurrence.time_text,
        "eventName": occurrence.event.removeprefix("s3:"),
        "userIdentity": {"principalId": occurrence.principal_id},
        "requestParameters": {"sourceIPAddress": occurrence.source_ip},
        "responseElements": {"x-amz-request-id": occurrence.request_id, "x-amz-id-2": occurrence.request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": occurrence.bucket,
                "ownerIdentity": {"principalId": occurrence.bucket_owner},
                "arn": f"arn:aws:s3:::{occurrence.bucket}",
            },
            "object": described,
        },
    }


def record_of_test(occurrence: Occurrence) -> dict[str, object]:
    """What a destination gets when it is configured, so that its owner sees that it is reached."""
    return {
        "Service": "lightningstor",
        "Event": TEST_EVENT,
        "Time": occurrence.time_text,
        "Bucket": occurrence.bucket,
        "RequestId": occurrence.request_id,
        "HostId": occurrence.request_id,
    }


def cloud_event(occurrence: Occurrence, rule: Rule, source: str) -> bytes:
    """The CloudEvents 1.0 envelope (JSON) of one occurrence for one rule."""
    is_test = occurrence.event == TEST_EVENT
    family = occurrence.event.split(":")[1]
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{occurrence.bucket_id.hex()}.{occurrence.sequence}",
            "type": CLOUD_EVENT_TYPES[family],
            "source": source,
            "subject": occurrence.bucket if is_test else f"{occurrence.bucket}/{occurrence.key}",
            "time": occurrence.time_text,
            "datacontenttype": "application/json",
            "data": record_of_test(occurrence) if is_test else record(occurrence, rule.id),
        },
        separators=(",", ":"),
    ).encode()
