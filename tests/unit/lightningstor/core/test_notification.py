"""Notifications: documents, matching, the event record."""

from __future__ import annotations

import json

import pytest

from photoncloud.lightningstor.core import notification
from photoncloud.lightningstor.errors import S3Error

ARN = "arn:photon:events:us-east-1:123456789012:uploads"


def queue(*events: str, arn: str = ARN, more: str = "") -> bytes:
    listed = "".join(f"<Event>{event}</Event>" for event in events)
    inside = f"<QueueConfiguration>{more}<Queue>{arn}</Queue>{listed}</QueueConfiguration>"
    return f"<NotificationConfiguration>{inside}</NotificationConfiguration>".encode()


def parse(body: bytes) -> notification.Notifications:
    return notification.parse(body, lambda number: f"generated-{number}")


def filters(*rules: tuple[str, str]) -> str:
    listed = "".join(f"<FilterRule><Name>{n}</Name><Value>{v}</Value></FilterRule>" for n, v in rules)
    return f"<Filter><S3Key>{listed}</S3Key></Filter>"


def test_empty_configuration() -> None:
    found = parse(b"<NotificationConfiguration/>")
    assert found.is_empty
    assert parse(notification.to_xml(found)) == found


def test_round_trip_of_every_element() -> None:
    for element, arn_element in (
        ("QueueConfiguration", "Queue"),
        ("TopicConfiguration", "Topic"),
        ("CloudFunctionConfiguration", "CloudFunction"),
    ):
        body = queue("s3:ObjectCreated:*", more="<Id>one</Id>" + filters(("Prefix", "in/"), ("suffix", ".jpg")))
        body = body.replace(b"QueueConfiguration", element.encode()).replace(b"Queue>", arn_element.encode() + b">")
        found = parse(body)
        assert (found.rules[0].prefix, found.rules[0].suffix, found.rules[0].target) == ("in/", ".jpg", "uploads")
        assert parse(notification.to_xml(found)) == found


def test_event_bridge_and_generated_ids() -> None:
    found = parse(queue("s3:ObjectAcl:Put").replace(b"</Not", b"<EventBridgeConfiguration/></Not"))
    assert found.event_bridge
    assert found.rules[0].id == "generated-0"
    assert parse(notification.to_xml(found)).event_bridge


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (queue(), "MalformedXML", None),
        (queue("s3:Nonsense"), "InvalidArgument", "A specified event is not supported for notifications"),
        (queue("s3:ObjectAcl:Put", arn="nonsense"), "InvalidArgument", "The ARN could not be parsed"),
        (
            queue("s3:ObjectAcl:Put", more=filters(("prefix", "a"), ("prefix", "b"))),
            "InvalidArgument",
            "Cannot specify more than one prefix rule in a filter.",
        ),
        (
            queue("s3:ObjectAcl:Put", more=filters(("infix", "a"))),
            "InvalidArgument",
            "filter rule name must be either prefix or suffix",
        ),
    ],
)
def test_bad_documents(body: bytes, code: str, message: str | None) -> None:
    with pytest.raises(S3Error) as caught:
        parse(body)
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize("service", ["sqs", "sns", "lambda"])
def test_foreign_arns_map_to_their_last_field(service: str) -> None:
    (rule,) = parse(queue("s3:ObjectAcl:Put", arn=f"arn:aws:{service}:us-east-1:1:name")).rules
    assert rule.target == "name"


def test_unreachable_targets() -> None:
    found = parse(queue("s3:ObjectAcl:Put"))
    assert notification.unreachable_targets(found, lambda name: False) == (ARN,)
    assert notification.unreachable_targets(found, lambda name: name == "uploads") == ()


def test_matching_by_event_wildcard_and_affixes() -> None:
    rules = parse(queue("s3:ObjectCreated:*", more=filters(("prefix", "in/"), ("suffix", ".jpg")))).rules
    assert notification.matching(rules, "s3:ObjectCreated:Put", "in/a.jpg") == rules
    assert notification.matching(rules, "s3:ObjectRemoved:Delete", "in/a.jpg") == ()
    assert notification.matching(rules, "s3:ObjectCreated:Put", "out/a.jpg") == ()
    assert notification.matching(rules, "s3:ObjectCreated:Put", "in/a.png") == ()


def test_the_record_is_s3s() -> None:
    (rule,) = parse(queue("s3:ObjectCreated:*", more="<Id>cfg</Id>")).rules
    happened = notification.Occurrence(
        "s3:ObjectCreated:Put", "bkt", b"\1" * 8, "owner", "a b/ü", 255, "2026-01-01T00:00:00.000Z", "us-east-1",
        "AIDA", "192.0.2.1", "REQ", 12, "etag", "v1",
    )  # fmt: skip
    event = json.loads(notification.cloud_event(happened, rule, "/photon/lightningstor/one"))
    assert event["type"] == "photon.lightningstor.object.created"
    assert event["id"] == "0101010101010101.255"
    assert event["subject"] == "bkt/a b/ü"
    data = event["data"]
    assert data["eventName"] == "ObjectCreated:Put"
    assert data["s3"]["configurationId"] == "cfg"
    assert data["s3"]["object"] == {
        "key": "a+b/%C3%BC", "size": 12, "eTag": "etag", "versionId": "v1", "sequencer": "00000000000000FF",
    }  # fmt: skip
