"""The offline tools on real stores: fsck after crash, damage and repair; salvage; the self test; a running server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.disk import flip
from photoncloud.testkit.process import environment
from photoncloud.testkit.s3_store import ACCESS_KEY, SECRET_KEY, S3Store, store_settings

CLEAN, REPAIRED, FINDINGS_LEFT, UNREADABLE, LOCKED = 0, 1, 2, 3, 73
BLOB = bytes(range(256)) * 400
TOOL_TIMEOUT_SEC = 100


def tool(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`lightningstor-server WORDS` as a person types it."""
    command = [sys.executable, "-m", "photoncloud.lightningstor", *words]
    return subprocess.run(
        command, cwd=folder, env=environment(folder, {}), capture_output=True, text=True, timeout=TOOL_TIMEOUT_SEC
    )


def on_store(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return tool(folder, *words, "--config-only", "--config", str(folder / "server.toml"))


def fsck(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit status and the JSON report."""
    done = on_store(folder, "fsck", "-o", "json", *words)
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with every kind of row, whose server was killed."""
    folder = tmp_path_factory.mktemp("killed")
    with blocking_server("lightningstor", folder, settings=store_settings(folder)) as process:
        s3 = S3Store(process).client()
        s3.create_bucket(Bucket="plain")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        for bucket in ("plain", "kept"):
            for number in range(30):
                s3.put_object(Bucket=bucket, Key=f"inline-{number:02d}", Body=b"x" * (1 + 100 * number))
            for number in range(4):
                s3.put_object(Bucket=bucket, Key=f"blob-{number}", Body=BLOB)
            s3.put_object(Bucket=bucket, Key="blob-0", Body=BLOB[::-1])
            s3.delete_object(Bucket=bucket, Key="blob-1")
            upload = s3.create_multipart_upload(Bucket=bucket, Key="open")["UploadId"]
            s3.upload_part(Bucket=bucket, Key="open", UploadId=upload, PartNumber=1, Body=BLOB)
        process.kill()
    return folder


@pytest.fixture
def store(killed: Path, tmp_path: Path) -> Path:
    """A copy of that folder, which a test may spoil; its configuration speaks of the copy."""
    folder = tmp_path / "store"
    shutil.copytree(killed, folder)
    configuration = folder / "server.toml"
    configuration.write_text(configuration.read_text().replace(str(killed), str(folder)))
    return folder


def blobs(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "data" / "blobs").rglob("*") if path.is_file())


def test_a_killed_store_is_clean(store: Path) -> None:
    status, report = fsck(store, "--deep")
    assert (status, report["status"], report["findings"]) == (CLEAN, "clean", [])
    assert (report["buckets"], report["uploads"], report["blobs"]) == (2, 2, 12)


def test_a_check_changes_no_byte(store: Path) -> None:
    flip(blobs(store)[0], 5)
    before = [path.read_bytes() for path in blobs(store)]
    status, report = fsck(store, "--deep")
    assert status == FINDINGS_LEFT
    assert [finding["kind"] for finding in report["findings"]] == ["damaged-bytes"]
    assert [path.read_bytes() for path in blobs(store)] == before
    assert fsck(store)[0] == CLEAN


def test_damage_names_bucket_and_key_for_a_person(store: Path) -> None:
    for path in blobs(store):
        flip(path, 5)
    done = on_store(store, "fsck", "--deep")
    assert done.returncode == FINDINGS_LEFT
    assert "used by plain/blob-2" in done.stdout
    assert "used by kept/blob-3" in done.stdout
    assert "findings left: 2 buckets" in done.stdout.splitlines()[-1]


def test_a_repair_removes_old_orphans_and_is_not_needed_twice(store: Path) -> None:
    orphan = blobs(store)[0].with_name("0" * 24)
    shutil.copy(blobs(store)[0], orphan)
    options = ("--set", "standalone.storage.orphan_age_sec=0")
    assert fsck(store)[0] == CLEAN, "it may belong to an upload that is about to be committed"
    assert fsck(store, *options)[0] == FINDINGS_LEFT
    assert orphan.exists()
    status, report = fsck(store, "--repair", *options)
    assert (status, report["repaired"], report["left"]) == (REPAIRED, 1, 0)
    assert not orphan.exists()
    assert fsck(store, "--deep", *options)[0] == CLEAN


def test_a_repair_does_not_bring_missing_bytes_back(store: Path) -> None:
    for path in blobs(store):
        path.unlink()
    status, report = fsck(store, "--repair")
    assert status == FINDINGS_LEFT
    assert {finding["kind"] for finding in report["findings"]} == {"missing-bytes"}
    assert report["versions"] == 33 + 36, "no record went with its bytes"


def test_tools_refuse_while_a_server_runs(store: Path, tmp_path: Path) -> None:
    with blocking_server("lightningstor", store, config=store / "server.toml") as process:
        for words in (["fsck"], ["salvage", "--out", str(tmp_path / "out")]):
            refused = on_store(store, *words)
            assert refused.returncode == LOCKED
            assert str(store / "meta") in refused.stderr
            assert f"process {process.pid}" in refused.stderr
    assert not (tmp_path / "out").exists()
    assert fsck(store)[0] == CLEAN


def test_there_must_be_a_store(tmp_path: Path, store: Path) -> None:
    missing = on_store(store, "fsck", "--set", f"standalone.metadata.path={tmp_path / 'nothing'}")
    assert missing.returncode == UNREADABLE
    assert "there is no index" in missing.stderr
    assert not (tmp_path / "nothing").exists()


def largest_table(folder: Path) -> Path:
    return max((folder / "meta").glob("*.sst"), key=lambda path: path.stat().st_size)


@pytest.fixture
def damaged(store: Path) -> Path:
    """The store with a block of one table flipped: everything is in tables once the index was opened."""
    assert fsck(store)[0] == CLEAN
    for table in (store / "meta").glob("*.sst"):
        flip(table, 40)
    return store


def test_an_index_that_cannot_be_read_and_the_two_ways_on(damaged: Path) -> None:
    done = on_store(damaged, "fsck")
    assert done.returncode == UNREADABLE
    assert "restore a checkpoint" in done.stderr
    assert "lightningstor-server salvage --out DIR" in done.stderr
    status, report = fsck(damaged)
    assert (status, report["status"], len(report["waysOn"])) == (UNREADABLE, "unreadable", 2)


def test_the_newest_checkpoint_is_named(damaged: Path) -> None:
    for name in ("20260101T000000Z", "20260102T000000Z"):
        (damaged / "meta" / "checkpoints" / name).mkdir(parents=True)
        (damaged / "meta" / "checkpoints" / name / "CURRENT").write_text("MANIFEST-1\n")
    assert "checkpoints/20260102T000000Z, in place of" in on_store(damaged, "fsck").stderr


def test_salvage_of_a_sound_store_loses_nothing(store: Path, tmp_path: Path) -> None:
    done = on_store(store, "salvage", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out" / "lost.json").read_text())["findings"] == []
    moved = ("--set", f"standalone.metadata.path={tmp_path / 'out' / 'meta'}")
    assert fsck(store, "--deep", *moved) == fsck(store, "--deep")


def test_salvage_saves_what_lies_around_the_damage(store: Path, tmp_path: Path) -> None:
    """One block is lost; the server starts on the new index and serves the rest."""
    assert fsck(store)[0] == CLEAN
    flip(largest_table(store), 40)
    assert fsck(store, "--deep")[0] == UNREADABLE
    tables = {path: path.read_bytes() for path in (store / "meta").glob("*.sst")}
    out = tmp_path / "out"
    done = on_store(store, "salvage", "--out", str(out))
    assert done.returncode == 2, done.stderr
    lost = json.loads((out / "lost.json").read_text())
    assert len(lost["gaps"]) == 1
    assert "checksum mismatch" in lost["gaps"][0]["reason"]
    assert {path: path.read_bytes() for path in tables} == tables, "the damaged store is only read"
    configuration = store / "server.toml"
    configuration.write_text(configuration.read_text().replace(str(store / "meta"), str(out / "meta")))
    with blocking_server("lightningstor", store, config=configuration) as process:
        s3 = S3Store(process).client()
        assert s3.get_object(Bucket="plain", Key="blob-3")["Body"].read() == BLOB
        assert s3.get_object(Bucket="kept", Key="blob-0")["Body"].read() == BLOB[::-1]
        s3.put_object(Bucket="plain", Key="new", Body=b"goes on")


def test_salvage_links_bytes_whose_names_are_lost(store: Path, tmp_path: Path) -> None:
    nameless = blobs(store)[0].with_name("0" * 24)
    shutil.copy(blobs(store)[0], nameless)
    on_store(store, "salvage", "--out", str(tmp_path / "out"))
    (kept,) = (tmp_path / "out" / "unclaimed").iterdir()
    assert kept.read_bytes() == nameless.read_bytes()


def test_salvage_never_writes_into_a_used_directory(store: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_text("x")
    done = on_store(store, "salvage", "--out", str(tmp_path / "out"))
    assert done.returncode == LOCKED
    assert "it is not empty" in done.stderr
    assert on_store(store, "salvage").returncode == 64


@pytest.mark.parametrize("name", ["fsck", "salvage", "selftest"])
def test_help_ends_with_examples(tmp_path: Path, name: str) -> None:
    shown = tool(tmp_path, name, "--help")
    assert shown.returncode == 0
    assert f"lightningstor-server {name}" in shown.stdout.splitlines()[-1]
    assert tool(tmp_path, name, "--no-such-option").returncode == 64


# The self test.


def selftest(endpoint: str, folder: Path, access_key: str, secret: str, *words: str) -> tuple[int, dict[str, Any]]:
    file = folder / "secret"
    file.write_text(secret + "\n")
    options = ["--endpoint", endpoint, "--access-key", access_key, "--secret-key-file", str(file)]
    done = tool(folder, "selftest", *options, "-o", "json", *words)
    return done.returncode, json.loads(done.stdout)


def test_selftest_passes_here_and_leaves_nothing(s3_store: S3Store, s3: Any, tmp_path: Path) -> None:
    status, report = selftest(s3_store.endpoint, tmp_path, ACCESS_KEY, SECRET_KEY)
    (run,) = report["runs"]
    assert [case for case in run["cases"] if case["result"] != "pass"] == []
    assert (status, run["failed"], run["skipped"]) == (0, 0, 0)
    assert run["passed"] >= 45
    assert s3.list_buckets()["Buckets"] == []


def test_selftest_skips_what_is_switched_off(start_store: Any, tmp_path: Path) -> None:
    with start_store(features={"versioning": False, "lifecycle": False}) as store:
        status, report = selftest(store.endpoint, tmp_path, ACCESS_KEY, SECRET_KEY)
    (run,) = report["runs"]
    assert status == 0
    assert {case["case"] for case in run["cases"] if case["result"] == "skip"} == {
        "lifecycle configuration",
        "every write is kept",
        "delete markers",
    }


def test_selftest_fails_where_nothing_works(s3_store: S3Store, tmp_path: Path) -> None:
    status, report = selftest(s3_store.endpoint, tmp_path, ACCESS_KEY, "wrong" * 8)
    assert status == 1
    assert "SignatureDoesNotMatch" in report["runs"][0]["cases"][0]["detail"]
    status, report = selftest("http://127.0.0.1:1", tmp_path, ACCESS_KEY, SECRET_KEY)
    assert status == 1
    assert "refused" in report["runs"][0]["cases"][0]["detail"]


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Any]:
    """A running SeaweedFS."""
    peers = pytest.importorskip("benchmarks.lightningstor.servers")
    if not (peers.PEERS / "weed").exists():
        pytest.skip("SeaweedFS is not installed")
    (tmp_path / "weed").mkdir()
    with peers.seaweedfs(tmp_path / "weed") as running:
        yield running, peers.ACCESS_KEY, peers.SECRET_KEY


@pytest.mark.slow
def test_selftest_compares_with_a_peer(start_store: Any, peer: Any, tmp_path: Path) -> None:
    """The peer's failures are its own; ours beside them decide the exit status."""
    weed, access_key, secret_key = peer
    with start_store(auth={"access_key": access_key, "secret_key": secret_key}) as store:
        words = ("--compare", weed.endpoint)
        status, report = selftest(store.endpoint, tmp_path, access_key, secret_key, *words)
    ours, theirs = report["runs"]
    assert (status, ours["failed"]) == (0, 0)
    assert theirs["passed"] > 20
    assert len(theirs["cases"]) == len(ours["cases"])
