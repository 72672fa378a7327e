"""Every method of the gRPC administration, called with the committed stubs; who may call what, and from where."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from botocore.exceptions import ClientError
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from photoncloud.api.lightningstor import SERVICE, AdminClient, AdminError, photon_token
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.s3_store import ACCESS_KEY, SECRET_KEY, S3Store, store_settings
from photoncloud.testkit.tls import Authority

METHODS = tuple(method.name for method in pb.DESCRIPTOR.services_by_name["Admin"].methods)
WRITING = ("CreateBucket", "DeleteBucket", "CreateKey", "SetKeyEnabled", "DeleteKey", "StartJob")
JOB_LIMIT_SEC = 30
BLOB = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def store(start_store: Any) -> Iterator[S3Store]:
    website = {"domain": "sites.example.test", "hosts": {"shop.example.org": "shop"}}
    with start_store(server={"grpc_addr": "127.0.0.1:0"}, website=website) as running:
        yield running


@pytest.fixture(scope="module")
def s3(store: S3Store) -> Any:
    return store.client()


@pytest.fixture(scope="module")
def admin(store: S3Store) -> Iterator[AdminClient]:
    with store.admin() as client:
        yield client


def refusal(client: AdminClient, method: str, request: Any) -> AdminError:
    with pytest.raises(AdminError) as refused:
        client.call(method, request)
    return refused.value


def finished(admin: AdminClient, request: pb.StartJobRequest) -> pb.Job:
    """Start a job and wait for its end."""
    job = admin.call("StartJob", request)
    deadline = time.monotonic() + JOB_LIMIT_SEC
    while job.state == "running":
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
        job = admin.call("GetJob", pb.GetJobRequest(id=job.id))
    return job


# What each method answers.


def test_info_says_what_runs(store: S3Store, admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="info-bucket")
    s3.put_object(Bucket="info-bucket", Key="k", Body=b"12345")
    info = admin.call("GetInfo", pb.GetInfoRequest())
    assert (info.mode, info.stage, info.durability) == ("standalone", "S0", "group")
    assert dict(info.backends) == {"metadata": "rocksdb", "auth": "local", "events": "none", "registry": "none"}
    assert dict(info.features)["versioning"] is True
    assert (info.buckets, info.free_bytes > 0) == (len(s3.list_buckets()["Buckets"]), True)
    assert info.bytes >= 5
    assert info.data_dir == str(store.process.directory / "data")
    assert abs(info.started_unix_ms / 1000 - time.time()) < 600


def test_buckets_by_page_and_prefix(admin: AdminClient, s3: Any) -> None:
    for number in range(5):
        s3.create_bucket(Bucket=f"paged-{number}")
    found: list[str] = []
    after = ""
    while True:
        page = admin.call("ListBuckets", pb.ListBucketsRequest(prefix="paged-", start_after=after, limit=2))
        found += [bucket.name for bucket in page.buckets]
        if not page.truncated:
            break
        assert len(page.buckets) == 2
        after = page.buckets[-1].name
    assert found == [f"paged-{number}" for number in range(5)]


def test_a_bucket_is_made_and_removed(admin: AdminClient, s3: Any) -> None:
    made = admin.call("CreateBucket", pb.CreateBucketRequest(name="made-by-admin"))
    assert (made.name, made.account, made.versioning, made.object_lock) == ("made-by-admin", "default", "", False)
    s3.put_object(Bucket="made-by-admin", Key="key", Body=b"x")
    assert "BucketAlreadyExists" in refusal(admin, "CreateBucket", pb.CreateBucketRequest(name="made-by-admin")).message
    assert "InvalidBucketName" in refusal(admin, "CreateBucket", pb.CreateBucketRequest(name="Bad_Name")).message
    refused = refusal(admin, "DeleteBucket", pb.DeleteBucketRequest(name="made-by-admin"))
    assert (refused.code, "BucketNotEmpty" in refused.message) == ("FAILED_PRECONDITION", True)
    removed = admin.call("DeleteBucket", pb.DeleteBucketRequest(name="made-by-admin", force=True))
    assert removed.removed_versions == 1
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket="made-by-admin")
    assert refusal(admin, "DeleteBucket", pb.DeleteBucketRequest(name="made-by-admin")).code == "NOT_FOUND"


def test_force_removes_every_version_and_marker(admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="versioned-away")
    s3.put_bucket_versioning(Bucket="versioned-away", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2", BLOB):
        s3.put_object(Bucket="versioned-away", Key="key", Body=body)
    s3.delete_object(Bucket="versioned-away", Key="key")
    removed = admin.call("DeleteBucket", pb.DeleteBucketRequest(name="versioned-away", force=True))
    assert removed.removed_versions == 4


def test_usage_of_one_and_of_all(admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="counted")
    for number in range(3):
        s3.put_object(Bucket="counted", Key=f"k{number}", Body=b"x" * 100)
    s3.delete_object(Bucket="counted", Key="k0")
    (usage,) = admin.call("GetUsage", pb.GetUsageRequest(bucket="counted")).usage
    assert (usage.bucket, usage.objects, usage.bytes) == ("counted", 2, 200)
    assert usage in admin.call("GetUsage", pb.GetUsageRequest()).usage
    assert refusal(admin, "GetUsage", pb.GetUsageRequest(bucket="no-such-bucket")).code == "NOT_FOUND"


def test_the_life_of_a_key(store: S3Store, admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="key-bucket")
    made = admin.call("CreateKey", pb.CreateKeyRequest(user="reader", policy="readonly"))
    assert (made.key.user, made.key.account, made.key.enabled) == ("reader", "default", True)
    assert made.key.principal.endswith(":user/reader")
    listed = {key.id: key for key in admin.call("ListKeys", pb.ListKeysRequest()).keys}
    assert listed[made.key.id].user == "reader"
    assert made.secret not in str(listed), "a secret is shown once"
    reader = store.client(made.key.id, made.secret)
    reader.list_objects_v2(Bucket="key-bucket")
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.put_object(Bucket="key-bucket", Key="k", Body=b"x")
    off = admin.call("SetKeyEnabled", pb.SetKeyEnabledRequest(id=made.key.id, enabled=False))
    assert off.enabled is False
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        reader.list_objects_v2(Bucket="key-bucket")
    admin.call("SetKeyEnabled", pb.SetKeyEnabledRequest(id=made.key.id, enabled=True))
    reader.list_objects_v2(Bucket="key-bucket")
    admin.call("DeleteKey", pb.DeleteKeyRequest(id=made.key.id))
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        reader.list_objects_v2(Bucket="key-bucket")
    assert "InvalidAccessKeyId" in refusal(admin, "DeleteKey", pb.DeleteKeyRequest(id=made.key.id)).message


def test_keys_outlive_the_process(tmp_path: Path) -> None:
    settings = store_settings(tmp_path, server={"grpc_addr": "127.0.0.1:0"})
    with blocking_server("lightningstor", tmp_path, settings=settings) as process, S3Store(process).admin() as admin:
        made = admin.call("CreateKey", pb.CreateKeyRequest(user="lasting", policy="admin"))
    with blocking_server("lightningstor", tmp_path, settings=settings) as process:
        S3Store(process).client(made.key.id, made.secret).list_buckets()
        with S3Store(process).admin(made.key.id, made.secret) as admin:
            admin.call("GetInfo", pb.GetInfoRequest())
    for file in (tmp_path / "meta").rglob("*"):
        assert not file.is_file() or made.secret.encode() not in file.read_bytes(), file


def test_explain_names_the_statement_that_decided(store: S3Store, admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="explained")
    made = admin.call("CreateKey", pb.CreateKeyRequest(user="explained-reader", policy="readonly"))
    with pytest.raises(ClientError) as refused:
        store.client(made.key.id, made.secret).put_object(Bucket="explained", Key="k", Body=b"x")
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    explained = admin.call("Explain", pb.ExplainRequest(request_id=request_id))
    assert (explained.request_id, explained.operation, explained.code) == (request_id, "PutObject", "AccessDenied")
    assert explained.target == "PUT /explained/k"
    assert explained.principal.endswith(":user/explained-reader")
    assert any("s3:PutObject" in reason or "no statement" in reason for reason in explained.reasons), explained.reasons


def test_explain_shows_where_signatures_part(store: S3Store, admin: AdminClient) -> None:
    with pytest.raises(ClientError, match="SignatureDoesNotMatch") as refused:
        store.client(ACCESS_KEY, "wrong" * 8).list_buckets()
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    explained = admin.call("Explain", pb.ExplainRequest(request_id=request_id))
    text = "\n".join(explained.reasons)
    assert explained.code == "SignatureDoesNotMatch"
    assert "x-amz-date" in text, "the canonical request is shown"
    assert SECRET_KEY not in text
    assert refusal(admin, "Explain", pb.ExplainRequest(request_id="NO0SUCH0REQUEST0")).code == "NOT_FOUND"


def test_a_dry_run_of_lifecycle_changes_nothing(admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="dry")
    s3.put_object(Bucket="dry", Key="log/1", Body=b"x")
    s3.put_object(Bucket="dry", Key="kept", Body=b"x")
    rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket="dry", LifecycleConfiguration={"Rules": [rule]})
    assert list(admin.stream("DryRunLifecycle", pb.DryRunLifecycleRequest(bucket="dry"))) == []
    later = int(time.time() * 1000) + 5 * 86_400_000
    (action,) = admin.stream("DryRunLifecycle", pb.DryRunLifecycleRequest(bucket="dry", at_unix_ms=later))
    assert (action.action, action.key, action.rule_id) == ("expire", "log/1", "logs")
    assert action.due_unix_ms % 86_400_000 == 0
    assert s3.get_object(Bucket="dry", Key="log/1")["Body"].read() == b"x"
    with pytest.raises(AdminError, match="NOT_FOUND"):
        list(admin.stream("DryRunLifecycle", pb.DryRunLifecycleRequest(bucket="no-such-bucket")))


def test_jobs_run_and_are_remembered(store: S3Store, admin: AdminClient, s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="jobs")
    s3.put_object(Bucket="jobs", Key="blob", Body=BLOB)
    target = store.process.directory / "checkpoint-1"
    requests = [
        pb.StartJobRequest(kind="gc"),
        pb.StartJobRequest(kind="scrub", bucket="jobs"),
        pb.StartJobRequest(kind="checkpoint", directory=str(target)),
        pb.StartJobRequest(kind="usage-recount", bucket="jobs"),
    ]
    done = [finished(admin, request) for request in requests]
    assert [(job.kind, job.state, job.error) for job in done] == [(r.kind, "done", "") for r in requests]
    assert done[1].done == 1
    assert (target / "CURRENT").exists()
    listed = admin.call("ListJobs", pb.ListJobsRequest()).jobs
    assert [job.id for job in listed][:4] == [job.id for job in reversed(done)]
    assert "InvalidArgument" in refusal(admin, "StartJob", pb.StartJobRequest(kind="dance")).message
    assert refusal(admin, "StartJob", pb.StartJobRequest(kind="scrub", bucket="no-such-bucket")).code == "NOT_FOUND"
    assert refusal(admin, "GetJob", pb.GetJobRequest(id="00000000")).code == "NOT_FOUND"
    again = finished(admin, pb.StartJobRequest(kind="checkpoint", directory=str(target)))
    assert again.state == "failed"
    assert str(target) in again.error


def test_a_scrub_names_bucket_and_key(store: S3Store, admin: AdminClient, s3: Any) -> None:
    s3.create_bucket(Bucket="rotten")
    marked = b"\xa5" * 100_000
    s3.put_object(Bucket="rotten", Key="sp oiled", Body=marked)
    files = (path for path in (store.process.directory / "data" / "blobs").rglob("*") if path.is_file())
    (blob,) = [path for path in files if path.read_bytes().startswith(marked)]
    content = bytearray(blob.read_bytes())
    content[5] ^= 1
    blob.write_bytes(content)
    job = finished(admin, pb.StartJobRequest(kind="scrub", bucket="rotten"))
    assert len(job.findings) == 1
    assert "rotten/sp oiled" in job.findings[0]
    with pytest.raises(ClientError, match="InternalError"):
        s3.get_object(Bucket="rotten", Key="sp oiled")["Body"].read()


def test_websites_are_exported_for_a_dns_server(admin: AdminClient, s3: Any) -> None:
    for name in ("www.example.com", "shop", "plain"):
        s3.create_bucket(Bucket=name)
    for name in ("www.example.com", "shop"):
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    zone = admin.call("ExportWebsites", pb.ExportWebsitesRequest(format="zone", target="192.0.2.10"))
    assert zone.text.splitlines() == [
        "shop.example.org. 300 IN A 192.0.2.10",
        "shop.sites.example.test. 300 IN A 192.0.2.10",
        "www.example.com. 300 IN A 192.0.2.10",
        "www.example.com.sites.example.test. 300 IN A 192.0.2.10",
    ]
    assert zone.websites == 4
    six = admin.call("ExportWebsites", pb.ExportWebsitesRequest(target="2001:db8::1"))
    assert "shop.example.org. 300 IN AAAA 2001:db8::1" in six.text
    as_json = admin.call("ExportWebsites", pb.ExportWebsitesRequest(format="json", target="::1"))
    assert {"host": "shop.example.org", "bucket": "shop", "target": "::1"} in json.loads(as_json.text)
    assert "target" in refusal(admin, "ExportWebsites", pb.ExportWebsitesRequest(target="example.com")).message
    assert "format" in refusal(admin, "ExportWebsites", pb.ExportWebsitesRequest(format="xml", target="::1")).message


# Who may call.


def raw_call(address: str, method: str, metadata: tuple[tuple[str, str], ...]) -> grpc.StatusCode:
    """The status of an empty request."""
    with grpc.insecure_channel(address) as channel:
        try:
            call = channel.unary_unary(f"/{SERVICE}/{method}") if method != "DryRunLifecycle" else None
            if call is None:
                list(channel.unary_stream(f"/{SERVICE}/{method}")(b"", metadata=metadata, timeout=10))
            else:
                call(b"", metadata=metadata, timeout=10)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", METHODS)
def test_no_method_answers_without_a_token_that_fits_it(store: S3Store, method: str) -> None:
    address, now = store.process.address("grpc"), int(time.time())
    full = f"/{SERVICE}/{method}"
    other = f"/{SERVICE}/{'GetInfo' if method != 'GetInfo' else 'ListBuckets'}"
    tokens = {
        "missing": None,
        "not a token": "photon1.x",
        "wrong secret": photon_token(ACCESS_KEY, "wrong", full, now),
        "unknown key": photon_token("AKIAUNKNOWNUNKNOWN00", SECRET_KEY, full, now),
        "of another method": photon_token(ACCESS_KEY, SECRET_KEY, other, now),
        "too old": photon_token(ACCESS_KEY, SECRET_KEY, full, now - 16 * 60),
        "too new": photon_token(ACCESS_KEY, SECRET_KEY, full, now + 16 * 60),
    }
    for what, token in tokens.items():
        metadata = () if token is None else (("x-photon-token", token),)
        assert raw_call(address, method, metadata) == grpc.StatusCode.UNAUTHENTICATED, what


@pytest.mark.parametrize("method", METHODS)
def test_an_ordinary_user_is_no_administrator(store: S3Store, admin: AdminClient, method: str) -> None:
    user = f"user-{uuid.uuid4().hex[:8]}"
    made = admin.call("CreateKey", pb.CreateKeyRequest(user=user, policy="readwrite"))
    token = photon_token(made.key.id, made.secret, f"/{SERVICE}/{method}", int(time.time()))
    status = raw_call(store.process.address("grpc"), method, (("x-photon-token", token),))
    assert status == grpc.StatusCode.PERMISSION_DENIED


def test_a_policy_may_allow_one_method(store: S3Store, admin: AdminClient) -> None:
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "photon:lightningstor:GetInfo",'
        ' "Resource": "*"}]}'
    )
    made = admin.call("CreateKey", pb.CreateKeyRequest(user="watcher", policy=policy))
    with store.admin(made.key.id, made.secret) as watcher:
        watcher.call("GetInfo", pb.GetInfoRequest())
        assert refusal(watcher, "ListBuckets", pb.ListBucketsRequest()).code == "PERMISSION_DENIED"


def test_health_and_reflection_need_no_token(store: S3Store) -> None:
    with grpc.insecure_channel(store.process.address("grpc")) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            answer = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        (listed,) = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]), timeout=10)
    assert SERVICE in [service.name for service in listed.list_services_response.service]


# From another machine: a network namespace behind a pair of interfaces.

CALLER = """
import json, sys
from photoncloud.api.lightningstor import AdminClient, AdminError
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
address, key, secret, ca = sys.argv[1:5]
requests = {
    "GetInfo": pb.GetInfoRequest(), "ListBuckets": pb.ListBucketsRequest(), "ListKeys": pb.ListKeysRequest(),
    "CreateBucket": pb.CreateBucketRequest(name="from-afar"), "CreateKey": pb.CreateKeyRequest(user="far"),
    "DeleteBucket": pb.DeleteBucketRequest(name="from-afar"), "StartJob": pb.StartJobRequest(kind="gc"),
    "SetKeyEnabled": pb.SetKeyEnabledRequest(id="x"), "DeleteKey": pb.DeleteKeyRequest(id="x"),
}
results = {}
with AdminClient(address, key, secret, ca) as admin:
    for name, request in requests.items():
        try:
            admin.call(name, request)
            results[name] = "OK"
        except AdminError as error:
            results[name] = error.code
