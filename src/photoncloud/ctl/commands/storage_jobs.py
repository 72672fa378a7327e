"""`photonctl storage gc|scrub|recount|checkpoint|jobs`: long work in the store, started and watched."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.commands.application import example, invocation
from photoncloud.ctl.commands.storage_flags import admin_of, with_store
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.service.storage import Given
from photoncloud.ctl.service.storage_admin import checkpoint_directory, run_job

COLUMNS = (
    Column("ID", "id"),
    Column("KIND", "kind"),
    Column("STATE", "state"),
    Column("DONE", "done"),
    Column("TOTAL", lambda row: row["total"] or None),
    Column("FINDINGS", lambda row: len(row["findings"])),
    Column("STARTED", "started"),
    Column("ENDED", "ended"),
)
WIDE = (Column("ERROR", "error"),)
Detach = Annotated[bool, typer.Option("-d", "--detach", help="do not wait for the end")]


def time_text(unix_ms: int) -> str:
    """RFC 3339 in seconds; empty for 0."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if unix_ms else ""


def add_commands(app: typer.Typer) -> None:
    """Put the commands below `photonctl storage`."""
    app.command(epilog=example("photonctl storage gc"))(gc)
    app.command(epilog=example("photonctl storage scrub photos"))(scrub)
    app.command(epilog=example("photonctl storage recount"))(recount)
    app.command(epilog=example("photonctl storage checkpoint /srv/backup/meta-1"))(checkpoint)
    app.command(epilog=example("photonctl storage jobs -o wide"))(jobs)


@with_store
def gc(
    context: typer.Context,
    detach: Detach = False,
    *,
    store: Given,
) -> int:
    """Collect bytes that nothing refers to and whose grace period is over."""
    return _run(context, pb.StartJobRequest(kind="gc"), detach, store)


@with_store
def scrub(
    context: typer.Context,
    bucket: Annotated[str, typer.Argument(help="only blobs of this bucket")] = "",
    detach: Detach = False,
    *,
    store: Given,
) -> int:
    """Read every blob from disk and compare it with what was written; 1 when something is damaged."""
    return _run(context, pb.StartJobRequest(kind="scrub", bucket=bucket), detach, store)


@with_store
def recount(
    context: typer.Context,
    bucket: Annotated[str, typer.Argument(help="only this bucket")] = "",
    detach: Detach = False,
    *,
    store: Given,
) -> int:
    """Count objects and bytes anew."""
    request = pb.StartJobRequest(kind="usage-recount", bucket=bucket)
    return _run(context, request, detach, store)


@with_store
def checkpoint(
    context: typer.Context,
    directory: Annotated[str, typer.Argument(help="new, on the file system of the index; absolute", metavar="DIR")],
    detach: Detach = False,
    *,
    store: Given,
) -> int:
    """A consistent copy of the index on the server's machine, by hard links."""
    request = pb.StartJobRequest(kind="checkpoint", directory=checkpoint_directory(directory))
    return _run(context, request, detach, store)


@with_store
def jobs(
    context: typer.Context,
    job_id: Annotated[str, typer.Argument(help="only this one, with its findings", metavar="ID")] = "",
    *,
    store: Given,
) -> int:
    """Jobs since the server started, newest first."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        if job_id:
            found = [admin.call("GetJob", pb.GetJobRequest(id=job_id))]
        else:
            found = list(admin.call("ListJobs", pb.ListJobsRequest()).jobs)
    if job_id and call.form == "table":
        for finding in found[0].findings:
            call.warn(finding)
    call.show(Listing("Job", [_row(job) for job in found], COLUMNS, WIDE, name="id"))
    return exit_status.OK


def _run(context: typer.Context, request: pb.StartJobRequest, detach: bool, store: Given) -> int:
    """Start, wait, show; findings of a scrub go to the person and into the exit status."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        job = run_job(
            admin, request, waits=not detach, on_progress=lambda job: call.trace(1, f"{job.kind}: {job.done}")
        )
    if call.form == "table":
        for finding in job.findings:
            call.warn(finding)
    call.show(Listing("Job", [_row(job)], COLUMNS, WIDE, name="id"))
    return exit_status.FAILED if job.kind == "scrub" and job.findings else exit_status.OK


def _progress(job: pb.Job) -> str:
    return f"{job.kind}: {job.done} done"


def _row(job: pb.Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "findings": list(job.findings),
        "error": job.error,
        "started": time_text(job.started_unix_ms),
        "ended": time_text(job.ended_unix_ms),
    }
