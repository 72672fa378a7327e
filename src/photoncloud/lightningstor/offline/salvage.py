"""`lightningstor-server salvage`: a new index from what can be read of a damaged one, and a list of what is lost.

The damaged store is only read. Rows go as they are into a new index in DIR; references that follow from intact records
are put back; the key files come along. Blobs stay where they are, but those that no record names any more (their
objects' names are lost) are linked into DIR/unclaimed, because a server on the new index would collect them in time.
Bytes of lost versions whose names are still known from references stay until `fsck --repair` gives them up.
DIR/lost.json lists gaps of the index and everything the check of the new one found.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from photoncloud.backends.metadata.engine.directory_lock import DirectoryLock
from photoncloud.backends.metadata.engine.rocksdb_salvage import DamagedStore, Gap
from photoncloud.config.problem import printable
from photoncloud.lightningstor.adapters.blobs_filesystem.store import FilesystemBlobs
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.adapters.index_metadata import rocksdb_families
from photoncloud.lightningstor.adapters.key_files import STORE_KEY_NAME
from photoncloud.lightningstor.bootstrap.engines import MASTER_KEY_NAME, thread_count
from photoncloud.lightningstor.bootstrap.index_store import ROCKSDB, open_index, open_store
from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import OPERATION_LIMIT, Put, Transaction
from photoncloud.lightningstor.offline.command_line import Invocation, Option, Tool, invocation
from photoncloud.lightningstor.offline.opening import quiet_logs, require_local, require_unused
from photoncloud.lightningstor.offline.progress import ProgressLine
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.check_report import CheckReport, Finding, FindingKind
from photoncloud.lightningstor.service.store_check import StoreCheck
from photoncloud.lightningstor.service.usage import CLEAN as TOTALS_ARE_CLEAN
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError, PhotonError
from photoncloud.runtime.files import make_directory, replace_atomically

WHOLE, LOST, UNREADABLE = 0, 2, 3
BATCH_BYTES = 1 << 20
"""Values of one transaction: with the last row on top still below what the engine takes at once."""
LOST_NAME = "lost.json"
UNCLAIMED = "unclaimed"
INDEX_NAME = "meta"
_MENDED = frozenset({FindingKind.MISSING_REFERENCE, FindingKind.WRONG_NULL_POINTER, FindingKind.MISSING_LIVES})
"""What follows from records that were read. A reference whose version is lost keeps its bytes from collection."""

TOOL = Tool(
    name="salvage",
    summary="Make a new index of what can be read of a damaged one. The damaged store is not changed.",
    options=(Option("--out", "DIR", "where the new index, the list of losses and unclaimed bytes go; must be new"),),
    statuses={
        WHOLE: "everything was read",
        LOST: "a new index was made; DIR/lost.json says what is lost",
        UNREADABLE: "nothing can be read: restore a checkpoint",
        exit_status.CANNOT_CREATE: "a server uses the store, or DIR cannot be made",
    },
    examples=("lightningstor-server salvage --out /var/lib/lightningstor/salvaged --config lightningstor.toml",),
)


@dataclass(slots=True)
class Losses:
    """What the new index lacks."""

    complaint: str = ""
    """Why the old index does not open as usual: commits in its logs may be lost."""
    gaps: list[tuple[str, str, str]] = field(default_factory=list)
    """(after, before, reason) as text."""
    rows: int = 0
    by_kind: Counter[FindingKind] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.complaint and not self.gaps and not self.findings


def run(argv: Sequence[str], stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    call = invocation(TOOL, argv, stdout or sys.stdout, stderr or sys.stderr)
    if isinstance(call, int):
        return call
    if not call.has("--out"):
        call.stderr.write("lightningstor-server salvage: --out DIR is needed\n")
        return exit_status.USAGE
    quiet_logs(call.store)
    progress = ProgressLine(TOOL.name, call.stderr)
    try:
        losses = asyncio.run(_salvage(call, Path(call.options["--out"]), progress))
    except PhotonError as error:
        progress.close()
        call.stderr.write(f"lightningstor-server salvage: {error}\n")
        status = error.exit_status if isinstance(error, FatalError) else exit_status.FAILED
        return UNREADABLE if status == exit_status.FAILED else status
    progress.close()
    _tell(call, losses)
    return WHOLE if losses.is_empty else LOST


async def _salvage(call: Invocation, out: Path, progress: ProgressLine) -> Losses:
    source = require_local(call.store)
    require_unused(source)
    lock = DirectoryLock(source)
    try:
        _make_out(out)
        losses = Losses()
        settings = call.settings.model_copy(
            update={"metadata": call.settings.metadata.model_copy(update={"path": str(out / INDEX_NAME)})}
        )
        damaged = DamagedStore(source, rocksdb_families())
        losses.complaint = damaged.complaint
        try:
            store = await open_store(settings, ROCKSDB)
            try:
                index = await open_index(store, call.store.photon.component_id, str(out / INDEX_NAME))
                await _Copy(damaged, index, losses, progress).run()
                await _check(call, index, out, losses, progress)
            finally:
                await store.close()
        finally:
            damaged.close()
        _copy_keys(source, out / INDEX_NAME)
        _write_losses(out / LOST_NAME, losses)
        return losses
    finally:
        lock.release()


def _make_out(out: Path) -> None:
    status = exit_status.CANNOT_CREATE
    if out.exists() and any(out.iterdir()):
        raise FatalError("out-directory", "use --out", str(out), "it is not empty", exit_status=status)
    try:
        make_directory(out)
    except OSError as error:
        raise FatalError("out-directory", "make --out", str(out), error, exit_status=status) from error


class _Copy:
    """Row by row, as they are."""

    def __init__(self, damaged: DamagedStore, index: Index, losses: Losses, progress: ProgressLine) -> None:
        self._damaged = damaged
        self._index = index
        self._losses = losses
        self._progress = progress
        self._batch: list[Put] = []
        self._size = 0

    async def run(self) -> None:
        for family in key_space.FAMILIES:
            for row in self._damaged.rows(ord(family)):
                if isinstance(row, Gap):
                    self._losses.gaps.append((place_text(row.after), place_text(row.before), row.reason))
                elif row.key != TOTALS_ARE_CLEAN:  # the new index has to be counted anew
                    await self._add(Put(row.key, row.value))
            await self._flush()

    async def _add(self, put: Put) -> None:
        self._batch.append(put)
        self._size += len(put.value)
        self._losses.rows += 1
        self._progress("rows", self._losses.rows)
        if len(self._batch) >= OPERATION_LIMIT or self._size >= BATCH_BYTES:
            await self._flush()

    async def _flush(self) -> None:
        batch, self._batch, self._size = tuple(self._batch), [], 0
        if batch:
            await self._index.commit(Transaction((), batch))


async def _check(call: Invocation, index: Index, out: Path, losses: Losses, progress: ProgressLine) -> None:
    settings = call.settings
    with ThreadPoolExecutor(thread_count(settings), thread_name_prefix="io") as threads:
        data_dir = Path(settings.storage.data_dir)
        blobs = FilesystemBlobs(data_dir, threads, monotonic=time.monotonic, quarantines=False)
        try:
            report = await StoreCheck(
                index,
                blobs,
                ThreadHashPool(threads),
                deep=False,
                repairs=True,
                repairable=_MENDED,
                now_ns=time.time_ns(),
                orphan_age_ns=0,
                progress=progress,
            ).run()
            _keep(report, losses)
            _link_unclaimed(report, blobs, out / UNCLAIMED)
        finally:
            blobs.close()


def _keep(report: CheckReport, losses: Losses) -> None:
    losses.findings = [finding for finding in report.findings if not finding.repaired]
    losses.by_kind = Counter(finding.kind for finding in losses.findings)


def _link_unclaimed(report: CheckReport, blobs: FilesystemBlobs, folder: Path) -> None:
    """Keep bytes without a name out of the collector's reach: by a link, or by a copy on another file system."""
    for finding in report.findings:
        if finding.kind is FindingKind.ORPHAN_BLOB:
            make_directory(folder)
            source, target = blobs.path(bytes.fromhex(finding.where)), folder / finding.where
            try:
                os.link(source, target)
            except OSError:
                shutil.copyfile(source, target)


