"""`photonctl down`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.service.components import data_dir as chosen_data_dir
from photoncloud.deploy.service import takedown

app = application()


@app.command(epilog=example("photonctl down"))
def down(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option(help="the installation to stop")] = None,
    grace: Annotated[float | None, typer.Option(min=0, help="kill what is not stopped by then", metavar="SEC")] = None,
    remove_data: Annotated[bool, typer.Option("--remove-data", help="remove the data directory too (asks)")] = False,
) -> int:
    """Stop everything in reverse order, then prove that nothing of ours is left; what is, is listed (1)."""
    call = invocation(context)
    folder = chosen_data_dir(data_dir, call.environ)
    if remove_data and not call.confirm(f"remove {folder} with all its data?"):
        return exit_status.FAILED
    rest = takedown.take_down(folder, grace) if folder.is_dir() else ()
    for resource in rest:
        call.warn(f"left over: {resource}")
    if rest:
        return exit_status.FAILED
    if remove_data and folder.exists():
        takedown.remove_data(folder)
        call.say(f"removed {folder}")
    call.say("nothing is left running")
    return exit_status.OK