print(json.dumps(results))
"""
HERE, THERE = "198.51.100.1", "198.51.100.2"


@pytest.fixture(scope="module")
def another_machine() -> Iterator[str]:
    """The name of a network namespace that reaches us at HERE."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2")
    name = f"pc{uuid.uuid4().hex[:8]}"
    link, peer = f"{name}a", f"{name}b"
    commands = [
        f"ip netns add {name}",
        f"ip link add {link} type veth peer name {peer} netns {name}",
        f"ip addr add {HERE}/30 dev {link}",
        f"ip link set {link} up",
        f"ip -n {name} addr add {THERE}/30 dev {peer}",
        f"ip -n {name} link set {peer} up",
        f"ip -n {name} link set lo up",
    ]
    try:
        for command in commands:
            done = subprocess.run(command.split(), capture_output=True, text=True, timeout=10)
            if done.returncode != 0:
                pytest.skip(f"{command}: {done.stderr.strip()}")
        yield name
    finally:
        subprocess.run(["ip", "link", "del", link], capture_output=True, timeout=10)
        subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=10)


def from_there(namespace: str, port: int, ca_file: str = "") -> dict[str, str]:
    """Method → status, called from the other machine."""
    arguments = [f"{HERE}:{port}", ACCESS_KEY, SECRET_KEY, ca_file]
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", CALLER, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_changes_over_plaintext_from_another_machine_are_refused(start_store: Any, another_machine: str) -> None:
    with start_store(server={"grpc_addr": "0.0.0.0:0"}) as store:
        found = from_there(another_machine, store.process.port("grpc"))
        assert {method: found[method] for method in WRITING} == dict.fromkeys(WRITING, "PERMISSION_DENIED")
        assert {found["GetInfo"], found["ListBuckets"], found["ListKeys"]} == {"OK"}
        assert store.client().list_buckets()["Buckets"] == []


def test_an_operator_may_allow_them(start_store: Any, another_machine: str) -> None:
    with start_store(server={"grpc_addr": "0.0.0.0:0", "grpc_allow_plaintext_writes": True}) as store:
        found = from_there(another_machine, store.process.port("grpc"))
    assert found["CreateBucket"] == found["CreateKey"] == found["DeleteBucket"] == "OK"


def test_over_tls_they_are_served(start_store: Any, another_machine: str, tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue(hosts=(HERE, "127.0.0.1"))
    tls = {"grpc_addr": "0.0.0.0:0", "tls_cert_file": str(issued.cert_file), "tls_key_file": str(issued.key_file)}
    with start_store(server=tls) as store:
        found = from_there(another_machine, store.process.port("grpc"), str(issued.ca_file))
        assert found["CreateBucket"] == found["CreateKey"] == "OK"
        plain = raw_call(f"127.0.0.1:{store.process.port('grpc')}", "GetInfo", ())
        assert plain == grpc.StatusCode.UNAVAILABLE
