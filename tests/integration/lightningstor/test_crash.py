"""What was acknowledged survives: SIGKILL at any moment, and power loss that drops everything not synced.

The load's bodies name themselves, every key's history is checked for linearizability, listings must agree with reads,
and `fsck --deep` must find nothing after the orphan sweep. `make test` runs a few rounds, `make exam` hundreds.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit import power_loss
from photoncloud.testkit.process import ServerProcess, environment, server
from photoncloud.testkit.s3_client import S3Client
from photoncloud.testkit.s3_load import History, Load, read_all

ACCESS_KEY = "AKIACRASHCRASHCRASH2"
SECRET_KEY = "crashTestsSecretKey0123456789abcdefABCDE"
BUCKET = "crash-bucket"
KEYS = [f"key/{number:02d}" for number in range(24)]
WORKERS = 12
FSCK_TIMEOUT_SEC = 120
SHORT_RUN_SEC, LONG_RUN_SEC = 0.15, 0.9


def settings(folder: Path) -> dict[str, Any]:
    return {
        "server": {"grpc_addr": "", "website_addr": ""},
        "storage": {"data_dir": str(folder / "data"), "gc_grace_sec": 1, "orphan_age_sec": 1, "min_free_bytes": 0},
        "metadata": {"path": str(folder / "meta")},
        "auth": {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
    }


@contextlib.asynccontextmanager
async def store(work: Path, data: Path) -> AsyncIterator[tuple[ServerProcess, S3Client]]:
    async with (
        server("lightningstor", work, settings=settings(data)) as process,
        S3Client(process.url("s3"), ACCESS_KEY, SECRET_KEY) as client,
    ):
        yield process, client


async def one_round(work: Path, data: Path, seed: int, history: History) -> None:
    """Judge what the last round left, then load the server and kill it at a random moment."""
    draw = random.Random(seed)
    async with store(work, data) as (process, client):
        await judge(client, history)
        load = Load(client, BUCKET, KEYS, seed, history)
        stop = asyncio.Event()
        running = asyncio.create_task(load.run(WORKERS, stop))
        await asyncio.sleep(draw.uniform(SHORT_RUN_SEC, LONG_RUN_SEC))
        process.kill()
        await running
        await process.wait()


async def judge(client: S3Client, history: History) -> None:
    values = await read_all(client, BUCKET, KEYS)
    violations = history.settle(time.monotonic(), values)
    assert not violations, "\n".join(f"{key}: {why}" for key, why in violations.items())


def fsck(work: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`lightningstor-server fsck WORDS` on the store of the configuration in `work`."""
    which = ["--config-only", "--config", str(work / "server.toml")]
    command = [sys.executable, "-m", "photoncloud.lightningstor", "fsck", *words, *which]
    return subprocess.run(
        command, cwd=work, env=environment(work, {}), capture_output=True, text=True, timeout=FSCK_TIMEOUT_SEC
    )


async def finish(work: Path, data: Path, history: History) -> None:
    """A last look, the sweep of orphans, and an offline check of every byte."""
    async with store(work, data) as (_, client):
        await judge(client, history)
    swept = await asyncio.to_thread(fsck, work, "--deep", "--repair")
    assert swept.returncode in (0, 1), swept.stdout + swept.stderr
    again = await asyncio.to_thread(fsck, work, "--deep")
    assert again.returncode == 0, again.stdout + again.stderr


async def crash_rounds(work: Path, data: Path, rounds: int, seed: int) -> History:
    history = History()
    async with store(work, data) as (_, client):
        created = await client.request("PUT", BUCKET)
        assert created.status == 200, created.body
    for number in range(rounds):
        await one_round(work, data, seed + number, history)
    await finish(work, data, history)
    return history


@pytest.mark.slow
async def test_killed_again_and_again_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    history = await crash_rounds(tmp_path, tmp_path, rounds=12, seed=1)
    assert history.acknowledged > 200


@pytest.mark.exam
@pytest.mark.timeout(3600)
async def test_five_hundred_kills(tmp_path: Path) -> None:
    history = await crash_rounds(tmp_path, tmp_path, rounds=500, seed=10_000)
    assert history.acknowledged > 20_000


reason = power_loss.is_available()


async def power_loss_rounds(tmp_path: Path, rounds: int, seed: int) -> None:
    history = History()
    work = tmp_path / "work"
    with power_loss.LossyDisk(tmp_path) as disk:
        async with store(work, disk.path) as (_, client):
            assert (await client.request("PUT", BUCKET)).status == 200
        for number in range(rounds):
            await one_round(work, disk.path, seed + number, history)
            disk.pull_the_plug()
            disk.restore()
        await finish(work, disk.path, history)
    assert history.acknowledged > rounds * 5


@pytest.mark.slow
@pytest.mark.skipif(bool(reason), reason=reason or "available")
async def test_power_loss_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    await power_loss_rounds(tmp_path, rounds=6, seed=77)


@pytest.mark.exam
@pytest.mark.timeout(3600)
@pytest.mark.skipif(bool(reason), reason=reason or "available")
async def test_power_is_lost_a_hundred_times(tmp_path: Path) -> None:
    await power_loss_rounds(tmp_path, rounds=100, seed=50_000)
