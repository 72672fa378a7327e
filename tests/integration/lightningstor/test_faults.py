"""What machines do to a server: signals, no descriptors, dead and full disks, clocks that jump.

Nothing acknowledged is lost, nothing wrong is served, and the server either goes on or ends with the status that says
why.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit import power_loss
from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.disk import fill
from photoncloud.testkit.process import StartFailed
from photoncloud.testkit.s3_signing import UNSIGNED, stamp_of
from photoncloud.testkit.s3_store import S3Store, store_settings
from photoncloud.testkit.s3_wire import Target, Wire

BUCKET = "faults"
INLINE, LARGE = 1000, 300_000
CANNOT_CREATE, DAMAGED = 73, 74
no_images = power_loss.is_available()
needs_images = pytest.mark.skipif(bool(no_images), reason=no_images or "available")


@contextlib.contextmanager
def running(
    work: Path, data: Path | None = None, env: dict[str, str] | None = None, **tables: Any
) -> Iterator[S3Store]:
    settings = store_settings(data or work, **tables)
    with blocking_server("lightningstor", work, settings=settings, env=env) as process:
        yield S3Store(process)


def put(target: Target, key: str, data: bytes) -> int:
    return target.send(target.signed("PUT", f"/{BUCKET}/{key}", data)).status


def get(target: Target, key: str) -> bytes:
    answer = target.send(target.signed("GET", f"/{BUCKET}/{key}"))
    assert answer.status == 200, (key, answer.status, answer.body[:200])
    return answer.body


def body(number: int) -> bytes:
    return b"%06d," % number * ((LARGE if number % 4 == 0 else INLINE) // 7)


def filled(target: Target, count: int = 24) -> dict[str, bytes]:
    """A bucket with small and large objects."""
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    held = {f"key{number:02}": body(number) for number in range(count)}
    for key, data in held.items():
        assert put(target, key, data) == 200
    return held


def health(store: S3Store) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", store.process.port("ops"), timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def exit_status(store: S3Store, timeout_sec: float = 20.0) -> int:
    deadline = time.monotonic() + timeout_sec
    while store.process.status is None:
        assert time.monotonic() < deadline, store.process.tail()
        time.sleep(0.02)
    return store.process.status


def soon(condition: Any, timeout_sec: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_sec
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# ---- signals


def test_sigterm_answers_everything_that_is_under_way(tmp_path: Path) -> None:
    """Uploads half sent and downloads half read are finished; no new connection is taken; exit 0; all is there."""
    with running(tmp_path) as store:
        target = store.target
        held = filled(target)
        uploads: list[tuple[Wire, bytes]] = []
        for number in range(16):
            raw = target.signed("PUT", f"/{BUCKET}/late{number}", body(number), payload=UNSIGNED).raw
            wire = target.connect()
            wire.send(raw[: len(raw) // 2])
            uploads.append((wire, raw[len(raw) // 2 :]))
        downloads = [target.connect() for _ in range(8)]
        for wire in downloads:
            wire.send(target.signed("GET", f"/{BUCKET}/key00").raw)
        idle = target.connect()
        time.sleep(0.2)
        store.process.process.send_signal(signal.SIGTERM)
        soon(lambda: refuses(store.address))
        for wire, rest in uploads:
            wire.send(rest)
        assert [wire.read_answer().status for wire, _ in uploads] == [200] * 16
        assert [wire.read_answer().body for wire in downloads] == [held["key00"]] * 8
        assert idle.is_closed()
        for wire in (*downloads, *(wire for wire, _ in uploads), idle):
            wire.socket.close()
        assert exit_status(store) == 0
    with running(tmp_path) as store:
        for number in range(16):
            assert get(store.target, f"late{number}") == body(number)
        for key, data in held.items():
            assert get(store.target, key) == data


def refuses(address: tuple[str, int]) -> bool:
    try:
        with Wire(address, timeout_sec=1.0) as wire:
            return wire.is_closed()
    except OSError:
        return True


def test_sigterm_under_load(tmp_path: Path) -> None:
    """Whatever got a 200 before the end is there afterwards; nobody gets a 500."""
    acknowledged: dict[str, bytes] = {}
    statuses: set[int] = set()

    def work(target: Target, name: int) -> None:
        for number in range(10_000):
            key, data = f"{name}-{number}", body(number)
            try:
                status = put(target, key, data)
            except OSError:
                return
            statuses.add(status)
            if status == 200:
                acknowledged[key] = data

    with running(tmp_path) as store:
        filled(store.target, 1)
        threads = [threading.Thread(target=work, args=(store.target, name)) for name in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        store.process.process.send_signal(signal.SIGTERM)
        assert exit_status(store) == 0
        for thread in threads:
            thread.join()
    assert statuses <= {200, 503}
    assert len(acknowledged) > 20
    with running(tmp_path) as store:
        for key, data in acknowledged.items():
            assert get(store.target, key) == data


def test_a_second_signal_forces(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        filled(store.target, 1)
        wire = store.target.connect()
        wire.send(store.target.signed("PUT", f"/{BUCKET}/never", b"x" * 1000).raw[:-100])
        time.sleep(0.1)
        store.process.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert store.process.status is None, "it waits for the upload"
        store.process.process.send_signal(signal.SIGTERM)
        exit_status(store, 5.0)
        wire.socket.close()


def test_a_second_server_on_the_same_directory(tmp_path: Path) -> None:
    with running(tmp_path) as store:
        filled(store.target, 2)
        other = tmp_path / "other"
        with pytest.raises(StartFailed) as failed, running(other, data=tmp_path):
            pass
        assert failed.value.status == CANNOT_CREATE
        assert str(tmp_path / "meta") in str(failed.value)
        assert str(store.process.pid) in str(failed.value)
        assert get(store.target, "key01") == body(1)


# ---- descriptors


@pytest.mark.parametrize("spare", [2, 6, 12])
def test_running_out_of_descriptors(spare: int, tmp_path: Path) -> None:
    """Who is connected is served, or told to slow down; nobody is cut off and nothing is taken for a defect."""
    with running(tmp_path) as store:
        target = store.target
        held = filled(target)
        pid = store.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(target.connect())
            first.send(target.signed("GET", f"/{BUCKET}/key01").raw)
            assert first.read_answer().body == held["key01"]
            used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + spare, limits[1]))
            for _ in range(60):
                stack.enter_context(target.connect()).send(target.signed("GET", f"/{BUCKET}/key00").raw)
            asked = (
                ("GET", "key00", b""),
                ("PUT", "large", b"x" * LARGE),
                ("PUT", "small", b"x"),
                ("GET", "key01", b""),
            )
            for method, key, data in asked * 5:
                first.send(target.signed(method, f"/{BUCKET}/{key}", data).raw)
                answer = first.read_answer()
                assert answer.status in (200, 503), answer.body
                assert answer.status == 503 or method == "PUT" or answer.body == held[key]
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        for key, data in held.items():
            assert get(target, key) == data
        assert put(target, "after", b"y" * LARGE) == 200
        assert store.process.events("request_failed") == []


# ---- disks


@needs_images
def test_a_dead_disk(tmp_path: Path) -> None:
    """EIO on everything: no write is acknowledged any more, the process ends with 74, nothing acknowledged is lost."""
    with power_loss.LossyDisk(tmp_path) as disk:
        work = tmp_path / "work"
        with running(work, disk.path) as store:
            held = filled(store.target)
            disk.fail()
            for number in range(4):
                with contextlib.suppress(OSError):
                    answer = store.target.send(store.target.signed("PUT", f"/{BUCKET}/dead{number}", body(number)))
                    assert answer.status >= 500
                    assert answer.code in ("InternalError", "ServiceUnavailable", "InsufficientStorage")
            assert exit_status(store) == DAMAGED
        disk.revive()
        with running(work, disk.path) as store:
            for key, data in held.items():
                assert get(store.target, key) == data
            listed = store.target.send(store.target.signed("GET", f"/{BUCKET}")).elements("Key")
            assert listed == sorted(held)
            assert put(store.target, "alive", b"x" * LARGE) == 200


@needs_images
def test_a_disk_that_turns_read_only(tmp_path: Path) -> None:
    with power_loss.LossyDisk(tmp_path) as disk:
        work = tmp_path / "work"
        with running(work, disk.path) as store:
            held = filled(store.target)
            disk.turn_read_only()
            answer = store.target.send(store.target.signed("PUT", f"/{BUCKET}/large", b"x" * LARGE))
            assert answer.status >= 500
            with contextlib.suppress(OSError):
                assert store.target.send(store.target.signed("PUT", f"/{BUCKET}/small", b"x")).status >= 500
            assert exit_status(store) == DAMAGED
        disk.revive()
        with running(work, disk.path) as store:
            for key, data in held.items():
                assert get(store.target, key) == data
            assert store.target.send(store.target.signed("HEAD", f"/{BUCKET}/large")).status == 404


@needs_images
def test_a_full_disk(tmp_path: Path) -> None:
    """Index and blobs on it: 507, reads and deletes work, and it recovers by itself."""
    with power_loss.LossyDisk(tmp_path, size_mib=256) as disk:
        with running(tmp_path / "work", disk.path) as store:
            target = store.target
            held = filled(target)
            ballast = fill(disk.path)
            refused = 0
            for number in range(40):
                answer = target.send(target.signed("PUT", f"/{BUCKET}/full{number}", body(number)))
                assert answer.status in (200, 507), answer.body
                assert answer.status == 200 or answer.code == "InsufficientStorage"
                held |= {f"full{number}": body(number)} if answer.status == 200 else {}
                refused += answer.status == 507
            assert refused >= 10, "what is stored in a file at least"
            for key, data in held.items():
                assert get(target, key) == data
            for key in ("key00", "key01", "key02"):
                assert target.send(target.signed("DELETE", f"/{BUCKET}/{key}")).status == 204
                del held[key]
            ballast.unlink()
            soon(lambda: put(target, "after", body(4)) == 200 and put(target, "after2", body(1)) == 200)
            held |= {"after": body(4), "after2": body(1)}
            soon(lambda: health(store)[1]["status"] == "healthy")
            assert target.send(target.signed("GET", f"/{BUCKET}")).elements("Key") == sorted(held)
        with running(tmp_path / "work", disk.path) as store:
            for key, data in held.items():
                assert get(store.target, key) == data


def test_below_the_free_space_wanted(tmp_path: Path) -> None:
    with running(tmp_path, storage={"min_free_bytes": 1 << 60}) as store:
        target = store.target
        assert target.send(target.signed("PUT", f"/{BUCKET}")).status in (200, 507)
        request = target.signed("PUT", f"/{BUCKET}/k", b"x", fields={"expect": "100-continue"})
        with target.connect() as wire:
            wire.send(request.head)
            answer = wire.read_answer()
        assert (answer.status, answer.code) in ((507, "InsufficientStorage"), (404, "NoSuchBucket"))


# ---- clocks

SHIFTED_CLOCK = """
import os, time
_time, _time_ns, _file = time.time, time.time_ns, os.environ["CLOCK_SHIFT_FILE"]
def _shift():
    with open(_file) as file:
        return int(file.read() or "0")
