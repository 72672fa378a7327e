"""Flipped bits and torn tails in every kind of file: what is served is exact or refused, never wrong.

A store is filled and ended once; each case damages a copy of its directory and looks at every object.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.disk import flip
from photoncloud.testkit.process import StartFailed
from photoncloud.testkit.s3_store import S3Store, store_settings

BUCKET = "damage"
SIZES = (0, 1, 100, 4_000, 5_000, 30_000, 65_536, 65_537, 300_000, 2_500_000)
DAMAGED = 74
RECORD_HEAD_BYTES = 7
"""Of a record in RocksDB's log: checksum 4, length 2, type 1."""


@dataclass(frozen=True)
class Stores:
    """Two directories with the same objects: ended cleanly after a restart (SST files), and killed (a log)."""

    ended: Path
    killed: Path
    held: dict[str, bytes]


@contextlib.contextmanager
def running(folder: Path, **tables: Any) -> Iterator[S3Store]:
    with blocking_server("lightningstor", folder, settings=store_settings(folder, **tables)) as process:
        yield S3Store(process)


def fill(store: S3Store) -> dict[str, bytes]:
    target = store.target
    assert target.send(target.signed("PUT", f"/{BUCKET}")).status == 200
    held = {}
    for number in range(60):
        size = SIZES[number % len(SIZES)]
        key, data = f"key{number:03}", hashlib.shake_128(b"%d" % number).digest(size)
        assert target.send(target.signed("PUT", f"/{BUCKET}/{key}", data)).status == 200
        held[key] = data
    return held


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    ended, killed = tmp_path_factory.mktemp("ended"), tmp_path_factory.mktemp("killed")
    with running(ended) as store:
        held = fill(store)
        kill(store)
    shutil.copytree(ended, killed, dirs_exist_ok=True)
    with running(ended):
        pass
    return Stores(ended, killed, held)


def kill(store: S3Store) -> None:
    store.process.kill()
    while Path(f"/proc/{store.process.pid}/cmdline").exists() and store.process.status is None:
        pass


@pytest.fixture
def ended(stores: Stores, tmp_path: Path) -> Path:
    return shutil.copytree(stores.ended, tmp_path / "ended")


@pytest.fixture
def killed(stores: Stores, tmp_path: Path) -> Path:
    return shutil.copytree(stores.killed, tmp_path / "killed")


@dataclass
class Seen:
    """What became of the objects: read exactly, refused, or served wrong; `refusal` is why the server did not start."""

    exact: int = 0
    refused: int = 0
    wrong: tuple[str, ...] = ()
    refusal: str = ""


def look(folder: Path, held: dict[str, bytes], **tables: Any) -> Seen:
    """Read every object, whole and by a range, of the store in `folder`."""
    seen = Seen()
    try:
        with running(folder, **tables) as store:
            for key, data in held.items():
                read_one(store, key, data, seen)
                if store.process.status is not None:
                    break
    except StartFailed as error:
        if error.status != DAMAGED:
            raise
        seen.refusal = str(error)
    return seen


def read_one(store: S3Store, key: str, data: bytes, seen: Seen) -> None:
    target = store.target
    for fields, wanted in (({}, data), ({"range": "bytes=0-9"}, data[:10])):
        try:
            answer = target.send(target.signed("GET", f"/{BUCKET}/{key}", fields=fields))
        except OSError:  # cut short of the announced length
            seen.refused += 1
            continue
        if answer.status in (200, 206):
            if answer.body == wanted:
                seen.exact += 1
            else:
                seen.wrong = (*seen.wrong, key)
        elif answer.status in (500, 503) or (answer.status == 416 and not data):
            seen.refused += 1
        else:
            seen.wrong = (*seen.wrong, f"{key}: {answer.status}")


def files_of(folder: Path, *suffixes: str) -> list[Path]:
    return sorted(file for file in (folder / "meta").rglob("*") if file.suffix in suffixes and file.stat().st_size)


