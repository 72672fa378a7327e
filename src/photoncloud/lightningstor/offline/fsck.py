"""`lightningstor-server fsck`: check every row and reference of a store, and mend what follows from intact records."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TextIO

from photoncloud.config.problem import printable
from photoncloud.lightningstor.bootstrap.index_store import DAMAGED
from photoncloud.lightningstor.errors import IndexUnavailable, OutOfSpace
from photoncloud.lightningstor.offline.command_line import Invocation, Option, Tool, invocation
from photoncloud.lightningstor.offline.opening import checkpoints, opened, quiet_logs
from photoncloud.lightningstor.offline.progress import ProgressLine
from photoncloud.lightningstor.service.check_report import CheckReport
from photoncloud.lightningstor.service.store_check import StoreCheck
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError

CLEAN, REPAIRED, FINDINGS_LEFT, UNREADABLE = 0, 1, 2, 3
STATUS_WORDS = {CLEAN: "clean", REPAIRED: "repaired", FINDINGS_LEFT: "findings left", UNREADABLE: "unreadable"}
_NS_PER_SEC = 1_000_000_000

TOOL = Tool(
    name="fsck",
    summary="Check index and blobs of a store that no server is using.",
    options=(
        Option("--deep", "", "read every byte and compare it with what was written"),
        Option("--repair", "", "mend references, pointers and leftovers; data is never changed or removed"),
    ),
    statuses={
        CLEAN: "clean",
        REPAIRED: "findings, all of them repaired",
        FINDINGS_LEFT: "findings are left",
        UNREADABLE: "the index cannot be read",
        exit_status.CANNOT_CREATE: "a server uses the store",
        exit_status.IO_ERROR: "the store was written by a newer release",
    },
    examples=(
        "lightningstor-server fsck --config lightningstor.toml",
        "lightningstor-server fsck --deep --repair -o json --config lightningstor.toml",
    ),
)


def run(argv: Sequence[str], stdout: TextIO | None = None, stderr: TextIO | None = None) -> int:
    """Do what the arguments say; returns the exit status."""
    call = invocation(TOOL, argv, stdout or sys.stdout, stderr or sys.stderr)
    if isinstance(call, int):
        return call
    quiet_logs(call.store)
    progress = ProgressLine(TOOL.name, call.stderr)
    try:
        report = asyncio.run(_check(call, progress))
    except FatalError as error:
        progress.close()
        return _refused(call, error)
    except (IndexUnavailable, OutOfSpace, OSError) as error:
        progress.close()
        return _unreadable(call, str(error))
    progress.close()
    status = FINDINGS_LEFT if report.left else REPAIRED if report.repaired else CLEAN
    _tell(call, report, status)
    return status


async def _check(call: Invocation, progress: ProgressLine) -> CheckReport:
    repairs = call.has("--repair")
    async with opened(call.store, quarantines=repairs) as store:
        check = StoreCheck(
            store.index,
            store.blobs,
            store.hashes,
            deep=call.has("--deep"),
            repairs=repairs,
            now_ns=time.time_ns(),
            orphan_age_ns=call.settings.storage.orphan_age_sec * _NS_PER_SEC,
            progress=progress,
        )
        return await check.run()


def _refused(call: Invocation, error: FatalError) -> int:
    if error.code == DAMAGED:
        return _unreadable(call, str(error.cause))
    call.stderr.write(f"lightningstor-server fsck: {error}\n")
    return error.exit_status if error.exit_status != exit_status.FAILED else UNREADABLE


def _unreadable(call: Invocation, reason: str) -> int:
    """The index does not open or does not read: say the two ways on."""
    ways = _ways_on(call)
    if call.is_json:
        document = {"status": STATUS_WORDS[UNREADABLE], "exitStatus": UNREADABLE, "reason": reason, "waysOn": ways}
        call.stdout.write(json.dumps(document, indent=2) + "\n")
    lines = [f"lightningstor-server fsck: {reason}", "two ways on:", *(f"  {way}" for way in ways)]
    call.stderr.write("\n".join(lines) + "\n")
    return UNREADABLE


def _ways_on(call: Invocation) -> list[str]:
    path = call.settings.metadata.path
    found = checkpoints(call.settings)
    restore = f"restore a checkpoint: put the newest one, {found[0]}, in place of {path}" if found else ""
    return [
        restore or f"restore a checkpoint or backup of {path} (none is in the configured checkpoint directory)",
        "make a new index of what can be read: lightningstor-server salvage --out DIR",
    ]


def _tell(call: Invocation, report: CheckReport, status: int) -> None:
    if call.is_json:
        document = {"status": STATUS_WORDS[status], "exitStatus": status, **_json(report)}
        call.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    for finding in report.findings:
        mended = " (repaired)" if finding.repaired else ""
        call.stdout.write(printable(f"{finding.kind}: {finding.where}: {finding.detail}{mended}") + "\n")
    hidden = report.left + report.repaired - len(report.findings)
    if hidden:
        call.stdout.write(f"... and {hidden} more\n")
    call.stdout.write(
        f"{STATUS_WORDS[status]}: {report.buckets} buckets, {report.versions} versions, {report.uploads} uploads, "
        f"{report.blobs} blobs, {report.bytes} bytes; {report.repaired} repaired, {report.left} left\n"
    )


def _json(report: CheckReport) -> dict[str, object]:
    return {
        "buckets": report.buckets,
        "versions": report.versions,
        "uploads": report.uploads,
        "blobs": report.blobs,
        "bytes": report.bytes,
        "repaired": report.repaired,
        "left": report.left,
        "findings": [asdict(finding) for finding in report.findings],
    }
