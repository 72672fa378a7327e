"""`photonctl storage buckets`: list, create, delete."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.commands.storage_flags import admin_of, with_store
from photoncloud.ctl.commands.storage_jobs import time_text
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import CommandFailed
from photoncloud.ctl.invocation import Invocation
from photoncloud.ctl.service.storage import Given
from photoncloud.ctl.service.storage_admin import all_buckets

app = application(
    help="Buckets of the store; without a command they are listed.",
    epilog=example("photonctl storage buckets"),
    invoke_without_command=True,
)

COLUMNS = (
    Column("NAME", "name"),
    Column("ACCOUNT", "account"),
    Column("OBJECTS", "objects"),
    Column("BYTES", "bytes"),
    Column("VERSIONING", lambda row: row["versioning"] or "off"),
    Column("WEBSITE", lambda row: "yes" if row["website"] else "no"),
    Column("CREATED", "created"),
)
WIDE = (Column("OBJECT-LOCK", lambda row: "yes" if row["object_lock"] else "no"),)


@app.callback()
@with_store
def group(
    context: typer.Context,
    *,
    store: Given,
) -> int:
    """Buckets of the store; without a command they are listed."""
    if context.invoked_subcommand is not None:
        return exit_status.OK
    return _show_list(invocation(context), store, "")


@app.command("list", epilog=example("photonctl storage buckets list --prefix www."))
@with_store
def list_buckets(
    context: typer.Context,
    prefix: Annotated[str, typer.Option(help="only names that begin so")] = "",
    *,
    store: Given,
) -> int:
    """Buckets in name order."""
    return _show_list(invocation(context), store, prefix)


def _show_list(call: Invocation, store: Given, prefix: str) -> int:
    with admin_of(call, store) as admin:
        rows = [_row(bucket) for bucket in all_buckets(admin, prefix)]
    call.show(Listing("Bucket", rows, COLUMNS, WIDE))
    return exit_status.OK


@app.command(epilog=example("photonctl storage buckets create photos"))
@with_store
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument()],
    account: Annotated[str, typer.Option(help="owner; the account `default` unless given")] = "",
    object_lock: Annotated[bool, typer.Option("--object-lock", help="versions can be locked")] = False,
    *,
    store: Given,
) -> int:
    """Make a bucket."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        request = pb.CreateBucketRequest(name=name, account=account, object_lock=object_lock)
        made = admin.call("CreateBucket", request)
    call.show(Listing("Bucket", [_row(made)], COLUMNS, WIDE))
    return exit_status.OK


@app.command(epilog=example("photonctl storage buckets delete photos --force --yes"))
@with_store
def delete(
    context: typer.Context,
    name: Annotated[str, typer.Argument()],
    force: Annotated[bool, typer.Option("--force", help="remove its objects first; locked versions stop it")] = False,
    *,
    store: Given,
) -> int:
    """Remove a bucket, with --force and everything in it."""
    call = invocation(context)
    question = f"remove bucket {name} and every object in it?" if force else f"remove bucket {name}?"
    if not call.confirm(question):
        raise CommandFailed("nothing was removed")
    with admin_of(call, store) as admin:
        done = admin.call("DeleteBucket", pb.DeleteBucketRequest(name=name, force=force))
    call.say(f"bucket {name} is gone" + (f", {done.removed_versions} versions with it" if force else ""))
    return exit_status.OK


def _row(bucket: pb.Bucket) -> dict[str, Any]:
    return {
        "name": bucket.name,
        "account": bucket.account,
        "objects": bucket.objects,
        "bytes": bucket.bytes,
        "versioning": bucket.versioning,
        "object_lock": bucket.object_lock,
        "website": bucket.website,
        "created": time_text(bucket.created_unix_ms),
    }
