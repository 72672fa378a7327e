"""How fast the RocksDB adapter commits: `python benchmarks/metadata/bench_rocksdb.py [DIRECTORY] [--json FILE]`.

Per number of writers: committed transactions per second, transactions per fsync, and the CPU time per transaction of
the loop thread and of the committer thread. A transaction is what a store of small objects writes: two compares, three
small rows and one body. Two yardsticks run in the same process: the same rows written through `rocksdict` with
`sync=True` per transaction, and the evaluation of transactions alone, without writing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rocksdict
import uvloop

from photoncloud.backends.metadata.engine.rocksdb_batch import BatchKeyspace
from photoncloud.backends.metadata.port import Put, absent, exists
from photoncloud.backends.metadata.rocksdb import Family, RocksdbMetadata, open_rocksdb

FAMILIES = {byte: Family(chr(byte), blobs=byte == ord("i")) for byte in b"bcmvnuipgroks"}
RECORD = b"r" * 300
BODY = b"b" * 4096
TOTAL = 24_000
SERIAL_TOTAL = 2_000


def transaction(number: int) -> tuple[Any, Any]:
    key = number.to_bytes(8, "big") + b"objects/of/a/bucket"
    puts = (Put(b"c" + key, RECORD), Put(b"r" + key, b""), Put(b"u" + key, b"x" * 40), Put(b"i" + key, BODY))
    return (absent(b"c" + key), exists(b"b")), puts


async def writer(store: RocksdbMetadata, numbers: range) -> None:
    for number in numbers:
        result = await store.txn_nowait(*transaction(number))
        assert result.succeeded


async def measure(directory: Path, writers: int) -> dict[str, float]:
    batches: list[int] = []
    store = await open_rocksdb(
        directory, families=FAMILIES, reserve_bytes=0, on_commit=lambda count, _: batches.append(count)
    )
    await store.put(b"b", b"")
    batches.clear()
    total = SERIAL_TOTAL if writers == 1 else TOTAL
    committer = time.pthread_getcpuclockid(store._committer._thread.ident)  # type: ignore[arg-type]
    began, loop_began, committer_began = time.perf_counter(), time.thread_time(), time.clock_gettime(committer)
    await asyncio.gather(*[writer(store, range(first, total, writers)) for first in range(writers)])
    seconds = time.perf_counter() - began
    figures = {
        "writers": writers,
        "txn_per_sec": total / seconds,
        "txn_per_fsync": total / len(batches),
        "loop_us_per_txn": (time.thread_time() - loop_began) / total * 1e6,
        "committer_us_per_txn": (time.clock_gettime(committer) - committer_began) / total * 1e6,
    }
    figures |= measure_evaluation(store)
    await store.close()
    shutil.rmtree(directory)
    return figures


def measure_evaluation(store: RocksdbMetadata, count: int = 4_000) -> dict[str, float]:
    """Microseconds per transaction of evaluation and of building the write batch, nothing written."""
    keyspace = BatchKeyspace(store._files, store.published_revision)
    prepared = [transaction(number) for number in range(10_000_000, 10_000_000 + count)]
    evaluated = built = 0.0
    for first in range(0, count, 32):
        keyspace.begin()
        began = time.perf_counter()
        for compare, success in prepared[first : first + 32]:
            keyspace.run(compare, success, ())
        evaluated += time.perf_counter() - began
        began = time.perf_counter()
        keyspace.write_batch()
        built += time.perf_counter() - began
    return {"evaluate_us_per_txn": evaluated / count * 1e6, "build_us_per_txn": built / count * 1e6}


def measure_sync_writes(directory: Path, count: int = SERIAL_TOTAL) -> dict[str, float]:
    """The yardstick: one synced write per transaction, no compares, no revisions."""
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    database = rocksdict.Rdict(str(directory), options)
    synced = rocksdict.WriteOptions()
    synced.sync = True
    began = time.perf_counter()
    for number in range(count):
        batch = rocksdict.WriteBatch(raw_mode=True)
        for put in transaction(number)[1]:
            batch.put(put.key, put.value)
        database.write(batch, synced)
    seconds = time.perf_counter() - began
    database.close()
    return {"txn_per_sec": count / seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sys.setswitchinterval(0.0005)
    directory = Path(tempfile.mkdtemp(dir=arguments.directory))
    try:
        results: dict[str, Any] = {"sync_per_write": measure_sync_writes(directory / "sync"), "group_commit": []}
        print(f"sync=True per write: {results['sync_per_write']['txn_per_sec']:.0f} txn/s")
        for writers in (1, 32, 256):
            figures = uvloop.run(measure(directory / "group", writers))
            results["group_commit"].append(figures)
            print("  ".join(f"{name}={value:.1f}" for name, value in figures.items()))
    finally:
        shutil.rmtree(directory)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
