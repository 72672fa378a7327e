"""The process that is killed: workers that write without end and say on standard output what was acknowledged.

Usage: crash_writer.py ADAPTER DIRECTORY. Every transaction of worker w replaces x/w, y/w with n, adds log/w/n and
deletes log/w/(n-3); it is conditional on the revision of x/w. A line `w n revision` follows each acknowledgement.
"""

from __future__ import annotations

import asyncio
import os
import sys

from photoncloud.backends.metadata import registry
from photoncloud.backends.metadata.port import Delete, MetadataStore, Put, modified_at

WORKERS = 8
KEPT = 3


async def work(store: MetadataStore, worker: int) -> None:
    x, y = b"x/%d" % worker, b"y/%d" % worker
    current = await store.get(x)
    number = int(current.value) if current else 0
    revision = current.mod_revision if current else 0
    while True:
        number += 1
        text = b"%d" % number
        result = await store.txn(
            [modified_at(x, revision)],
            [
                Put(x, text),
                Put(y, text),
                Put(b"log/%d/%d" % (worker, number), os.urandom(50 + (number * 37) % 3000)),
                Delete(b"log/%d/%d" % (worker, number - KEPT)),
            ],
        )
        assert result.succeeded
        revision = result.revision
        os.write(1, b"%d %d %d\n" % (worker, number, revision))


async def main(adapter: str, directory: str) -> None:
    sys.setswitchinterval(0.0005)
    store = await registry.adapter(adapter)(directory, reserve_bytes=0)
    os.write(1, b"ready\n")
    await asyncio.gather(*[work(store, worker) for worker in range(WORKERS)])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
