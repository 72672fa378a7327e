"""The server as a process: start, health, reload, end, and what it says when it cannot start."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from photoncloud.runtime import exit_status
from photoncloud.testkit.process import ServerProcess, StartFailed, server

ACCESS_KEY = "AKIAPROCESSPROCESS22"
SECRET_KEY = "processTestsSecretKey0123456789abcdefABC"
EXAMPLE = Path(__file__).resolve().parents[4] / "shared" / "design" / "examples" / "lightningstor-standalone.toml"


def settings(folder: Path, **tables: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "server": {},
        "storage": {"data_dir": str(folder / "data"), "min_free_bytes": 0},
        "metadata": {"path": str(folder / "meta"), "cache_size_mb": 32},
        "auth": {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
    }
    for name, table in tables.items():
        base[name] = {**base.get(name, {}), **table}
    return base


def client(process: ServerProcess, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=process.url("s3"),
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


async def call(function: Any, **arguments: Any) -> Any:
    return await asyncio.to_thread(lambda: function(**arguments))


async def test_health_says_what_the_page_promises(tmp_path: Path) -> None:
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        health = await process.health()
        assert health["status"] == "healthy"
        assert health["component"] == "lightningstor"
        assert health["checks"] == {"storage": "ok", "metadata": "ok"}
        assert health["backends"] == {"metadata": "rocksdb", "auth": "local", "events": "none", "registry": "none"}
        assert {"s3", "website", "grpc", "ops"} <= {record["listener"] for record in process.events("listening")}
        status, _, body = await process.http("s3", "/health")
        assert (status, b"NoSuchBucket" in body) == (404, True)
        _, _, metrics = await process.http("ops", "/metrics")
        assert b'lightningstor_requests_total{code="NoSuchBucket",op="ListObjects"} 1.0' in metrics
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "meta").stat().st_mode & 0o777 == 0o700


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    bodies = {
        f"key-{size}": hashlib.sha256(str(size).encode()).digest() * (size // 32) for size in (32, 65536, 400_000)
    }
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        s3 = client(process)
        await call(s3.create_bucket, Bucket="kept-bucket")
        for key, body in bodies.items():
            await call(s3.put_object, Bucket="kept-bucket", Key=key, Body=body)
        process.kill()
        await process.wait()
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        s3 = client(process)
        for key, body in bodies.items():
            found = await call(s3.get_object, Bucket="kept-bucket", Key=key)
            assert await asyncio.to_thread(found["Body"].read) == body


async def test_a_second_server_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        other = tmp_path / "other"
        other.mkdir()
        with pytest.raises(StartFailed) as refused:
            async with server("lightningstor", other, settings=settings(tmp_path)):
                pass
        assert refused.value.status == exit_status.CANNOT_CREATE
        assert str(process.pid) in str(refused.value)
        assert str(tmp_path / "meta") in str(refused.value)


async def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartFailed) as refused:
        async with server("lightningstor", tmp_path, settings=settings(tmp_path / "file")):
            pass
    assert refused.value.status == exit_status.CANNOT_CREATE


async def test_a_taken_port_names_its_holder(tmp_path: Path) -> None:
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        other = tmp_path / "other"
        other.mkdir()
        taken = settings(other, server={"s3_addr": process.address("s3")})
        with pytest.raises(StartFailed) as refused:
            async with server("lightningstor", other, settings=taken):
                pass
        assert refused.value.status == exit_status.OS_ERROR
        assert str(process.pid) in str(refused.value)


async def test_reload_of_credentials_and_names(tmp_path: Path) -> None:
    """A user is added, another loses the key; connections that stand are not disturbed."""
    credentials = tmp_path / "credentials"

    def write(user: str) -> tuple[str, str]:
        key, secret = f"AKIA{user.upper():2<16}", f"{user}-secret-".ljust(40, "x")
        credentials.write_text(
            f"[{user}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\npolicy = readwrite\n"
        )
        credentials.chmod(0o600)
        return key, secret

    first = write("first")
    tables = settings(tmp_path, auth={"credentials_file": str(credentials)})
    async with server("lightningstor", tmp_path, settings=tables) as process:
        before = client(process, *first)
        await call(before.create_bucket, Bucket="reload-bucket")
        second = write("second")
        process.signal(signal.SIGHUP)
        await process.wait_for("config_reloaded")
        await call(client(process, *second).list_buckets)
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            await call(before.list_buckets)
        credentials.write_text("nonsense")
        process.signal(signal.SIGHUP)
        await process.wait_for("config_reload_refused")
        await call(client(process, *second).list_buckets)


async def test_sigterm_lets_requests_finish(tmp_path: Path) -> None:
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        s3 = client(process)
        await call(s3.create_bucket, Bucket="drain-bucket")
        body = b"x" * 30_000_000
        upload = asyncio.create_task(call(s3.put_object, Bucket="drain-bucket", Key="k", Body=body))
        await asyncio.sleep(0.05)
        process.signal(signal.SIGTERM)
        outcome = await asyncio.gather(upload, return_exceptions=True)
        assert await process.wait() == 0
    async with server("lightningstor", tmp_path, settings=settings(tmp_path)) as process:
        listed = await call(client(process).list_objects_v2, Bucket="drain-bucket")
        assert listed["KeyCount"] == (0 if isinstance(outcome[0], BaseException) else 1)


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the design's examples are not beside the project")
async def test_the_designs_example_serves(tmp_path: Path) -> None:
    """Acceptance check 1: only the paths (and, here, the ports) are changed."""
    text = EXAMPLE.read_text().replace("/var/lib/lightningstor", str(tmp_path))
    text = text.replace("0.0.0.0:900", "127.0.0.1:0#").replace("#0", "").replace("#1", "")
    file = tmp_path / "example.toml"
    file.write_text(text)
    arguments = [
        "--config",
        str(file),
        "--set",
        "photon.ops.addr=127.0.0.1:0",
        "--set",
        "standalone.server.website_addr=",
    ]
    async with server("lightningstor", tmp_path, arguments=arguments) as process:
        health = await process.health()
        assert (health["status"], health["mode"]) == ("healthy", "standalone")
        assert health["checks"] == {"storage": "ok", "metadata": "ok"}


async def test_nothing_secret_is_logged(tmp_path: Path) -> None:
    """Signatures, tokens, secrets and customer keys stay out of every log line, at any level."""
    logging = {"levels": {"photoncloud.lightningstor": "debug", "photoncloud.lightningstor.audit": "debug"}}
    async with server(
        "lightningstor", tmp_path, settings=settings(tmp_path), photon={"logging": {"level": "debug", **logging}}
    ) as process:
        s3 = client(process)
        await call(s3.create_bucket, Bucket="secret-bucket")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "secret-bucket", "Key": "k"})
        with pytest.raises(urllib.error.HTTPError):
            await asyncio.to_thread(urllib.request.urlopen, url + "x")
        with pytest.raises(ClientError):
            await call(client(process, secret_key="wrong" * 8).list_buckets)
        text = "\n".join([*process.lines, *process.errors])
        assert "secret-bucket" in text
        for secret in (SECRET_KEY, url.rpartition("Signature=")[2]):
            assert secret not in text
