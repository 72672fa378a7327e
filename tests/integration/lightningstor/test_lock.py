"""Object lock against a real server: what no API, no operator, no rule and no repair takes away."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photoncloud.api.lightningstor import AdminError
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.api.s3_client import S3Answer, S3Client, S3Request
from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.process import environment
from photoncloud.testkit.s3_store import ACCESS_KEY, SECRET_KEY, S3Store, store_settings

PROTECTED = "Access Denied because object protected by object lock."
BODY = bytes(range(256)) * 400
RETENTION = timedelta(days=1)


@pytest.fixture(scope="module")
def store(start_store: Any) -> Iterator[S3Store]:
    with start_store(server={"grpc_addr": "127.0.0.1:0"}) as running:
        yield running


@pytest.fixture(scope="module")
def s3(store: S3Store) -> Any:
    return store.client()


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    return "locked"


def until(days: float = 1) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def put(s3: Any, bucket: str, key: str, body: bytes = BODY, **options: Any) -> str:
    """A version with lock headers; its id."""
    return str(s3.put_object(Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm="CRC32", **options)["VersionId"])


def lock(mode: str, days: float = 1) -> dict[str, Any]:
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until(days)}


def refused(code: str, call: Any, **arguments: Any) -> str:
    """The message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])


def body_of(s3: Any, bucket: str, key: str, version: str) -> bytes:
    return bytes(s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read())


# COMPLIANCE.


def test_nobody_removes_or_weakens_compliance(s3: Any, bucket: str) -> None:
    version = put(s3, bucket, "compliance", **lock("COMPLIANCE"))
    of = {"Bucket": bucket, "Key": "compliance", "VersionId": version}
    assert refused("AccessDenied", s3.delete_object, **of) == PROTECTED
    assert refused("AccessDenied", s3.delete_object, **of, BypassGovernanceRetention=True) == PROTECTED
    for mode, days in (("COMPLIANCE", 0.5), ("GOVERNANCE", 2), ("GOVERNANCE", 0.5)):
        retention = {"Mode": mode, "RetainUntilDate": until(days)}
        for bypass in (False, True):
            message = refused(
                "AccessDenied",
                s3.put_object_retention,
                **of,
                Retention=retention,
                BypassGovernanceRetention=bypass,
            )
            assert message == PROTECTED
    refused("AccessDenied", s3.put_object_retention, **of, Retention={}, BypassGovernanceRetention=True)
    listed = s3.delete_objects(
        Bucket=bucket,
        Delete={"Objects": [{"Key": "compliance", "VersionId": version}, {"Key": "absent"}]},
        BypassGovernanceRetention=True,
    )
    assert [(error["Key"], error["Code"]) for error in listed["Errors"]] == [("compliance", "AccessDenied")]
    assert [deleted["Key"] for deleted in listed["Deleted"]] == ["absent"]
    later = {"Mode": "COMPLIANCE", "RetainUntilDate": until(3)}
    s3.put_object_retention(**of, Retention=later)
    kept = s3.get_object_retention(**of)["Retention"]
    assert abs(kept["RetainUntilDate"] - later["RetainUntilDate"]) < timedelta(seconds=1)
    assert body_of(s3, bucket, "compliance", version) == BODY


def test_markers_and_new_versions_are_always_put_on_top(s3: Any, bucket: str) -> None:
    version = put(s3, bucket, "covered", **lock("COMPLIANCE"))
    newer = put(s3, bucket, "covered", b"newer")
    s3.delete_object(Bucket=bucket, Key="covered")
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="covered")
    s3.delete_object(Bucket=bucket, Key="covered", VersionId=newer)
    assert body_of(s3, bucket, "covered", version) == BODY
    refused("AccessDenied", s3.delete_object, Bucket=bucket, Key="covered", VersionId=version)


def test_retention_ends(s3: Any, bucket: str) -> None:
    end = datetime.now(UTC) + timedelta(seconds=3)
    version = put(s3, bucket, "ends", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=end)
    refused("AccessDenied", s3.delete_object, Bucket=bucket, Key="ends", VersionId=version)
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 0.1)
    s3.delete_object(Bucket=bucket, Key="ends", VersionId=version)
    refused("NoSuchVersion", s3.get_object, Bucket=bucket, Key="ends", VersionId=version)


