"""Lifecycle with days of two seconds: what a dry run predicts happens, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photoncloud.api.lightningstor import AdminClient
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.s3_store import S3Store, store_settings

DAY_SEC = 2
LIMIT_SEC = 60
QUIET_SEC = 3 * DAY_SEC
"""Longer than a day and a walk: what has not happened by then does not happen."""


@pytest.fixture(scope="module")
def store(start_store: Any) -> Iterator[S3Store]:
    server = {"grpc_addr": "127.0.0.1:0"}
    with start_store(server=server, lifecycle={"debug_day_sec": DAY_SEC}) as running:
        yield running


@pytest.fixture(scope="module")
def s3(store: S3Store) -> Any:
    return store.client()


@pytest.fixture(scope="module")
def admin(store: S3Store) -> Iterator[AdminClient]:
    with store.admin() as client:
        yield client


def rule(name: str, prefix: str | None = "", **parts: Any) -> dict[str, Any]:
    """An enabled rule; without prefix the filter is among the parts."""
    filtered = {} if prefix is None else {"Filter": {"Prefix": prefix}}
    return {"ID": name, "Status": "Enabled", **filtered, **parts}


def set_rules(s3: Any, bucket: str, *rules: dict[str, Any]) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it does."""
    deadline = time.monotonic() + LIMIT_SEC
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def keys(s3: Any, bucket: str) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def versions(s3: Any, bucket: str) -> list[tuple[str, str, bool]]:
    """(key, version id, whether it is a delete marker), as listed."""
    page = s3.list_object_versions(Bucket=bucket)
    objects = [(item["Key"], item["VersionId"], False) for item in page.get("Versions", [])]
    return objects + [(item["Key"], item["VersionId"], True) for item in page.get("DeleteMarkers", [])]


def versioned(s3: Any, bucket: str, *, lock: bool = False) -> None:
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=lock)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def predicted(admin: AdminClient, bucket: str, days: int) -> list[tuple[str, str, str, str]]:
    """What a dry run says happens within so many days: (action, key, version, rule)."""
    at = int((time.time() + days * DAY_SEC) * 1000)
    found = admin.stream("DryRunLifecycle", pb.DryRunLifecycleRequest(bucket=bucket, at_unix_ms=at))
    return sorted((action.action, action.key, action.version_id, action.rule_id) for action in found)


# What goes.


def test_objects_expire_as_predicted(s3: Any, admin: AdminClient) -> None:
    s3.create_bucket(Bucket="expire")
    for key in ("log/1", "log/2", "kept"):
        s3.put_object(Bucket="expire", Key=key, Body=b"x" * 70_000)
    set_rules(s3, "expire", rule("logs", "log/", Expiration={"Days": 1}))
    assert predicted(admin, "expire", 3) == [("expire", "log/1", "", "logs"), ("expire", "log/2", "", "logs")]
    eventually(lambda: keys(s3, "expire") == ["kept"])
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="expire", Key="log/1")
    assert predicted(admin, "expire", 30) == []


def test_the_date_of_expiry_is_told(s3: Any) -> None:
    s3.create_bucket(Bucket="told")
    set_rules(s3, "told", rule("a rule", "soon/", Expiration={"Days": 1000}))
    put = s3.put_object(Bucket="told", Key="soon/1", Body=b"x")
    expected = 'rule-id="a+rule"'
    assert expected in put["Expiration"]
    for answer in (s3.head_object(Bucket="told", Key="soon/1"), s3.get_object(Bucket="told", Key="soon/1")):
        assert answer["Expiration"] == put["Expiration"]
    text = put["Expiration"].partition('expiry-date="')[2].partition('"')[0]
    when = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert timedelta(0) <= when - datetime.now(UTC) - timedelta(seconds=1000 * DAY_SEC - 60) < timedelta(minutes=2)
    assert int(when.timestamp()) % DAY_SEC == 0, "rounded up to a day"
    s3.put_object(Bucket="told", Key="kept", Body=b"x")
    assert "Expiration" not in s3.head_object(Bucket="told", Key="kept")
    upload = s3.create_multipart_upload(Bucket="told", Key="soon/2")
    assert "AbortDate" not in upload


