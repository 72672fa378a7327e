"""Bucket notifications: every event of §4.15 reaches its target in order, at least once, also after an outage."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photoncloud.backends.events import registry
from photoncloud.backends.events.errors import BackendUnavailable
from photoncloud.backends.events.event import Event
from photoncloud.backends.events.memory import MemoryEvents
from photoncloud.backends.events.port import Published
from photoncloud.config import load
from photoncloud.lightningstor.bootstrap.app import build
from photoncloud.lightningstor.settings import Settings
from photoncloud.testkit.s3_client import Answer, S3Client
from photoncloud.testkit.s3_store import ACCESS_KEY, SECRET_KEY, store_settings
from photoncloud.testkit.server_config import write_config

ARRIVAL_SEC = 20
EVERYTHING = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put")
COMPONENT_ID = "store-under-test"


class Bus(MemoryEvents):
    """The bus of this process, which may be away. `events` are those it took, in order, without repeats."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.refusals = 0
        self.events: list[Event] = []

    async def publish(self, event: Event, *, timeout_sec: float = 5.0) -> Published:
        if self.is_away:
            self.refusals += 1
            raise BackendUnavailable("away", maybe_applied=False)
        published = await super().publish(event, timeout_sec=timeout_sec)
        if not published.duplicate:
            self.events.append(event)
        return published

    async def close(self) -> None:
        """It outlives the server: what was published is looked at afterwards."""

    async def wait_for(self, count: int) -> list[Event]:
        """At least so many object events (test events of configurations are not counted)."""
        async with asyncio.timeout(ARRIVAL_SEC):
            while len(found := [event for event in self.events if ".object." in event.type]) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    """The one bus that every server of the test publishes to."""
    shared = Bus()

    async def open_shared(**_: Any) -> Bus:
        return shared

    monkeypatch.setattr(registry, "adapter", lambda name: open_shared)
    return shared


@contextlib.asynccontextmanager
async def serving(folder: Path, **tables: Any) -> AsyncIterator[S3Client]:
    """A store in this process, with events, and a client of it."""
    photon = {"component_id": COMPONENT_ID, "standalone": {"events_backend": "memory"}}
    file = write_config("lightningstor", folder, store_settings(folder, **tables), photon)
    resolved = load("lightningstor", Settings, ["--config-only", "--config", str(file)], {})
    app = build(resolved)
    async with app.running():
        address = app.addresses["s3"]
        async with S3Client(f"http://{address}", ACCESS_KEY, SECRET_KEY) as client:
            yield client


def configuration(*rules: str, more: str = "") -> bytes:
    return f"<NotificationConfiguration>{''.join(rules)}{more}</NotificationConfiguration>".encode()


def rule(
    target: str,
    events: tuple[str, ...] = EVERYTHING,
    *,
    kind: str = "Queue",
    arn: str = "arn:photon:events:us-east-1:default",
    prefix: str = "",
    suffix: str = "",
    name: str = "",
) -> str:
    filters = [(key, value) for key, value in (("prefix", prefix), ("suffix", suffix)) if value]
    inside = "".join(f"<FilterRule><Name>{key}</Name><Value>{value}</Value></FilterRule>" for key, value in filters)
    chosen = "".join(f"<Event>{event}</Event>" for event in events)
    filtered = f"<Filter><S3Key>{inside}</S3Key></Filter>" if inside else ""
    identity = f"<Id>{name}</Id>" if name else ""
    return f"<{kind}Configuration>{identity}<{kind}>{arn}:{target}</{kind}>{chosen}{filtered}</{kind}Configuration>"


async def configure(s3: S3Client, bucket: str, document: bytes) -> None:
    assert (await s3.request("PUT", bucket)).status == 200
    answer = await s3.request("PUT", bucket, query={"notification": ""}, body=document)
    assert answer.status == 200, answer.body


def ok(answer: Answer) -> Answer:
    assert answer.status < 300, answer.body
    return answer


def told(event: Event) -> tuple[str, str, str]:
    """(type, event name, key) of an object event."""
    record = json.loads(event.data)
    return event.type.rpartition(".")[2], record["eventName"], record["s3"]["object"]["key"]