def test_the_operator_cannot_remove_it_either(store: S3Store, s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="operated", ObjectLockEnabledForBucket=True)
    version = put(s3, "operated", "key", **lock("COMPLIANCE"))
    refused("BucketNotEmpty", s3.delete_bucket, Bucket="operated")
    with store.admin() as admin:
        for force in (False, True):
            with pytest.raises(AdminError):
                admin.call("DeleteBucket", pb.DeleteBucketRequest(name="operated", force=force))
    credentials = tmp_path / "credentials"
    credentials.write_text(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
    flags = ["--endpoint", store.process.address("grpc"), "--credentials", str(credentials), "--yes"]
    command = [sys.executable, "-m", "photoncloud.ctl", "storage", "buckets", "delete", "operated", "--force", *flags]
    done = subprocess.run(command, env=environment(tmp_path, {}), capture_output=True, text=True, timeout=60)
    assert done.returncode == 77
    assert "object lock" in done.stderr
    assert body_of(s3, "operated", "key", version) == BODY


# GOVERNANCE and legal hold.


def test_governance_yields_to_who_may_and_says_so(store: S3Store, s3: Any, bucket: str) -> None:
    version = put(s3, bucket, "governance", **lock("GOVERNANCE"))
    of = {"Bucket": bucket, "Key": "governance", "VersionId": version}
    assert refused("AccessDenied", s3.delete_object, **of) == PROTECTED
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": "s3:BypassGovernanceRetention", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement, denied]})
    with store.admin() as admin:
        made = admin.call("CreateKey", pb.CreateKeyRequest(user="nearly", policy=policy))
    nearly = store.client(made.key.id, made.secret)
    refused("AccessDenied", nearly.delete_object, **of, BypassGovernanceRetention=True)
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": until(0.1)}
    refused("AccessDenied", s3.put_object_retention, **of, Retention=shorter)
    s3.put_object_retention(**of, Retention=shorter, BypassGovernanceRetention=True)
    s3.put_object_retention(**of, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until(2)})
    assert body_of(s3, bucket, "governance", version) == BODY
    s3.delete_object(**of, BypassGovernanceRetention=True)
    refused("NoSuchVersion", s3.get_object, **of)


def test_a_legal_hold_is_lifted_and_not_bypassed(s3: Any, bucket: str) -> None:
    version = put(s3, bucket, "hold", ObjectLockLegalHoldStatus="ON")
    of = {"Bucket": bucket, "Key": "hold", "VersionId": version}
    assert s3.head_object(**of)["ObjectLockLegalHoldStatus"] == "ON"
    assert refused("AccessDenied", s3.delete_object, **of, BypassGovernanceRetention=True) == PROTECTED
    s3.put_object_legal_hold(**of, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**of)["LegalHold"] == {"Status": "OFF"}
    s3.delete_object(**of)


def test_a_hold_outlives_retention(s3: Any, bucket: str) -> None:
    end = datetime.now(UTC) + timedelta(seconds=2)
    version = put(
        s3,
        bucket,
        "both",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=end,
        ObjectLockLegalHoldStatus="ON",
    )
    time.sleep(2.5)
    refused("AccessDenied", s3.delete_object, Bucket=bucket, Key="both", VersionId=version)
    s3.put_object_legal_hold(Bucket=bucket, Key="both", VersionId=version, LegalHold={"Status": "OFF"})
    s3.delete_object(Bucket=bucket, Key="both", VersionId=version)


# Default retention, other ways to write.