def test_filters_by_tag_and_size(s3: Any) -> None:
    s3.create_bucket(Bucket="filters")
    sizes = {"small": 10, "medium": 500, "large": 5000}
    for key, size in sizes.items():
        s3.put_object(Bucket="filters", Key=key, Body=b"x" * size)
        s3.put_object(Bucket="filters", Key=f"tagged-{key}", Body=b"x" * size, Tagging="class=temp&other=1")
    both = {"And": {"Prefix": "tagged-", "Tags": [{"Key": "class", "Value": "temp"}], "ObjectSizeGreaterThan": 100}}
    between = {"And": {"ObjectSizeGreaterThan": 100, "ObjectSizeLessThan": 1000}}
    expires = {"Expiration": {"Days": 1}}
    set_rules(
        s3, "filters", rule("both", None, Filter=both, **expires), rule("between", None, Filter=between, **expires)
    )
    eventually(lambda: keys(s3, "filters") == ["large", "small", "tagged-small"])
    time.sleep(QUIET_SEC)
    assert keys(s3, "filters") == ["large", "small", "tagged-small"]


def test_a_date_in_the_past_is_due_at_once(s3: Any) -> None:
    s3.create_bucket(Bucket="dated")
    s3.put_object(Bucket="dated", Key="old", Body=b"x")
    set_rules(s3, "dated", rule("date", "", Expiration={"Date": datetime(2020, 1, 1, tzinfo=UTC)}))
    eventually(lambda: keys(s3, "dated") == [])
    set_rules(s3, "dated", rule("date", "", Expiration={"Date": datetime(2100, 1, 1, tzinfo=UTC)}))
    s3.put_object(Bucket="dated", Key="young", Body=b"x")
    time.sleep(QUIET_SEC)
    assert keys(s3, "dated") == ["young"]


def test_a_disabled_rule_does_nothing(s3: Any) -> None:
    s3.create_bucket(Bucket="disabled")
    s3.put_object(Bucket="disabled", Key="k", Body=b"x")
    set_rules(s3, "disabled", {**rule("off", "", Expiration={"Days": 1}), "Status": "Disabled"})
    time.sleep(QUIET_SEC)
    assert keys(s3, "disabled") == ["k"]


def test_a_rewrite_starts_the_clock_again(s3: Any) -> None:
    s3.create_bucket(Bucket="rewritten")
    set_rules(s3, "rewritten", rule("all", "", Expiration={"Days": 2}))
    deadline = time.monotonic() + 5 * DAY_SEC
    while time.monotonic() < deadline:
        s3.put_object(Bucket="rewritten", Key="busy", Body=b"x")
        time.sleep(DAY_SEC / 2)
        assert keys(s3, "rewritten") == ["busy"]
    eventually(lambda: keys(s3, "rewritten") == [])


# Versions.


def test_versions_get_a_marker_and_go_later(s3: Any, admin: AdminClient) -> None:
    versioned(s3, "versions")
    for body in (b"1", b"2"):
        s3.put_object(Bucket="versions", Key="k", Body=body)
    everything = rule("all", "", Expiration={"Days": 1}, NoncurrentVersionExpiration={"NoncurrentDays": 1})
    set_rules(s3, "versions", everything)
    foretold = predicted(admin, "versions", 3)
    assert [(action, key) for action, key, _, _ in foretold] == [("add-marker", "k"), ("expire-noncurrent", "k")]
    eventually(lambda: keys(s3, "versions") == [])
    eventually(lambda: [marker for _, _, marker in versions(s3, "versions")] == [True] or not versions(s3, "versions"))
    eventually(lambda: versions(s3, "versions") == [])