def test_nothing_damaged(ended: Path, killed: Path, stores: Stores) -> None:
    total = 2 * len(stores.held)
    for folder in (ended, killed):
        seen = look(folder, stores.held)
        assert (seen.wrong, seen.refusal) == ((), "")
        assert seen.exact + 6 == total, "a range of an empty object is 416"


@pytest.mark.parametrize("verify", ["cached", "always"])
def test_a_bit_in_every_blob(verify: str, ended: Path, stores: Stores) -> None:
    """In the first chunk, in a later one, in the footer: each large object is refused where it is damaged."""
    draw = random.Random(1)
    blobs = sorted((ended / "data" / "blobs").rglob("*"))
    files = [file for file in blobs if file.is_file()]
    for number, file in enumerate(files):
        size = file.stat().st_size
        flip(file, (0, size // 2, size - 1, -20, draw.randrange(size))[number % 5])
    seen = look(ended, stores.held, storage={"verify_reads": verify})
    assert seen.wrong == ()
    assert seen.refused >= len(files)
    assert seen.exact >= 2 * sum(len(data) <= 65_536 for data in stores.held.values()) - 6


def damage_cases(count: int, seed: int, *suffixes: str) -> list[tuple[str, int, float]]:
    draw = random.Random(seed)
    return [(suffix, number, draw.random()) for number in range(count) for suffix in suffixes]


def one_flip(folder: Path, held: dict[str, bytes], suffix: str, number: int, where: float) -> Seen:
    files = files_of(folder, suffix)
    assert files, suffix
    file = files[number % len(files)]
    flip(file, int(where * file.stat().st_size))
    return look(folder, held)


@pytest.mark.parametrize(("suffix", "number", "where"), damage_cases(4, 7, ".sst", ".blob"))
def test_a_bit_in_the_index(suffix: str, number: int, where: float, ended: Path, stores: Stores) -> None:
    """Records and inline bodies: exact, refused, or the store does not open (74)."""
    seen = one_flip(ended, stores.held, suffix, number, where)
    assert seen.wrong == ()


@pytest.mark.exam
@pytest.mark.timeout(1800)
def test_many_bits_in_the_index(stores: Stores, tmp_path: Path) -> None:
    for index, (suffix, number, where) in enumerate(damage_cases(60, 8, ".sst", ".blob")):
        folder = shutil.copytree(stores.ended, tmp_path / f"store{index}")
        assert one_flip(folder, stores.held, suffix, number, where).wrong == (), (suffix, number, where)
        shutil.rmtree(folder)


def write_ahead_log(folder: Path) -> Path:
    return max(files_of(folder, ".log"), key=lambda file: file.stat().st_size)


@pytest.mark.parametrize("where", [0.1, 0.35, 0.6])
def test_a_bit_in_the_middle_of_the_log(where: float, killed: Path, stores: Stores) -> None:
    """Acknowledged commits stand behind the damage: the store refuses to open and names the ways on."""
    log = write_ahead_log(killed)
    flip(log, int(where * log.stat().st_size))
    seen = look(killed, stores.held)
    assert seen.refusal, "it must not open as if nothing were missing"
    assert "salvage" in seen.refusal
    assert "checkpoint" in seen.refusal


@pytest.mark.parametrize("kind", ["half a record", "zeroes", "noise"])
def test_a_torn_tail_of_the_log(kind: str, killed: Path, stores: Stores) -> None:
    """A write that was under way when the power went: never acknowledged, cut off."""
    log = write_ahead_log(killed)
    with log.open("r+b") as file:
        head = file.read(RECORD_HEAD_BYTES + 40)
        size = int.from_bytes(head[4:6], "little")
        file.seek(0, os.SEEK_END)
        half = head[: RECORD_HEAD_BYTES + min(40, size // 2)]
        file.write({"half a record": half, "zeroes": bytes(5000), "noise": os.urandom(5)}[kind])
    seen = look(killed, stores.held)
    assert (seen.wrong, seen.refusal, seen.refused) == ((), "", 6)
