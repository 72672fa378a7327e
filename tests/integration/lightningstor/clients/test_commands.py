"""Command-line clients at their default settings: what people really run."""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

ACCESS_KEY = "AKIATESTTESTTESTTEST"
SECRET_KEY = "clientTestsSecretKey0123456789abcdefABCD"
Run = Callable[..., str]
Store = Any

ROOT = Path(__file__).resolve().parents[4]
AWS_V1 = str(ROOT / ".venv" / "bin" / "aws")
AWS_V2 = "/usr/bin/aws"
RCLONE = str(ROOT / ".venv-peers" / "bin" / "rclone")
FILES = 1000
AGE_SEC = 3600
"""Files are as old as people's files are: S3 tells times in whole seconds, so a file that is uploaded within the second
it was written in looks newer than its object, and `sync` sends it again, at Amazon too."""


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def make_tree(folder: Path, files: int) -> None:
    """Small files in nested directories, with names that need escaping, and one larger than a multipart threshold."""
    draw = random.Random(1)
    for number in range(files):
        where = folder / f"d{number % 7}" / f"sub {number % 3}"
        where.mkdir(parents=True, exist_ok=True)
        name = ("plain", "with space", "plus+sign", "ünïcode", "per%cent", "tilde~")[number % 6]
        (where / f"{name}-{number}.txt").write_bytes(draw.randbytes(draw.randint(0, 3000)))
    (folder / "large.bin").write_bytes(draw.randbytes(20 * 2**20))
    written = time.time() - AGE_SEC
    for path in folder.rglob("*"):
        os.utime(path, (written, written))


def same_tree(left: Path, right: Path) -> bool:
    compared = filecmp.dircmp(left, right)
    return _same(compared)


def _same(compared: filecmp.dircmp[str]) -> bool:
    if compared.left_only or compared.right_only or compared.funny_files:
        return False
    _, different, errors = filecmp.cmpfiles(compared.left, compared.right, compared.common_files, shallow=False)
    return not different and not errors and all(_same(below) for below in compared.subdirs.values())


@pytest.mark.parametrize("aws", [pytest.param(AWS_V1, id="v1"), pytest.param(AWS_V2, id="v2", marks=needs(AWS_V2))])
def test_aws_sync_there_and_back(aws: str, endpoint: str, bucket: str, run: Run, tmp_path: Path) -> None:
    """A second sync transfers nothing: sizes and times must survive."""
    files = FILES if aws == AWS_V1 else 100
    here, back = tmp_path / "here", tmp_path / "back"
    make_tree(here, files)
    command = (aws, "--endpoint-url", endpoint, "s3", "sync", "--no-progress")
    assert run(*command, str(here), f"s3://{bucket}").count("upload:") == files + 1
    assert run(*command, str(here), f"s3://{bucket}") == ""
    run(*command, f"s3://{bucket}", str(back))
    assert same_tree(here, back)