def _copy_keys(source: Path, target: Path) -> None:
    for name in (STORE_KEY_NAME, MASTER_KEY_NAME):
        with contextlib.suppress(FileNotFoundError):
            replace_atomically(target / name, (source / name).read_bytes())


def place_text(key: bytes) -> str:
    """A row's key for a person: family, and bucket id and object key where the family has them."""
    family, rest = key[:1], key[1:]
    if family in (key_space.CURRENT, key_space.MARKER, key_space.VERSION) and len(rest) > key_space.BUCKET_ID_BYTES:
        bucket_id, escaped = rest[: key_space.BUCKET_ID_BYTES], rest[key_space.BUCKET_ID_BYTES :]
        with contextlib.suppress(ValueError):
            name, _ = key_space.split_escaped(escaped)
            return f"{family.decode()} bucket id {bucket_id.hex()} key {name.decode('utf-8', 'replace')!r}"
    if key[:2] == b"bn":
        return f"b bucket {rest[1:].decode('utf-8', 'replace')!r}"
    return f"{family.decode()} {rest.hex()}".strip() if key else "the end"


def _document(losses: Losses) -> dict[str, object]:
    return {
        "rows": losses.rows,
        "complaint": losses.complaint,
        "gaps": [{"after": after, "before": before, "reason": reason} for after, before, reason in losses.gaps],
        "findings": [asdict(finding) for finding in losses.findings],
    }


def _write_losses(path: Path, losses: Losses) -> None:
    replace_atomically(path, json.dumps(_document(losses), indent=2, ensure_ascii=False).encode() + b"\n")


def _tell(call: Invocation, losses: Losses) -> None:
    out = Path(call.options["--out"])
    if call.is_json:
        document = {"index": str(out / INDEX_NAME), "lost": str(out / LOST_NAME), **_document(losses)}
        call.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    lines = [f"{losses.rows} rows were read"]
    if losses.complaint:
        lines.append(f"lost: commits may be missing: {losses.complaint}")
    lines += [f"lost: some of the rows after {a} and before {b}: {reason}" for a, b, reason in losses.gaps]
    lines += [f"{kind}: {count}" for kind, count in sorted(losses.by_kind.items())]
    lines.append(f"the new index is {out / INDEX_NAME}: set metadata.path to it and start the server")
    if not losses.is_empty:
        lines.append(f"{out / LOST_NAME} says what is lost; fsck --repair would give up the bytes of lost versions")
    if (out / UNCLAIMED).exists():
        lines.append(f"{out / UNCLAIMED} holds bytes whose names are lost (a footer follows the bytes of each file)")
    call.stdout.writelines(printable(line) + "\n" for line in lines)