def test_default_retention_and_its_documents(s3: Any) -> None:
    s3.create_bucket(Bucket="default", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    s3.put_object_lock_configuration(Bucket="default", ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket="default")["ObjectLockConfiguration"] == configuration
    version = put(s3, "default", "key")
    head = s3.head_object(Bucket="default", Key="key")
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert abs(head["ObjectLockRetainUntilDate"] - until(2)) < timedelta(minutes=2)
    refused("AccessDenied", s3.delete_object, Bucket="default", Key="key", VersionId=version)
    own = put(s3, "default", "own", **lock("GOVERNANCE", 5))
    assert s3.head_object(Bucket="default", Key="own", VersionId=own)["ObjectLockMode"] == "GOVERNANCE"
    copied = s3.copy_object(Bucket="default", Key="copy", CopySource={"Bucket": "default", "Key": "own"})
    retention = s3.get_object_retention(Bucket="default", Key="copy", VersionId=copied["VersionId"])["Retention"]
    assert retention["Mode"] == "COMPLIANCE", "a copy gets the bucket's own, not the source's"
    upload = s3.create_multipart_upload(Bucket="default", Key="parts")["UploadId"]
    part = s3.upload_part(Bucket="default", Key="parts", UploadId=upload, PartNumber=1, Body=BODY)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = s3.complete_multipart_upload(Bucket="default", Key="parts", UploadId=upload, MultipartUpload=parts)
    refused("AccessDenied", s3.delete_object, Bucket="default", Key="parts", VersionId=done["VersionId"])


@pytest.mark.parametrize(
    ("retention", "code", "message"),
    [
        ({"Mode": "COMPLIANCE"}, "MalformedXML", ""),
        ({"Mode": "COMPLIANCE", "Days": 1, "Years": 1}, "MalformedXML", ""),
        ({"Mode": "SOMETIMES", "Days": 1}, "MalformedXML", ""),
        ({"Mode": "COMPLIANCE", "Days": 0}, "InvalidArgument", "must be a positive integer value"),
        ({"Mode": "COMPLIANCE", "Days": 36501}, "InvalidArgument", "Default retention period too large"),
        ({"Mode": "COMPLIANCE", "Years": 101}, "InvalidArgument", "Default retention period too large"),
    ],
)
def test_refused_default_retention(s3: Any, bucket: str, retention: dict[str, Any], code: str, message: str) -> None:
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    found = refused(code, s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=configuration)
    assert message in found


def test_refused_headers_and_documents(s3: Any, bucket: str) -> None:
    def attempt(code: str, **options: Any) -> str:
        return refused(code, s3.put_object, Bucket=bucket, Key="refused", Body=b"x", **options)

    both = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
    assert attempt("InvalidArgument", ObjectLockMode="COMPLIANCE", ChecksumAlgorithm="CRC32") == both
    past = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until(-1), "ChecksumAlgorithm": "CRC32"}
    assert attempt("InvalidArgument", **past) == "The retain until date must be in the future!"
    mode = {**lock("SOMETIMES"), "ChecksumAlgorithm": "CRC32"}
    assert attempt("InvalidArgument", **mode) == "Unknown wormMode directive."
    plain = put(s3, bucket, "plain")
    absent = "The specified object does not have a ObjectLock configuration"
    of = {"Bucket": bucket, "Key": "plain", "VersionId": plain}
    assert refused("NoSuchObjectLockConfiguration", s3.get_object_retention, **of) == absent
    assert refused("NoSuchObjectLockConfiguration", s3.get_object_legal_hold, **of) == absent


def test_lock_headers_need_a_digest(store: S3Store, s3: Any, bucket: str) -> None:
    """boto3 sends checksums by itself; without one the request is refused, with Content-MD5 it is taken."""
    bare = store.client(request_checksum_calculation="when_required")
    message = refused("InvalidRequest", bare.put_object, Bucket=bucket, Key="bare", Body=b"x", **lock("GOVERNANCE"))
    assert message == (
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
    )
    md5 = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    bare.put_object(Bucket=bucket, Key="bare", Body=b"x", ContentMD5=md5, **lock("GOVERNANCE"))


def test_a_bucket_without_lock(s3: Any) -> None:
    s3.create_bucket(Bucket="unlocked")
    missing = "Bucket is missing Object Lock Configuration"
    options = {**lock("COMPLIANCE"), "ChecksumAlgorithm": "CRC32"}
    assert refused("InvalidRequest", s3.put_object, Bucket="unlocked", Key="k", Body=b"x", **options) == missing
    s3.put_object(Bucket="unlocked", Key="k", Body=b"x")
    assert refused("InvalidRequest", s3.get_object_retention, Bucket="unlocked", Key="k") == missing
    hold = {"Bucket": "unlocked", "Key": "k", "LegalHold": {"Status": "ON"}}
    assert refused("InvalidRequest", s3.put_object_legal_hold, **hold) == missing
    refused("ObjectLockConfigurationNotFoundError", s3.get_object_lock_configuration, Bucket="unlocked")


