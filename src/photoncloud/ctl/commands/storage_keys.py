"""`photonctl storage keys`: list, create, enable, disable, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.commands.storage_flags import admin_of, with_store
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.invocation import Invocation
from photoncloud.ctl.service.storage import Given
from photoncloud.runtime.files import replace_atomically

app = application(
    help="Access keys of the store; without a command they are listed.",
    epilog=example("photonctl storage keys"),
    invoke_without_command=True,
)

COLUMNS = (
    Column("ID", "id"),
    Column("USER", "user"),
    Column("ACCOUNT", "account"),
    Column("ENABLED", lambda row: "yes" if row["enabled"] else "no"),
)
WIDE = (Column("PRINCIPAL", "principal"),)
SECRET = (Column("SECRET", "secret"),)


@app.callback()
@with_store
def group(
    context: typer.Context,
    *,
    store: Given,
) -> int:
    """Access keys of the store; without a command they are listed."""
    if context.invoked_subcommand is not None:
        return exit_status.OK
    return _show_list(invocation(context), store)


@app.command("list", epilog=example("photonctl storage keys list -o wide"))
@with_store
def list_keys(
    context: typer.Context,
    *,
    store: Given,
) -> int:
    """Every key; secrets are never shown again."""
    return _show_list(invocation(context), store)


def _show_list(call: Invocation, store: Given) -> int:
    with admin_of(call, store) as admin:
        rows = [_row(key) for key in admin.call("ListKeys", pb.ListKeysRequest()).keys]
    call.show(Listing("AccessKey", rows, COLUMNS, WIDE, name="id"))
    return exit_status.OK


@app.command(epilog=example("photonctl storage keys create backup --policy writeonly --out backup.credentials"))
@with_store
def create(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="the user the key is for")],
    account: Annotated[str, typer.Option(help="the account `default` unless given")] = "",
    policy: Annotated[str, typer.Option(help="admin, readwrite, readonly or writeonly")] = "",
    policy_file: Annotated[Path | None, typer.Option(help="an IAM policy in JSON instead", metavar="FILE")] = None,
    out: Annotated[Path | None, typer.Option(help="write an AWS credentials file, mode 0600", metavar="FILE")] = None,
    *,
    store: Given,
) -> int:
    """Make a key. Its secret is shown this once, or goes into the file of --out."""
    call = invocation(context)
    if out is not None and out.exists():
        raise UsageWrong(f"{out} exists already", "--out never replaces a file")
    request = pb.CreateKeyRequest(user=user, account=account, policy=_policy(policy, policy_file))
    with admin_of(call, store) as admin:
        made = admin.call("CreateKey", request)
    row = _row(made.key)
    if out is None:
        call.say("the secret is shown this once")
        call.show(Listing("AccessKey", [{**row, "secret": made.secret}], (*COLUMNS, *SECRET), WIDE, name="id"))
        return exit_status.OK
    text = f"[default]\naws_access_key_id = {made.key.id}\naws_secret_access_key = {made.secret}\n"
    replace_atomically(out, text.encode())
    call.say(f"the secret is in {out}")
    call.show(Listing("AccessKey", [row], COLUMNS, WIDE, name="id"))
    return exit_status.OK


@app.command(epilog=example("photonctl storage keys enable AKIAEXAMPLE"))
@with_store
def enable(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    store: Given,
) -> int:
    """Let a key sign again."""
    return _switch(context, key_id, True, store)


@app.command(epilog=example("photonctl storage keys disable AKIAEXAMPLE"))
@with_store
def disable(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    store: Given,
) -> int:
    """Refuse every request that a key signs."""
    return _switch(context, key_id, False, store)


@app.command(epilog=example("photonctl storage keys delete AKIAEXAMPLE --yes"))
@with_store
def delete(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    store: Given,
) -> int:
    """Remove a key for good."""
    call = invocation(context)
    if not call.confirm(f"remove access key {key_id}?"):
        raise CommandFailed("nothing was removed")
    with admin_of(call, store) as admin:
        admin.call("DeleteKey", pb.DeleteKeyRequest(id=key_id))
    call.say(f"key {key_id} is gone")
    return exit_status.OK


def _switch(context: typer.Context, key_id: str, is_enabled: bool, store: Given) -> int:
    call = invocation(context)
    with admin_of(call, store) as admin:
        changed = admin.call("SetKeyEnabled", pb.SetKeyEnabledRequest(id=key_id, enabled=is_enabled))
    call.show(Listing("AccessKey", [_row(changed)], COLUMNS, WIDE, name="id"))
    return exit_status.OK


def _policy(name: str, file: Path | None) -> str:
    if file is None:
        return name
    if name:
        raise UsageWrong("--policy and --policy-file exclude each other")
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"{file}: {error}") from error


def _row(key: pb.AccessKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "user": key.user,
        "account": key.account,
        "enabled": key.enabled,
        "principal": key.principal,
    }
