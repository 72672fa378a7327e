"""`photonctl context`: list, use, set, delete."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl import settings
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import CommandFailed
from photoncloud.ctl.settings import Context

app = application(help="Where commands go: servers, projects and identities by name.")

COLUMNS = (
    Column("CURRENT", lambda row: "*" if row["current"] else ""),
    Column("NAME", "name"),
    Column("SERVER", "server"),
    Column("PROJECT", "project"),
)
WIDE = (Column("TOKEN-FILE", "tokenFile"), Column("CA-FILE", "caFile"))


@app.command("list", epilog=example("photonctl context list"))
def list_contexts(context: typer.Context) -> int:
    """Contexts; `local` is always there."""
    call = invocation(context)
    known = call.settings
    rows = [_row(name, known.context(name), known.current_context) for name in sorted({"local", *known.contexts})]
    call.show(Listing("Context", rows, COLUMNS, WIDE))
    return exit_status.OK


@app.command(epilog=example("photonctl context use local"))
def use(context: typer.Context, name: Annotated[str, typer.Argument()]) -> int:
    """Make a context the one that commands use."""
    call = invocation(context)
    known = settings.load_file(call.environ)
    known.context(name)
    settings.save(replace(known, current_context=name), call.environ)
    call.say(f"using context {name}")
    return exit_status.OK


@app.command("set", epilog=example("photonctl context set lab --server-url http://127.0.0.1:8081"))
def set_context(
    context: typer.Context,
    name: Annotated[str, typer.Argument()],
    server_url: Annotated[str | None, typer.Option(help="resource manager or gateway", metavar="URL")] = None,
    project_name: Annotated[str | None, typer.Option(help="default project", metavar="NAME")] = None,
    token_file: Annotated[Path | None, typer.Option(help="file with a token")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="certificate authority")] = None,
    cert_file: Annotated[Path | None, typer.Option(help="client certificate")] = None,
    key_file: Annotated[Path | None, typer.Option(help="its key")] = None,
    chainfire: Annotated[list[str] | None, typer.Option(help="chainfire endpoint (repeatable)")] = None,
) -> int:
    """Make or change a context; what is not given stays as it is. --server and --project are taken as well."""
    call = invocation(context)
    known = settings.load_file(call.environ)
    given = {
        "server": server_url or call.flags.server,
        "project": project_name or call.flags.project,
        "token_file": str(token_file.absolute()) if token_file else "",
        "ca_file": str(ca_file.absolute()) if ca_file else "",
        "cert_file": str(cert_file.absolute()) if cert_file else "",
        "key_file": str(key_file.absolute()) if key_file else "",
        "chainfire_endpoints": tuple(chainfire or ()),
    }
    changes = {key: value for key, value in given.items() if value}
    changed = replace(known.contexts.get(name, Context()), **changes)  # type: ignore[arg-type]
    settings.save(replace(known, contexts={**known.contexts, name: changed}), call.environ)
    call.say(f"context {name} is set")
    return exit_status.OK


@app.command(epilog=example("photonctl context delete lab"))
def delete(context: typer.Context, name: Annotated[str, typer.Argument()]) -> int:
    """Forget a context; the one in use falls back to `local`."""
    call = invocation(context)
    known = settings.load_file(call.environ)
    if name not in known.contexts:
        raise CommandFailed(f"there is no context {name!r}", '"photonctl context list" shows them')
    rest = {key: value for key, value in known.contexts.items() if key != name}
    current = "local" if known.current_context == name else known.current_context
    settings.save(replace(known, contexts=rest, current_context=current), call.environ)
    call.say(f"context {name} is deleted")
    return exit_status.OK


def _row(name: str, found: Context, current: str) -> dict[str, object]:
    return {
        "name": name,
        "current": name == current,
        "server": found.server,
        "project": found.project,
        "tokenFile": found.token_file,
        "caFile": found.ca_file,
    }