def test_lock_and_versioning_go_together(s3: Any, bucket: str) -> None:
    suspend = {"Bucket": bucket, "VersioningConfiguration": {"Status": "Suspended"}}
    assert "the versioning state cannot be changed" in refused(
        "InvalidBucketState", s3.put_bucket_versioning, **suspend
    )
    s3.create_bucket(Bucket="later")
    configuration = {"Bucket": "later", "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
    found = refused("InvalidBucketState", s3.put_object_lock_configuration, **configuration)
    assert found == "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
    s3.put_bucket_versioning(Bucket="later", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(**configuration)
    put(s3, "later", "k", **lock("GOVERNANCE"))


# A store whose features, server and clock change.


class Restarting:
    """One store, started again and again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, **tables: Any) -> Any:
        return blocking_server("lightningstor", self.folder, settings=store_settings(self.folder, **tables))

    def fsck(self, *words: str) -> subprocess.CompletedProcess[str]:
        file = ["--config-only", "--config", str(self.folder / "server.toml")]
        command = [sys.executable, "-m", "photoncloud.lightningstor", "fsck", *words, *file]
        return subprocess.run(command, env=environment(self.folder, {}), capture_output=True, text=True, timeout=100)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Restarting, str]:
    """A store with a COMPLIANCE version below a newer one, and its id; the server is stopped."""
    restarting = Restarting(tmp_path)
    with restarting.start() as process:
        s3 = S3Store(process).client()
        s3.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
        version = put(s3, "kept", "key", **lock("COMPLIANCE"))
        put(s3, "kept", "key", b"newer")
        s3.delete_object(Bucket="kept", Key="key")
    return restarting, version


def test_it_survives_repairs(kept: tuple[Restarting, str]) -> None:
    restarting, version = kept
    repaired = restarting.fsck("--deep", "--repair", "--set", "standalone.storage.orphan_age_sec=0")
    assert repaired.returncode == 0, repaired.stdout + repaired.stderr
    with restarting.start() as process:
        s3 = S3Store(process).client()
        assert body_of(s3, "kept", "key", version) == BODY
        refused("AccessDenied", s3.delete_object, Bucket="kept", Key="key", VersionId=version)


def test_a_switched_off_feature_keeps_every_promise(kept: tuple[Restarting, str]) -> None:
    restarting, version = kept
    for features in ({"versioning": False}, {"object_lock": False}):
        with restarting.start(features=features) as process:
            s3 = S3Store(process).client()
            assert body_of(s3, "kept", "key", version) == BODY
            bypass = {"BypassGovernanceRetention": True}
            refused("AccessDenied", s3.delete_object, Bucket="kept", Key="key", VersionId=version, **bypass)
            put(s3, "kept", "other", b"x")
            assert "VersionId" in s3.head_object(Bucket="kept", Key="other")


class Elsewhen:
    """Requests to a server whose clock differs from ours, signed by its clock."""

    def __init__(self, address: str, offset: timedelta) -> None:
        self._client = S3Client(f"http://{address}", ACCESS_KEY, SECRET_KEY)
        self._offset_sec = offset.total_seconds()

    def __call__(self, method: str, bucket: str, key: str = "", body: bytes = b"", **query: str) -> S3Answer:
        request = S3Request(method, bucket, key, query, {}, body)
        client = self._client
        fields = client.signer.headers(request, client.host, time.time() + self._offset_sec)
        target = request.path + (f"?{request.query_text()}" if query else "")
        return client.send(request, target, fields)


@contextlib.contextmanager
def at_another_time(configuration: Path, offset: timedelta) -> Iterator[Elsewhen]:
    """A server whose wall clock is `offset` away from ours."""
    program = [sys.executable, "-m", "photoncloud.lightningstor", "--config-only", "--config", str(configuration)]
    process = subprocess.Popen(
        ["faketime", "-f", f"{offset.total_seconds():+.0f}", *program],
        env=environment(configuration.parent, {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    address, said = "", []
    try:
        for line in process.stdout:
            said.append(line)
            record = json.loads(line) if line.startswith("{") else {}
            if record.get("event") == "listening" and record["listener"] == "s3":
                address = record["addr"]
            if record.get("event") == "ready":
                break
        assert address, "".join(said)
        yield Elsewhen(address, offset)
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # faketime stands before the server
        process.communicate(timeout=30)


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_a_clock_set_back_ten_years(kept: tuple[Restarting, str]) -> None:
    """Once records of a later day exist, an earlier clock is wrong: nothing under lock goes, lifecycle rests."""
    restarting, version = kept
    configuration = restarting.folder / "server.toml"
    configuration.write_text(configuration.read_text() + "\n[standalone.lifecycle]\ndebug_day_sec = 1\n")
    later, back = timedelta(days=3), timedelta(days=-3650)
    rules = b"<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"
    document = b"<LifecycleConfiguration><Rule><Prefix/><Status>Enabled</Status>%b</Rule></LifecycleConfiguration>"
    with at_another_time(configuration, later) as ask:
        assert ask("PUT", "kept", "of-later", b"x").status == 200
    with at_another_time(configuration, back) as ask:
        assert ask("PUT", "kept", body=document % rules, lifecycle="").status == 200
        refusal = ask("DELETE", "kept", "key", versionId=version)
        assert (refusal.status, refusal.code, refusal.text("Message")) == (403, "AccessDenied", PROTECTED)
        time.sleep(3)
        assert ask("GET", "kept", "key", versionId=version).body == BODY
        assert ask("DELETE", "kept", lifecycle="").status == 204
    with at_another_time(configuration, later) as ask:
        assert ask("GET", "kept", "key", versionId=version).body == BODY
        assert ask("DELETE", "kept", "key", versionId=version).status == 204
