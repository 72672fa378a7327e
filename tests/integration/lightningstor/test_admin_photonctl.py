"""`photonctl storage` against a running store: what it shows, what it ends with, and which keys it uses."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photoncloud.testkit.process import environment
from photoncloud.testkit.s3_store import ACCESS_KEY, SECRET_KEY, S3Store

FAILED, USAGE, UNREACHABLE, FORBIDDEN = 1, 64, 69, 77
KEYS = f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"


@pytest.fixture(scope="module")
def store(start_store: Any) -> Iterator[S3Store]:
    server = {"grpc_addr": "127.0.0.1:0", "website_addr": "127.0.0.1:0"}
    with start_store(server=server, website={"domain": "localhost"}, storage={"scrub_bytes_per_sec": 0}) as running:
        yield running


@pytest.fixture(scope="module")
def s3(store: S3Store) -> Any:
    return store.client()


class Photonctl:
    """The command as a person types it, in a home of its own."""

    def __init__(self, home: Path, store: S3Store) -> None:
        self.home = home
        self.store = store
        self.credentials = home / "credentials"
        self.credentials.write_text(KEYS)

    def run(self, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "photoncloud.ctl", "storage", *words]
        return subprocess.run(
            command, cwd=self.home, env=environment(self.home, env or {}), capture_output=True, text=True, timeout=60
        )

    def here(self, *words: str) -> subprocess.CompletedProcess[str]:
        """On the store of the test."""
        address = self.store.process.address("grpc")
        return self.run(*words, "--endpoint", address, "--credentials", str(self.credentials))

    def items(self, *words: str) -> list[dict[str, Any]]:
        """The items of a command that must succeed."""
        done = self.here(*words, "-o", "json")
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout)["items"])


@pytest.fixture
def photonctl(tmp_path: Path, store: S3Store) -> Photonctl:
    return Photonctl(tmp_path, store)


def test_info_and_usage(photonctl: Photonctl, s3: Any) -> None:
    s3.create_bucket(Bucket="ctl-usage")
    s3.put_object(Bucket="ctl-usage", Key="k", Body=b"x" * 1000)
    (info,) = photonctl.items("info")
    assert (info["mode"], info["durability"], info["features"]["versioning"]) == ("standalone", "group", True)
    assert photonctl.items("usage", "ctl-usage") == [{"bucket": "ctl-usage", "objects": 1, "bytes": 1000}]
    table = photonctl.here("usage", "ctl-usage").stdout.splitlines()
    assert [line.split() for line in table] == [["BUCKET", "OBJECTS", "BYTES"], ["ctl-usage", "1", "1000"]]


def test_buckets_are_made_listed_and_removed(photonctl: Photonctl, s3: Any) -> None:
    (made,) = photonctl.items("buckets", "create", "ctl-made", "--object-lock")
    assert (made["name"], made["object_lock"], made["versioning"]) == ("ctl-made", True, "Enabled")
    assert "ctl-made" in [bucket["name"] for bucket in photonctl.items("buckets")]
    assert [bucket["name"] for bucket in photonctl.items("buckets", "list", "--prefix", "ctl-m")] == ["ctl-made"]
    asked = photonctl.here("buckets", "delete", "ctl-made")
    assert asked.returncode == USAGE
    assert "--yes" in asked.stderr
    assert photonctl.here("buckets", "delete", "ctl-made", "--yes").returncode == 0
    again = photonctl.here("buckets", "delete", "ctl-made", "--yes")
    assert again.returncode == FAILED
    assert "NoSuchBucket" in again.stderr


def test_keys(photonctl: Photonctl, store: S3Store) -> None:
    out = photonctl.home / "bob.credentials"
    (made,) = photonctl.items("keys", "create", "bob", "--policy", "readonly", "--out", str(out))
    assert "secret" not in made
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    secret = out.read_text().split()[-1]
    store.client(made["id"], secret).list_buckets()
    assert photonctl.here("keys", "create", "bob", "--out", str(out)).returncode == USAGE, "a file is never replaced"
    (off,) = photonctl.items("keys", "disable", made["id"])
    assert off["enabled"] is False
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        store.client(made["id"], secret).list_buckets()
    photonctl.items("keys", "enable", made["id"])
    assert made["id"] in [key["id"] for key in photonctl.items("keys")]
    assert photonctl.here("keys", "delete", made["id"], "--yes").returncode == 0
    assert made["id"] not in [key["id"] for key in photonctl.items("keys", "list")]


def test_a_new_secret_is_shown_once_and_never_given_as_a_flag(photonctl: Photonctl, store: S3Store) -> None:
    policy = photonctl.home / "policy.json"
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    (made,) = photonctl.items("keys", "create", "carol", "--policy-file", str(policy))
    store.client(made["id"], made["secret"]).list_buckets()
    for flag in ("--secret-key", "--access-key"):
        refused = photonctl.run("info", flag, "x")
        assert refused.returncode == USAGE
        assert "process list" in refused.stderr


def test_explain_tells_a_person_why(photonctl: Photonctl, store: S3Store, s3: Any) -> None:
    s3.create_bucket(Bucket="ctl-explain")
    with pytest.raises(ClientError) as refused:
        store.client(ACCESS_KEY, "wrong" * 8).list_objects_v2(Bucket="ctl-explain")
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]
    shown = photonctl.here("explain", request_id)
    assert shown.returncode == 0
    assert "SignatureDoesNotMatch" in shown.stdout
    assert "GET /ctl-explain" in shown.stdout
    assert SECRET_KEY not in shown.stdout
    unknown = photonctl.here("explain", "0000000000000000")
    assert (unknown.returncode, "no refusal" in unknown.stderr) == (FAILED, True)


def test_a_dry_run_at_a_time(photonctl: Photonctl, s3: Any) -> None:
    s3.create_bucket(Bucket="ctl-dry")
    s3.put_object(Bucket="ctl-dry", Key="log/1", Body=b"x")
    rule = {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket="ctl-dry", LifecycleConfiguration={"Rules": [rule]})
    assert photonctl.items("lifecycle", "dry-run", "ctl-dry") == []
    (action,) = photonctl.items("lifecycle", "dry-run", "ctl-dry", "--at", "+5d")
    assert (action["action"], action["key"], action["rule"]) == ("expire", "log/1", "logs")
    assert action["due"].endswith("T00:00:00Z")
    assert photonctl.items("lifecycle", "dry-run", "ctl-dry", "--at", "2100-01-01") == [action]
    assert photonctl.here("lifecycle", "dry-run", "ctl-dry", "--at", "tomorrow").returncode == USAGE


def test_jobs(photonctl: Photonctl, s3: Any) -> None:
    s3.create_bucket(Bucket="ctl-jobs")
    s3.put_object(Bucket="ctl-jobs", Key="blob", Body=b"\x5a" * 100_000)
    target = photonctl.store.process.directory / "ctl-checkpoint"
    assert photonctl.items("gc")[0]["state"] == "done"
    assert photonctl.items("recount", "ctl-jobs")[0]["done"] == 1
    assert photonctl.items("checkpoint", str(target))[0]["state"] == "done"
    assert (target / "CURRENT").exists()
    assert photonctl.here("checkpoint", "relative/path").returncode == USAGE
    assert photonctl.here("checkpoint", str(target)).returncode == FAILED, "it exists"
    (scrubbed,) = photonctl.items("scrub", "ctl-jobs")
    assert (scrubbed["done"], scrubbed["findings"]) == (1, [])
    assert photonctl.items("jobs")[0]["id"] == scrubbed["id"]
    assert photonctl.items("jobs", scrubbed["id"])[0]["kind"] == "scrub"
    files = (path for path in (photonctl.store.process.directory / "data" / "blobs").rglob("*") if path.is_file())
    (blob,) = [path for path in files if path.read_bytes().startswith(b"\x5a" * 1000)]
    blob.write_bytes(b"\x5b" + blob.read_bytes()[1:])
    damaged = photonctl.here("scrub", "ctl-jobs")
    assert damaged.returncode == FAILED
    assert "ctl-jobs/blob" in damaged.stderr


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "my-site"
    (folder / "css").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>welcome</h1>")
    (folder / "404.html").write_text("<h1>lost</h1>")
    (folder / "css" / "ä b.css").write_text("body {}")
    (folder / "logo.svg").write_text("<svg/>")
    return folder


def publish(photonctl: Photonctl, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    process = photonctl.store.process
    addresses = ["--s3", photonctl.store.endpoint, "--website", process.address("website")]
    return photonctl.here("publish", str(folder), *addresses, *words)


def test_publish_makes_a_website(photonctl: Photonctl, s3: Any, site: Path) -> None:
    done = publish(photonctl, site, "--error", "404.html")
    assert done.returncode == 0, done.stderr
    port = photonctl.store.process.port("website")
    assert done.stdout == f"http://my-site.localhost:{port}/\n"
    page = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Host": f"my-site.localhost:{port}"})
    with urllib.request.urlopen(page, timeout=10) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"<h1>welcome</h1>", "text/html; charset=utf-8")
    lost = urllib.request.Request(f"http://127.0.0.1:{port}/no", headers={"Host": "my-site.localhost"})
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(lost, timeout=10)
    assert missing.value.read() == b"<h1>lost</h1>"
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket="my-site")["Contents"]}
    assert keys == {"index.html", "404.html", "css/ä b.css", "logo.svg"}
    assert s3.head_object(Bucket="my-site", Key="logo.svg")["ContentType"] == "image/svg+xml; charset=utf-8"
    assert {"host": "my-site.localhost", "bucket": "my-site"} in photonctl.items("websites", "list")
    zone = photonctl.here("websites", "export", "--target", "192.0.2.10")
    assert "my-site.localhost. 300 IN A 192.0.2.10" in zone.stdout.splitlines()


def test_publish_again_sends_only_what_changed(photonctl: Photonctl, s3: Any, site: Path) -> None:
    publish(photonctl, site, "--bucket", "ctl-again")
    (site / "index.html").write_text("<h1>changed</h1>")
    (site / "logo.svg").unlink()
    dry = publish(photonctl, site, "--bucket", "ctl-again", "--delete", "--dry-run", "-o", "json")
    assert json.loads(dry.stdout)["items"][0]["removed"] == 1
    assert s3.head_object(Bucket="ctl-again", Key="logo.svg")
    done = publish(photonctl, site, "--bucket", "ctl-again", "--delete", "-o", "json")
    (row,) = json.loads(done.stdout)["items"]
    assert (row["uploaded"], row["unchanged"], row["removed"]) == (1, 2, 1)
    assert s3.get_object(Bucket="ctl-again", Key="index.html")["Body"].read() == b"<h1>changed</h1>"
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="ctl-again", Key="logo.svg")


def test_publish_leaves_a_policy_of_others_alone(photonctl: Photonctl, s3: Any, site: Path) -> None:
    s3.create_bucket(Bucket="ctl-policy")
    statement = {
        "Sid": "Own",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": "arn:aws:s3:::ctl-policy/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="ctl-policy", Policy=policy)
    done = publish(photonctl, site, "--bucket", "ctl-policy")
    assert done.returncode == 0
    assert "has a policy of its own" in done.stderr
    assert json.loads(s3.get_bucket_policy(Bucket="ctl-policy")["Policy"]) == json.loads(policy)


def test_publish_refuses_what_it_cannot_do(photonctl: Photonctl, site: Path, tmp_path: Path) -> None:
    assert publish(photonctl, tmp_path / "nothing").returncode == USAGE
    (tmp_path / "empty").mkdir()
    assert publish(photonctl, tmp_path / "empty").returncode == USAGE
    assert publish(photonctl, site, "--error", "absent.html").returncode == USAGE
    assert publish(photonctl, site, "--bucket", "Not_A_Name").returncode == FAILED


# Where it goes, and with which keys.


def test_endings(photonctl: Photonctl) -> None:
    away = photonctl.run("info", "--endpoint", "127.0.0.1:1", "--credentials", str(photonctl.credentials))
    assert (away.returncode, away.stdout) == (UNREACHABLE, "")
    keyless = photonctl.run("info", "--endpoint", photonctl.store.process.address("grpc"))
    assert keyless.returncode == FORBIDDEN
    assert "no access key" in keyless.stderr
    photonctl.credentials.write_text(KEYS.replace(SECRET_KEY, "wrong"))
    refused = photonctl.here("info")
    assert refused.returncode == FORBIDDEN
    assert SECRET_KEY not in refused.stderr
    assert "token" in refused.stderr
    migrate = photonctl.run("migrate", "--to", "chainfire")
    assert (migrate.returncode, "needs chainfire" in migrate.stderr) == (UNREACHABLE, True)


def test_keys_of_the_aws_environment(photonctl: Photonctl) -> None:
    words = ["info", "--endpoint", photonctl.store.process.address("grpc"), "-o", "name"]
    variables = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    assert photonctl.run(*words, env=variables).returncode == 0
    profile = photonctl.home / "profiles"
    profile.write_text(KEYS.replace("[default]", "[storage]"))
    found = photonctl.run(*words, env={"AWS_SHARED_CREDENTIALS_FILE": str(profile), "AWS_PROFILE": "storage"})
    assert found.returncode == 0
    (photonctl.home / ".aws").mkdir()
    (photonctl.home / ".aws" / "credentials").write_text(KEYS)
    assert photonctl.run(*words).returncode == 0


def test_the_store_of_this_machine_needs_no_flag(photonctl: Photonctl) -> None:
    """What `photonctl up` leaves: rendered addresses and keys that were made for them."""
    installation = photonctl.home / "installation"
    (installation / "config").mkdir(parents=True)
    (installation / "secrets").mkdir()
    (installation / "secrets" / "aws-credentials").write_text(KEYS)
    port = photonctl.store.process.port("grpc")
    rendered = f'[standalone.server]\ngrpc_addr = "0.0.0.0:{port}"\n'
    (installation / "config" / "lightningstor.toml").write_text(rendered)
    elsewhere = {"AWS_ACCESS_KEY_ID": "AKIAOFSOMEWHEREELSE0", "AWS_SECRET_ACCESS_KEY": "x"}
    shown = photonctl.run("info", "-o", "json", env={"PHOTONCTL_DATA_DIR": str(installation), **elsewhere})
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["items"][0]["mode"] == "standalone"
