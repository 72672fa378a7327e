"""`photonctl restart`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.service.acting import act

app = application()


@app.command(epilog=example("photonctl restart lightningstor"))
def restart(
    context: typer.Context,
    components: Annotated[list[str], typer.Argument(help="by name", metavar="COMPONENT")],
    data_dir: Annotated[Path | None, typer.Option(help="the installation they belong to")] = None,
    wait: Annotated[str, typer.Option(help="how long to wait until it is so", metavar="TIME")] = "30s",
) -> int:
    """Restart components; those that need them stay up."""
    return act(invocation(context), "restart", components, data_dir, wait)
