"""`photonctl version`."""

from __future__ import annotations

from typing import Annotated

import typer

from photoncloud import __version__
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.service import status as service

app = application()


@app.command(epilog=example("photonctl version"))
def version(
    context: typer.Context,
    client: Annotated[bool, typer.Option("--client", help="only this command")] = False,
) -> int:
    """Versions of this command and of every component that answers."""
    call = invocation(context)
    rows = [{"component": "photonctl", "version": __version__, "endpoint": ""}]
    if not client:
        found = service.rows((), (), call.environ)
        answering = [row for row in found if row["status"] not in ("unreachable", "stopped")]
        rows += [{key: row[key] for key in ("component", "version", "endpoint")} for row in answering]
    columns = [Column(key.upper(), key) for key in ("component", "version", "endpoint")]
    call.show(Listing("Version", rows, columns, name="component"))
    return exit_status.OK