async def test_every_change_of_an_object_is_told(bus: Bus, tmp_path: Path) -> None:
    async with serving(tmp_path) as s3:
        await configure(s3, "told", configuration(rule("queue", name="cfg")))
        put = ok(await s3.request("PUT", "told", "a b+ü", body=b"12345"))
        ok(await s3.request("PUT", "told", "copy", headers={"x-amz-copy-source": "/told/a%20b%2B%C3%BC"}))
        started = ok(await s3.request("POST", "told", "parts", query={"uploads": ""})).body.decode()
        upload = started.partition("<UploadId>")[2].partition("</UploadId>")[0]
        part = ok(await s3.request("PUT", "told", "parts", query={"uploadId": upload, "partNumber": "1"}, body=b"x"))
        listed = f"<Part><PartNumber>1</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        ok(await s3.request("POST", "told", "parts", query={"uploadId": upload}, body=document))
        tags = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
        ok(await s3.request("PUT", "told", "copy", query={"tagging": ""}, body=tags))
        ok(await s3.request("DELETE", "told", "copy", query={"tagging": ""}))
        ok(await s3.request("PUT", "told", "copy", query={"acl": ""}, headers={"x-amz-acl": "public-read"}))
        ok(await s3.request("DELETE", "told", "copy"))
        events = await bus.wait_for(7)
    assert sorted(told(event) for event in events) == sorted(
        [
            ("created", "ObjectCreated:Put", "a+b%2B%C3%BC"),
            ("created", "ObjectCreated:Copy", "copy"),
            ("created", "ObjectCreated:CompleteMultipartUpload", "parts"),
            ("tagged", "ObjectTagging:Put", "copy"),
            ("tagged", "ObjectTagging:Delete", "copy"),
            ("acl", "ObjectAcl:Put", "copy"),
            ("removed", "ObjectRemoved:Delete", "copy"),
        ]
    )
    first = next(event for event in events if "Put" in told(event)[1])
    record = json.loads(first.data)
    assert (first.source, first.subject) == (f"/photon/lightningstor/{COMPONENT_ID}", "told/a b+ü")
    assert first.extensions["photontarget"] == "queue"
    assert record["eventVersion"] == "2.3"
    assert record["responseElements"]["x-amz-request-id"] == put.headers["x-amz-request-id"]
    assert record["s3"]["configurationId"] == "cfg"
    assert (record["s3"]["bucket"]["name"], record["s3"]["object"]["size"]) == ("told", 5)
    assert record["s3"]["object"]["eTag"] == put.headers["etag"].strip('"')


async def test_events_of_one_key_come_in_order(bus: Bus, tmp_path: Path) -> None:
    async with serving(tmp_path) as s3:
        await configure(s3, "ordered", configuration(rule("queue")))
        for number in range(40):
            method = "PUT" if number % 2 == 0 else "DELETE"
            ok(await s3.request(method, "ordered", "key", body=b"x" if method == "PUT" else b""))
        events = await bus.wait_for(40)
    assert [told(event)[0] for event in events] == ["created", "removed"] * 20
    sequencers = [json.loads(event.data)["s3"]["object"]["sequencer"] for event in events]
    assert sequencers == sorted(sequencers)
    assert len({event.id for event in events}) == 40


async def test_versions_and_markers(bus: Bus, tmp_path: Path) -> None:
    enable = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    async with serving(tmp_path) as s3:
        await configure(s3, "versions", configuration(rule("queue")))
        ok(await s3.request("PUT", "versions", query={"versioning": ""}, body=enable))
        version = ok(await s3.request("PUT", "versions", "k", body=b"x")).headers["x-amz-version-id"]
        ok(await s3.request("DELETE", "versions", "k"))
        ok(await s3.request("DELETE", "versions", "k", query={"versionId": version}))
        events = await bus.wait_for(3)
    assert [told(event)[1] for event in events] == [
        "ObjectCreated:Put",
        "ObjectRemoved:DeleteMarkerCreated",
        "ObjectRemoved:Delete",
    ]
    assert json.loads(events[0].data)["s3"]["object"]["versionId"] == version


async def test_filters_and_targets(bus: Bus, tmp_path: Path) -> None:
    document = configuration(
        rule("images", prefix="in/", suffix=".png"),
        rule("removed", ("s3:ObjectRemoved:Delete",), kind="Topic", arn="arn:aws:sns:us-east-1:123456789012"),
        rule("hook", ("s3:ObjectCreated:Put",), kind="CloudFunction", arn="arn:aws:lambda:eu-west-1:1:function"),
        more="<EventBridgeConfiguration/>",
    )
    async with serving(tmp_path) as s3:
        await configure(s3, "filters", document)
        ok(await s3.request("PUT", "filters", "in/a.png", body=b"x"))
        ok(await s3.request("PUT", "filters", "out/a.png", body=b"x"))
        ok(await s3.request("DELETE", "filters", "in/a.png"))
        events = await bus.wait_for(8)
    counted = Counter(event.extensions.get("photontarget", "everything") for event in events)
    assert counted == {"images": 2, "removed": 1, "hook": 2, "everything": 3}


