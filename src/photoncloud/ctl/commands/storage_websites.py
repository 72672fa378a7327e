"""`photonctl storage websites` and `photonctl storage publish`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.api.lightningstor import AdminClient
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.commands.storage_flags import admin_of, with_store
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.service import site_upload
from photoncloud.ctl.service.storage import Given, StorageTarget, find_target
from photoncloud.ctl.service.storage_admin import administration

app = application(
    help="Buckets that are websites, and their names for a DNS server.",
    epilog=example("photonctl storage websites list"),
)

FORMATS = ("zone", "json")
ANY_ADDRESS = "192.0.2.1"
"""An address of the documentation range: the list of hosts needs one, and shows none."""
COLUMNS = (Column("HOST", "host"), Column("BUCKET", "bucket"))
PUBLISHED = (
    Column("URL", "url"),
    Column("BUCKET", "bucket"),
    Column("UPLOADED", "uploaded"),
    Column("UNCHANGED", "unchanged"),
    Column("REMOVED", "removed"),
)


def add_publish(parent: typer.Typer) -> None:
    """Put `publish` below `photonctl storage`."""
    parent.command(epilog=example("photonctl storage publish ./site --bucket www.example.com"))(publish)


@app.command("list", epilog=example("photonctl storage websites list"))
@with_store
def list_websites(
    context: typer.Context,
    *,
    store: Given,
) -> int:
    """Host names the store answers to, and the bucket behind each."""
    call = invocation(context)
    with admin_of(call, store) as admin:
        rows = _hosts(admin)
    call.show(Listing("Website", rows, COLUMNS, name="host"))
    return exit_status.OK


@app.command(epilog=example("photonctl storage websites export --format zone --target 192.0.2.10"))
@with_store
def export(
    context: typer.Context,
    target: Annotated[str, typer.Option(help="address the hosts shall point at", metavar="ADDR")],
    format_name: Annotated[str, typer.Option("--format", help="zone or json")] = "zone",
    *,
    store: Given,
) -> int:
    """Address records of every website host, for a zone file or as JSON."""
    call = invocation(context)
    if format_name not in FORMATS:
        raise UsageWrong(f"--format {format_name!r} is none of {', '.join(FORMATS)}")
    with admin_of(call, store) as admin:
        found = admin.call("ExportWebsites", pb.ExportWebsitesRequest(format=format_name, target=target))
    if found.text.strip():
        call.print(found.text.rstrip("\n"))
    call.say(f"{found.websites} website hosts")
    return exit_status.OK


@with_store
def publish(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="what becomes the website")],
    bucket: Annotated[str, typer.Option(help="its bucket; the folder's name unless given", metavar="NAME")] = "",
    index: Annotated[str, typer.Option(help="shown for a folder", metavar="NAME")] = "index.html",
    error: Annotated[str, typer.Option(help="shown when something is missing", metavar="KEY")] = "",
    delete: Annotated[bool, typer.Option("--delete", help="remove objects the folder does not have")] = False,
    s3: Annotated[str, typer.Option(help="S3 listener of the store", metavar="URL")] = "",
    website: Annotated[str, typer.Option(help="its website listener", metavar="HOST:PORT")] = "",
    *,
    store: Given,
) -> int:
    """A folder becomes a website that everybody may read; only what changed is uploaded. Prints its URL."""
    call = invocation(context)
    files = site_upload.files_of(folder)
    name = bucket or folder.resolve().name.lower()
    if index not in files:
        call.warn(f"{folder} has no {index}: the address of the website alone will show an error")
    if error and error not in files:
        raise UsageWrong(f"--error {error!r} is not in {folder}")
    target = find_target(replace(store, s3=s3, website=website), call.environ)
    upload = site_upload.SiteUpload(target, name, call.say)
    done = upload.publish(files, index=index, error=error, deletes=delete, dry_run=bool(call.flags.dry_run))
    if done.policy_kept:
        call.warn(f"bucket {name} has a policy of its own, which was left as it is: readers may be refused")
    row = {
        "url": "" if call.flags.dry_run else _url(target, name),
        "bucket": name,
        "uploaded": len(done.plan.upload),
        "unchanged": len(done.plan.unchanged),
        "removed": done.removed,
    }
    if call.form == "table" and row["url"]:
        call.say(f"{row['uploaded']} uploaded, {row['unchanged']} unchanged, {row['removed']} removed")
        call.print(str(row["url"]))
    else:
        call.show(Listing("Publication", [row], PUBLISHED, name="bucket"))
    return exit_status.OK


def _hosts(admin: AdminClient) -> list[dict[str, Any]]:
    found = admin.call("ExportWebsites", pb.ExportWebsitesRequest(format="json", target=ANY_ADDRESS))
    document = json.loads(found.text or "[]")
    return [{"host": item["host"], "bucket": item["bucket"]} for item in document]


def _url(target: StorageTarget, bucket: str) -> str:
    """Where a browser finds the website: by the name the store gives it, else by the bucket's."""
    port = target.website.rpartition(":")[2]
    try:
        with administration(target) as admin:
            hosts = [item["host"] for item in _hosts(admin) if item["bucket"] == bucket]
    except CommandFailed:
        hosts = []  # who may upload need not be an administrator
    host = min(hosts, key=lambda name: (name != bucket, name), default=bucket)
    return f"http://{host}/" if port == "80" else f"http://{host}:{port}/"