def test_a_lone_marker_goes_with_its_own_rule(s3: Any) -> None:
    versioned(s3, "markers")
    marker = s3.delete_object(Bucket="markers", Key="alone")["VersionId"]
    s3.put_object(Bucket="markers", Key="covered", Body=b"x")
    s3.delete_object(Bucket="markers", Key="covered")
    assert ("alone", marker, True) in versions(s3, "markers")
    set_rules(s3, "markers", rule("markers", "", Expiration={"ExpiredObjectDeleteMarker": True}))
    eventually(lambda: "alone" not in [key for key, _, _ in versions(s3, "markers")])
    time.sleep(QUIET_SEC)
    assert len(versions(s3, "markers")) == 2, "a marker that covers a version stays"


def test_the_newest_noncurrent_versions_are_kept(s3: Any) -> None:
    versioned(s3, "newest")
    ids = [s3.put_object(Bucket="newest", Key="k", Body=b"x" * n)["VersionId"] for n in range(6)]
    newest = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}
    set_rules(s3, "newest", rule("keep two", "", NoncurrentVersionExpiration=newest))
    eventually(lambda: len(versions(s3, "newest")) == 3)
    time.sleep(QUIET_SEC)
    assert [version for _, version, _ in versions(s3, "newest")] == ids[:2:-1]


def test_suspended_buckets(s3: Any) -> None:
    versioned(s3, "suspended")
    kept = s3.put_object(Bucket="suspended", Key="k", Body=b"1")["VersionId"]
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="suspended", Key="k", Body=b"2")
    set_rules(s3, "suspended", rule("all", "", Expiration={"Days": 1}))
    eventually(lambda: keys(s3, "suspended") == [])
    assert sorted(versions(s3, "suspended")) == sorted([("k", kept, False), ("k", "null", True)])


def test_uploads_are_aborted(s3: Any, admin: AdminClient) -> None:
    s3.create_bucket(Bucket="uploads")
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    set_rules(s3, "uploads", rule("abort", "tmp/", **abort))
    begun = s3.create_multipart_upload(Bucket="uploads", Key="tmp/1")
    assert begun["AbortRuleId"] == "abort"
    assert begun["AbortDate"].timestamp() % DAY_SEC == 0
    kept = s3.create_multipart_upload(Bucket="uploads", Key="kept")["UploadId"]
    part = {"Bucket": "uploads", "Key": "tmp/1", "UploadId": begun["UploadId"], "PartNumber": 1}
    s3.upload_part(**part, Body=b"x" * 100_000)
    assert predicted(admin, "uploads", 3) == [("abort-upload", "tmp/1", "", "abort")]

    def left() -> list[str]:
        return [item["UploadId"] for item in s3.list_multipart_uploads(Bucket="uploads").get("Uploads", [])]

    eventually(lambda: left() == [kept])
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.upload_part(**part, Body=b"late")


def test_locks_win(s3: Any) -> None:
    """COMPLIANCE, GOVERNANCE and a legal hold: lifecycle puts markers on top and takes nothing away."""
    versioned(s3, "locked", lock=True)
    until = datetime.now(UTC) + timedelta(days=1)
    s3.put_object(Bucket="locked", Key="free", Body=b"1")
    for key, options in (
        ("compliance", {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}),
        ("governance", {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}),
        ("hold", {"ObjectLockLegalHoldStatus": "ON"}),
    ):
        s3.put_object(Bucket="locked", Key=key, Body=b"1", ChecksumAlgorithm="SHA256", **options)
    everything = rule("all", "", Expiration={"Days": 1}, NoncurrentVersionExpiration={"NoncurrentDays": 1})
    set_rules(s3, "locked", everything)
    eventually(lambda: keys(s3, "locked") == [] and not [v for v in versions(s3, "locked") if v[0] == "free"])
    time.sleep(QUIET_SEC)
    assert {key for key, _, marker in versions(s3, "locked") if not marker} == {"compliance", "governance", "hold"}