async def test_refused_writes_tell_nothing(bus: Bus, tmp_path: Path) -> None:
    async with serving(tmp_path) as s3:
        await configure(s3, "refused", configuration(rule("queue")))
        ok(await s3.request("PUT", "refused", "k", body=b"x"))
        failed = await s3.request("PUT", "refused", "k", headers={"if-none-match": "*"}, body=b"y")
        assert failed.status == 412
        wrong = await s3.request("PUT", "refused", "k2", headers={"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, body=b"y")
        assert wrong.status == 400
        ok(await s3.request("PUT", "refused", "last", body=b"x"))
        events = await bus.wait_for(2)
    assert [told(event)[2] for event in events] == ["k", "last"]


async def test_an_outage_loses_nothing(bus: Bus, tmp_path: Path) -> None:
    """Writes go on while the bus is away; the events wait on disk, across a restart, and leave when it is back."""
    async with serving(tmp_path) as s3:
        await configure(s3, "patient", configuration(rule("queue")))
        bus.is_away = True
        for number in range(20):
            ok(await s3.request("PUT", "patient", f"k{number:02d}", body=b"x"))
        assert await bus.wait_for(0) == []
    async with serving(tmp_path) as s3:
        ok(await s3.request("PUT", "patient", "k20", body=b"x"))
        bus.is_away = False
        events = await bus.wait_for(21)
    assert bus.refusals > 0
    assert [told(event)[2] for event in events] == [f"k{number:02d}" for number in range(21)]


async def test_a_full_outbox_drops_the_oldest_and_says_so(bus: Bus, tmp_path: Path) -> None:
    async with serving(tmp_path, events={"max_outbox_rows": 5}) as s3:
        await configure(s3, "bounded", configuration(rule("queue")))
        bus.is_away = True
        for number in range(30):
            ok(await s3.request("PUT", "bounded", f"k{number:02d}", body=b"x"))
        async with asyncio.timeout(ARRIVAL_SEC):
            while bus.refusals < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        bus.is_away = False
        events = await bus.wait_for(1)
        await asyncio.sleep(1)
        events = await bus.wait_for(1)
    keys = [told(event)[2] for event in events]
    assert keys == sorted(keys)
    assert "k29" in keys
    assert len(keys) < 30


async def test_lifecycle_tells_what_it_does(bus: Bus, tmp_path: Path) -> None:
    rules = (
        b"<LifecycleConfiguration><Rule><Filter><Prefix/></Filter><Status>Enabled</Status>"
        b"<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"
    )
    async with serving(tmp_path, lifecycle={"debug_day_sec": 1}) as s3:
        await configure(s3, "expiring", configuration(rule("queue", ("s3:LifecycleExpiration:*",))))
        ok(await s3.request("PUT", "expiring", query={"lifecycle": ""}, body=rules))
        ok(await s3.request("PUT", "expiring", "k", body=b"x"))
        (event,) = await bus.wait_for(1)
    assert told(event) == ("expired", "LifecycleExpiration:Delete", "k")


async def test_a_new_configuration_is_tried_out(bus: Bus, tmp_path: Path) -> None:
    async with serving(tmp_path) as s3:
        await configure(s3, "tried", configuration(rule("one"), rule("two")))
        async with asyncio.timeout(ARRIVAL_SEC):
            while len(bus.events) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    events = bus.events
    assert {event.type for event in events} == {"photon.lightningstor.test"}
    assert {event.extensions["photontarget"] for event in events} == {"one", "two"}
    assert json.loads(events[0].data)["Event"] == "s3:TestEvent"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (configuration(rule("q", ("s3:NoSuchEvent",))), "A specified event is not supported for notifications"),
        (configuration(rule("q", name="same"), rule("r", name="same")), "IDs must be unique"),
        (configuration(rule("t" * 64)), "Unable to validate the following destination configurations"),
        (configuration(rule("q", arn="arn:aws:s3:::bucket")), "The ARN could not be parsed"),
    ],
)
async def test_refused_configurations(bus: Bus, tmp_path: Path, document: bytes, message: str) -> None:
    async with serving(tmp_path) as s3:
        ok(await s3.request("PUT", "bad"))
        answer = await s3.request("PUT", "bad", query={"notification": ""}, body=document)
        assert answer.status == 400
        assert b"<Code>InvalidArgument</Code>" in answer.body
        assert message.encode() in answer.body
        found = ok(await s3.request("GET", "bad", query={"notification": ""}))
        assert b"Configuration><" not in found.body.replace(b"<NotificationConfiguration", b"")


def test_without_a_bus_only_an_empty_configuration_is_taken(start_store: Any) -> None:
    with start_store() as store:
        s3 = store.client()
        s3.create_bucket(Bucket="quiet")
        queue = {"QueueArn": "arn:photon:events:us-east-1:default:q", "Events": ["s3:ObjectCreated:*"]}
        wanted = {"Bucket": "quiet", "NotificationConfiguration": {"QueueConfigurations": [queue]}}
        with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
            s3.put_bucket_notification_configuration(**wanted)
        s3.put_bucket_notification_configuration(Bucket="quiet", NotificationConfiguration={})
        s3.put_bucket_notification_configuration(**wanted, SkipDestinationValidation=True)
        found = s3.get_bucket_notification_configuration(Bucket="quiet")
        assert found["QueueConfigurations"][0]["QueueArn"] == queue["QueueArn"]
        s3.put_object(Bucket="quiet", Key="k", Body=b"x")
        s3.put_bucket_notification_configuration(Bucket="quiet", NotificationConfiguration={})
        assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket="quiet")