@needs(AWS_V2)
def test_aws_v2_copies_moves_lists_presigns_and_removes(store: Store, bucket: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    s3 = (AWS_V2, "--endpoint-url", store.http, "s3")
    run(*s3, "cp", str(tmp_path / "note.txt"), f"s3://{bucket}/a/note.txt")
    run(*s3, "mv", f"s3://{bucket}/a/note.txt", f"s3://{bucket}/b/moved note.txt")
    assert "PRE b/" in run(*s3, "ls", f"s3://{bucket}/")
    assert run(*s3, "cp", f"s3://{bucket}/b/moved note.txt", "-") == "hello"
    url = run(*s3, "presign", f"s3://{bucket}/b/moved note.txt").strip()
    assert run("curl", "-sf", url) == "hello"
    run(*s3, "rm", "--recursive", f"s3://{bucket}/")
    assert run(*s3, "ls", "--recursive", f"s3://{bucket}/", "--summarize").split()[2] == "0"


@needs("s3cmd")
def test_s3cmd_sync_with_deletion(store: Store, bucket: str, run: Run, tmp_path: Path) -> None:
    here, back = tmp_path / "here", tmp_path / "back"
    make_tree(here, 60)
    back.mkdir()
    address = store.http.removeprefix("http://")
    options = (f"--host={address}", f"--host-bucket={address}", "--no-ssl", "--no-progress")
    keys = (f"--access_key={ACCESS_KEY}", f"--secret_key={SECRET_KEY}", "--region=us-east-1")
    command = ("s3cmd", *options, *keys)
    run(*command, "sync", "--delete-removed", f"{here}/", f"s3://{bucket}/")
    next(here.rglob("plain-0.txt")).unlink()
    run(*command, "sync", "--delete-removed", f"{here}/", f"s3://{bucket}/")
    run(*command, "sync", f"s3://{bucket}/", f"{back}/")
    assert same_tree(here, back)
    assert str(bucket) in run(*command, "ls")
    assert "MD5 sum" in run(*command, "info", f"s3://{bucket}/large.bin")


@needs(RCLONE)
def test_rclone_sync_and_check(endpoint: str, store: Store, bucket: str, run: Run, tmp_path: Path) -> None:
    here = tmp_path / "here"
    make_tree(here, 120)
    settings = {
        "RCLONE_CONFIG_STORE_TYPE": "s3",
        "RCLONE_CONFIG_STORE_PROVIDER": "Other",
        "RCLONE_CONFIG_STORE_ENDPOINT": endpoint,
        "RCLONE_CONFIG_STORE_ENV_AUTH": "true",
        "RCLONE_CA_CERT": str(store.authority_file),
    }
    run(RCLONE, "sync", "--checksum", str(here), f"store:{bucket}", **settings)
    run(RCLONE, "check", "--download", str(here), f"store:{bucket}", **settings)
    listing = run(RCLONE, "lsf", "-R", "--files-only", f"store:{bucket}", **settings)
    assert len(listing.splitlines()) == 121


@needs("restic")
@pytest.mark.slow
def test_restic_backs_up_and_restores(store: Store, bucket: str, run: Run, tmp_path: Path) -> None:
    here = tmp_path / "here"
    make_tree(here, 200)
    settings = {"RESTIC_PASSWORD": "backup", "RESTIC_REPOSITORY": f"s3:{store.http}/{bucket}"}
    run("restic", "init", **settings)
    run("restic", "backup", str(here), **settings)
    (here / "d0" / "later.txt").write_text("later")
    run("restic", "backup", str(here), **settings)
    run("restic", "check", "--read-data", **settings)
    run("restic", "restore", "latest", "--target", str(tmp_path / "restored"), **settings)
    assert same_tree(here, tmp_path / "restored" / str(here).lstrip("/"))
    run("restic", "forget", "--keep-last", "1", "--prune", **settings)
    run("restic", "check", "--read-data", **settings)


@pytest.mark.skipif(
    shutil.which("s3fs") is None or os.geteuid() != 0 or not Path("/dev/fuse").exists(),
    reason="s3fs-fuse needs its program, root and /dev/fuse",
)
def test_s3fs_fuse_mounts_and_behaves_like_a_file_system(store: Store, bucket: str, run: Run, tmp_path: Path) -> None:
    mount, secret = tmp_path / "mount", tmp_path / "passwd"
    mount.mkdir()
    secret.write_text(f"{ACCESS_KEY}:{SECRET_KEY}")
    secret.chmod(0o600)
    options = f"passwd_file={secret},url={store.http},use_path_request_style"
    run("s3fs", bucket, str(mount), "-o", options)
    try:
        (mount / "folder").mkdir()
        (mount / "folder" / "file").write_bytes(b"x" * 100_000)
        (mount / "folder" / "file").rename(mount / "folder" / "renamed")
        assert (mount / "folder" / "renamed").read_bytes() == b"x" * 100_000
        assert [each.name for each in (mount / "folder").iterdir()] == ["renamed"]
        (mount / "folder" / "renamed").unlink()
        (mount / "folder").rmdir()
        assert list(mount.iterdir()) == []
    finally:
        run("umount", str(mount))


def test_curl_reads_a_presigned_url_in_both_address_styles(store: Store, bucket: str, run: Run) -> None:
    for style, host in (("path", "127.0.0.1"), ("virtual", "localhost")):
        endpoint = store.http.replace("127.0.0.1", host)
        config = Config(s3={"addressing_style": style}, signature_version="s3v4")
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=config,
        )
        direct = boto3.client(
            "s3",
            endpoint_url=store.http,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        direct.put_object(Bucket=bucket, Key="a b+c/ü", Body=b"signed")
        url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b+c/ü"})
        port = store.process.port("s3")
        assert run("curl", "-sf", "--resolve", f"{bucket}.localhost:{port}:127.0.0.1", url) == "signed"