# What is refused.


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([rule("t", "", Transitions=[{"Days": 1, "StorageClass": "GLACIER"}])], "NotImplemented"),
        ([rule("n", "", NoncurrentVersionTransitions=[{"NoncurrentDays": 1, "StorageClass": "GLACIER"}])], "NotImplem"),
        ([rule("same", "a", Expiration={"Days": 1}), rule("same", "b", Expiration={"Days": 1})], "InvalidArgument"),
        ([rule("zero", "", Expiration={"Days": 0})], "InvalidArgument"),
        ([rule("both", "", Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})], "MalformedXML"),
        ([rule("nothing", "")], "InvalidRequest"),
        ([rule("i" * 256, "", Expiration={"Days": 1})], "InvalidArgument"),
        ([rule("noon", "", Expiration={"Date": datetime(2030, 1, 1, 12, tzinfo=UTC)})], "InvalidArgument"),
        (
            [
                rule(
                    "abort",
                    None,
                    Filter={"Tag": {"Key": "a", "Value": "b"}},
                    AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1},
                )
            ],
            "InvalidRequest",
        ),
        ([rule(f"r{number}", f"p{number}", Expiration={"Days": 1}) for number in range(1001)], "MalformedXML"),
    ],
    ids=["transition", "noncurrent-transition", "same-id", "zero", "both", "nothing", "long-id", "noon", "tag", "1001"],
)
def test_refused_rules(s3: Any, rules: list[dict[str, Any]], code: str) -> None:
    if "refused" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="refused")
    with pytest.raises(ClientError, match=code):
        set_rules(s3, "refused", *rules)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="refused")


def test_rules_without_id_get_different_ones(s3: Any) -> None:
    s3.create_bucket(Bucket="nameless")
    rules = [{"Status": "Enabled", "Filter": {"Prefix": p}, "Expiration": {"Days": 9}} for p in ("a", "b")]
    set_rules(s3, "nameless", *rules)
    names = [found["ID"] for found in s3.get_bucket_lifecycle_configuration(Bucket="nameless")["Rules"]]
    assert len(set(names)) == 2
    assert all(names)
    again = [found["ID"] for found in s3.get_bucket_lifecycle_configuration(Bucket="nameless")["Rules"]]
    assert again == names, "an id is made once"


def test_switched_off_it_keeps_what_was_configured_and_sleeps(tmp_path: Path) -> None:
    fast = {"lifecycle": {"debug_day_sec": DAY_SEC}}
    on, off = (store_settings(tmp_path, features={"lifecycle": is_on}, **fast) for is_on in (True, False))
    with blocking_server("lightningstor", tmp_path, settings=on) as process:
        s3 = S3Store(process).client()
        s3.create_bucket(Bucket="sleepy")
        set_rules(s3, "sleepy", rule("all", "x/", Expiration={"Days": 1}))
        assert process.events("lifecycle_day_is_not_a_day")[0]["debug_day_sec"] == DAY_SEC
    with blocking_server("lightningstor", tmp_path, settings=off) as process:
        s3 = S3Store(process).client()
        s3.put_object(Bucket="sleepy", Key="x/1", Body=b"x")
        assert "Expiration" not in s3.head_object(Bucket="sleepy", Key="x/1")
        with pytest.raises(ClientError, match="NotImplemented"):
            set_rules(s3, "sleepy", rule("all", "x/", Expiration={"Days": 1}))
        assert s3.get_bucket_lifecycle_configuration(Bucket="sleepy")["Rules"][0]["ID"] == "all"
        time.sleep(QUIET_SEC)
        assert keys(s3, "sleepy") == ["x/1"]
        s3.delete_bucket_lifecycle(Bucket="sleepy")
        with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
            s3.get_bucket_lifecycle_configuration(Bucket="sleepy")
        s3.delete_bucket_lifecycle(Bucket="sleepy")
