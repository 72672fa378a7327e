"""Python SDKs at their default settings, over HTTP and HTTPS: boto3 with and without CRT, fsspec, pyarrow, DuckDB."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

ACCESS_KEY = "AKIATESTTESTTESTTEST"
SECRET_KEY = "clientTestsSecretKey0123456789abcdefABCD"
Run = Callable[..., str]
ROOT = Path(__file__).resolve().parents[4]
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
MIB = 2**20
SIZES = (0, 1, 65_535, 65_536, 65_537, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 100 * MIB)

needs_peers = pytest.mark.skipif(not PEERS_PYTHON.exists(), reason="the environment of peers is not installed")


def client(endpoint: str, authority: Path) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        verify=str(authority),
    )


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", SIZES)
def test_boto3_transfers_every_size(endpoint: str, store: Any, bucket: str, tmp_path: Path, size: int) -> None:
    s3 = client(endpoint, store.authority_file)
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(random.randbytes(size))
    s3.upload_file(str(sent), bucket, "object")
    s3.download_file(bucket, "object", str(received))
    assert digest(sent) == digest(received)
    assert s3.head_object(Bucket=bucket, Key="object")["ContentLength"] == size


CRT = """
import sys, botocore.session
from s3transfer.crt import BotocoreCRTCredentialsWrapper, BotocoreCRTRequestSerializer, CRTTransferManager
from s3transfer.crt import create_s3_crt_client
endpoint, authority, bucket, sent, received = sys.argv[1:]
session = botocore.session.get_session()
provider = BotocoreCRTCredentialsWrapper(session.get_credentials()).to_crt_credentials_provider()
serializer = BotocoreCRTRequestSerializer(session, {"region_name": "us-east-1", "endpoint_url": endpoint})
crt = create_s3_crt_client("us-east-1", provider, use_ssl=endpoint.startswith("https"), verify=authority)
with CRTTransferManager(crt, serializer) as manager:
    manager.upload(sent, bucket, "object").result()
    manager.download(bucket, "object", received).result()
"""


def test_crt_transfer(endpoint: str, store: Any, bucket: str, run: Run, tmp_path: Path) -> None:
    """The CRT engine under its own manager: boto3's wrapper of it takes neither an endpoint nor an authority."""
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.write_bytes(random.randbytes(40 * MIB))
    address = endpoint.replace("localhost", "127.0.0.1")
    run(sys.executable, "-c", CRT, address, str(store.authority_file), bucket, str(sent), str(received))
    assert digest(sent) == digest(received)


AWKWARD_KEYS = (
    "space key",
    "plus+key",
    "per%2Fcent",
    "a//b",
    "../up",
    "./here",
    "tilde~",
    "star*",
    "emoji-\N{PILE OF POO}",
    "nfc-\u00e9",
    "nfd-e\u0301",
    "foo",
    "foo/",
    "foo/bar",
    "x" * 1024,
    "quote'\"<&>",
    "semi;colon:at@",
)


def test_every_key_is_its_own(endpoint: str, store: Any, bucket: str) -> None:
    """Put, get, list, copy, presign and delete of keys that other stores mix up."""
    s3 = client(endpoint, store.authority_file)
    for key in AWKWARD_KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    listed = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(AWKWARD_KEYS, key=str.encode)
    for key in AWKWARD_KEYS:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
        target = f"copy/{key}"[:1024]
        s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
        assert s3.get_object(Bucket=bucket, Key=target)["Body"].read() == key.encode()
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in AWKWARD_KEYS]})
    left = {each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert not left & set(AWKWARD_KEYS)
    with pytest.raises(s3.exceptions.ClientError, match="KeyTooLongError"):
        s3.put_object(Bucket=bucket, Key="x" * 1025, Body=b"")


FSSPEC = """
import s3fs, pyarrow as pa, pyarrow.dataset as ds, duckdb, sys
endpoint, bucket, authority = sys.argv[1:]
options = dict(endpoint_url=endpoint, client_kwargs={"region_name": "us-east-1", "verify": authority})
fs = s3fs.S3FileSystem(**options)
with fs.open(f"{bucket}/note", "wb") as file:
    file.write(b"hello" * 3_000_000)
assert fs.info(f"{bucket}/note")["size"] == 15_000_000
with fs.open(f"{bucket}/note", "rb") as file:
    file.seek(7_000_000)
    assert file.read(5) == b"hello"
table = pa.table({"year": [2024, 2025] * 5000, "value": list(range(10_000))})
ds.write_dataset(table, f"{bucket}/data", filesystem=fs, format="parquet",
                 partitioning=ds.partitioning(pa.schema([("year", pa.int64())]), flavor="hive"))
read = ds.dataset(f"{bucket}/data", filesystem=fs, format="parquet", partitioning="hive").to_table()
assert read.num_rows == 10_000
duckdb.register_filesystem(fs)
query = f"select count(*) from read_parquet('s3://{bucket}/data/*/*.parquet', hive_partitioning=true)"
assert duckdb.execute(query).fetchall() == [(10_000,)]
fs.rm(f"{bucket}/data", recursive=True)
assert fs.ls(bucket) == [f"{bucket}/note"]
"""

PYARROW = """
import sys, pyarrow as pa, pyarrow.fs as pafs, pyarrow.parquet as pq
endpoint, bucket, authority = sys.argv[1:]
scheme, _, address = endpoint.partition("://")
fs = pafs.S3FileSystem(endpoint_override=address, scheme=scheme, region="us-east-1", tls_ca_file_path=authority)
table = pa.table({"value": list(range(50_000))})
pq.write_table(table, f"{bucket}/folder/one.parquet", filesystem=fs)
assert pq.read_table(f"{bucket}/folder/one.parquet", filesystem=fs).equals(table)
names = [info.path for info in fs.get_file_info(pafs.FileSelector(bucket, recursive=True))]
assert f"{bucket}/folder/one.parquet" in names, names
fs.delete_dir(f"{bucket}/folder")
"""


@needs_peers
def test_fsspec_pyarrow_and_duckdb_share_a_data_set(endpoint: str, store: Any, bucket: str, run: Run) -> None:
    run(str(PEERS_PYTHON), "-c", FSSPEC, endpoint, bucket, str(store.authority_file))


@needs_peers
def test_pyarrows_own_file_system(endpoint: str, store: Any, bucket: str, run: Run) -> None:
    run(str(PEERS_PYTHON), "-c", PYARROW, endpoint, bucket, str(store.authority_file))
