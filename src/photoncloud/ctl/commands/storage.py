"""`photonctl storage`: administration of an object store (lightningstor)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.commands import storage_buckets, storage_jobs, storage_keys, storage_websites
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.commands.storage_flags import admin_of, moment, with_store
from photoncloud.ctl.core import age, exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.core.table import printable
from photoncloud.ctl.errors import CommandFailed
from photoncloud.ctl.service.storage import Given

app = application(
    help="Object storage: buckets, usage, keys, jobs, websites, and why a request was refused.",
    epilog=example("photonctl storage info"),
)
app.add_typer(storage_buckets.app, name="buckets")
app.add_typer(storage_keys.app, name="keys")
app.add_typer(storage_websites.app, name="websites")
storage_websites.add_publish(app)
storage_jobs.add_commands(app)

lifecycle_app = application(
    help="What lifecycle rules would do.", epilog=example("photonctl storage lifecycle dry-run logs --at +30d")
)
app.add_typer(lifecycle_app, name="lifecycle")

INFO_COLUMNS = (
    Column("ID", "component_id"),
    Column("VERSION", "version"),
    Column("MODE", "mode"),
    Column("STAGE", "stage"),
    Column("DURABILITY", "durability"),
    Column("BUCKETS", "buckets"),
    Column("OBJECTS", "objects"),
    Column("BYTES", "bytes"),
    Column("FREE-BYTES", "free_bytes"),
    Column("UPTIME", lambda row: age.age(row["uptime_sec"])),
)
INFO_WIDE = (
    Column("DATA-DIR", "data_dir"),
    Column("METADATA", "metadata_path"),
    Column("FEATURES", lambda row: [name for name, is_on in row["features"].items() if is_on]),
    Column("BACKENDS", lambda row: [f"{name}={backend}" for name, backend in row["backends"].items()]),
)
USAGE_COLUMNS = (Column("BUCKET", "bucket"), Column("OBJECTS", "objects"), Column("BYTES", "bytes"))
ACTION_COLUMNS = (
    Column("DUE", "due"),
    Column("ACTION", "action"),
    Column("KEY", "key"),
    Column("VERSION", "version"),
    Column("RULE", "rule"),
)


@app.command(epilog=example("photonctl storage info -o wide"))
@with_store
def info(
    context: typer.Context,
    *,
    store: Given,
) -> int:
    """Version, mode, totals and free space of the store."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        found = admin.call("GetInfo", pb.GetInfoRequest())
    row = {
        "component_id": found.component_id,
        "version": found.version,
        "mode": found.mode,
        "stage": found.stage,
        "durability": found.durability,
        "buckets": found.buckets,
        "objects": found.objects,
        "bytes": found.bytes,
        "free_bytes": found.free_bytes,
        "data_dir": found.data_dir,
        "metadata_path": found.metadata_path,
        "started": storage_jobs.time_text(found.started_unix_ms),
        "uptime_sec": max(0, int(datetime.now(UTC).timestamp() - found.started_unix_ms / 1000)),
        "features": dict(found.features),
        "backends": dict(found.backends),
    }
    call.show(Listing("Storage", [row], INFO_COLUMNS, INFO_WIDE, name="component_id"))
    return exit_status.OK


@app.command(epilog=example("photonctl storage usage photos"))
@with_store
def usage(
    context: typer.Context,
    bucket: Annotated[str, typer.Argument(help="only this bucket")] = "",
    *,
    store: Given,
) -> int:
    """Stored object versions and their bytes, by bucket."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        found = admin.call("GetUsage", pb.GetUsageRequest(bucket=bucket)).usage
    rows = [{"bucket": each.bucket, "objects": each.objects, "bytes": each.bytes} for each in found]
    call.show(Listing("Usage", rows, USAGE_COLUMNS, name="bucket"))
    return exit_status.OK


@app.command(epilog=example("photonctl storage explain 0A1B2C3D4E5F6G7H"))
@with_store
def explain(
    context: typer.Context,
    request_id: Annotated[str, typer.Argument(help="x-amz-request-id of the refused request")],
    *,
    store: Given,
) -> int:
    """Why a recent request was refused: the deciding statement, or where two signatures part."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        found = admin.call("Explain", pb.ExplainRequest(request_id=request_id))
    row = {
        "request_id": found.request_id,
        "time": storage_jobs.time_text(found.time_unix_ms),
        "operation": found.operation,
        "target": found.target,
        "principal": found.principal,
        "code": found.code,
        "message": found.message,
        "reasons": list(found.reasons),
    }
    if call.form == "table":
        call.print("\n".join(_explanation_lines(row)))
    else:
        columns = (Column("REQUEST", "request_id"), Column("CODE", "code"), Column("REASONS", "reasons"))
        call.show(Listing("Explanation", [row], columns, name="request_id"))
    return exit_status.OK


def _explanation_lines(row: dict[str, object]) -> list[str]:
    """For reading: one fact a line, reasons below each other with their own line ends."""
    named = ("request_id", "time", "operation", "target", "principal", "code", "message")
    lines = [f"{name.replace('_', ' '):<11} {printable(str(row[name]))}" for name in named if row[name]]
    reasons = row["reasons"]
    assert isinstance(reasons, list)
    for reason in reasons:
        first, *rest = str(reason).splitlines() or [""]
        lines.append(f"reason      {printable(first)}")
        lines += [f"            {printable(line)}" for line in rest]
    return lines


@lifecycle_app.command("dry-run", epilog=example("photonctl storage lifecycle dry-run logs --at 2027-01-01T00:00:00Z"))
@with_store
def dry_run(
    context: typer.Context,
    bucket: Annotated[str, typer.Argument()],
    at: Annotated[str, typer.Option(help="a time, or +DURATION from now", metavar="TIME")] = "",
    *,
    store: Given,
) -> int:
    """What lifecycle would do in a bucket, now or at a time, without doing it."""
    call = invocation(context)
    at_ms = moment("--at", at) if at else 0
    with admin_of(call, store) as admin:
        rows = [
            {
                "due": storage_jobs.time_text(action.due_unix_ms),
                "action": action.action,
                "key": action.key,
                "version": action.version_id,
                "rule": action.rule_id,
            }
            for action in admin.stream("DryRunLifecycle", pb.DryRunLifecycleRequest(bucket=bucket, at_unix_ms=at_ms))
        ]
    call.show(Listing("LifecycleAction", rows, ACTION_COLUMNS, name="key"))
    return exit_status.OK


@app.command(epilog=example("photonctl storage migrate --to chainfire --verify"))
def migrate(
    context: typer.Context,
    to: Annotated[str, typer.Option(help="where the index goes: chainfire or rocksdb")] = "chainfire",
    verify: Annotated[bool, typer.Option(help="compare counts and hashes of every range")] = False,
) -> int:
    """Move the index between the local engine and chainfire."""
    del context, verify
    hint = "install a release that has it, and come back"
    raise CommandFailed(f"migrating to {to} needs chainfire, which this release does not have", hint, 69)
