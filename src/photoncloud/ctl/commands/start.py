"""`photonctl start`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.service.acting import act

app = application()


@app.command(epilog=example("photonctl start lightningstor"))
def start(
    context: typer.Context,
    components: Annotated[list[str], typer.Argument(help="by name", metavar="COMPONENT")],
    data_dir: Annotated[Path | None, typer.Option(help="the installation they belong to")] = None,
    wait: Annotated[str, typer.Option(help="how long to wait until it is so", metavar="TIME")] = "30s",
) -> int:
    """Start components that are stopped or failed; what they need must run."""
    return act(invocation(context), "start", components, data_dir, wait)