time.time = lambda: _time() + _shift()
time.time_ns = lambda: _time_ns() + _shift() * 10**9
"""
"""Runs before the server's first import: its wall clock is the real one plus what the file says."""


def test_clocks_that_jump(tmp_path: Path) -> None:
    """Back ten years and ahead one: versions stay in the order they were written, nothing is lost or refused."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SHIFTED_CLOCK)
    shift_file = tmp_path / "shift"
    shift_file.write_text("0")
    env = {"CLOCK_SHIFT_FILE": str(shift_file)}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(tmp_path / "site"), os.environ.get("PYTHONPATH")]))
    year = 365 * 86_400
    with running(tmp_path, env=env) as store:
        target = store.target
        document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        filled(target, 1)
        target.send(target.signed("PUT", f"/{BUCKET}", document, query={"versioning": ""}))
        versions = []
        for number, shift in enumerate((0, -10 * year, year, -10 * year, 0, -1, -3600, 10)):
            shift_file.write_text(str(shift))
            stamp = stamp_of(time.time() + shift)
            stored = target.send(target.signed("PUT", f"/{BUCKET}/jumping", b"%d" % number, stamp=stamp))
            assert stored.status == 200, stored.body
            versions.append(stored.headers["x-amz-version-id"])
            now = target.send(target.signed("GET", f"/{BUCKET}/jumping", stamp=stamp))
            assert now.body == b"%d" % number
            if abs(shift) > 3600:
                assert target.send(target.signed("GET", f"/{BUCKET}/jumping")).code == "RequestTimeTooSkewed"
        listed = target.send(
            target.signed("GET", f"/{BUCKET}", query={"versions": "", "prefix": "jumping"}, stamp=stamp)
        )
        assert listed.elements("VersionId") == versions[::-1]
        for number, version in enumerate(versions):
            query = {"versionId": version}
            answer = target.send(target.signed("GET", f"/{BUCKET}/jumping", query=query, stamp=stamp))
            assert answer.body == b"%d" % number
    shift_file.write_text("0")
    with running(tmp_path, env=env) as store:
        assert get(store.target, "jumping") == b"7"


def test_the_shifted_clock_shifts(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SHIFTED_CLOCK)
    (tmp_path / "shift").write_text("-1000000000")
    env = {"PYTHONPATH": str(tmp_path), "CLOCK_SHIFT_FILE": str(tmp_path / "shift"), "PATH": os.environ["PATH"]}
    program = [sys.executable, "-c", "import time; print(time.time_ns() // 10**9, time.time())"]
    shown = subprocess.run(program, env=env, check=True, capture_output=True, text=True).stdout.split()
    for text in shown:
        assert abs(float(text) + 1e9 - time.time()) < 100
