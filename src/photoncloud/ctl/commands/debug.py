"""`photonctl debug bundle`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed
from photoncloud.ctl.invocation import seconds
from photoncloud.ctl.service import bundle as service

app = application(help="Collect what a bug report needs, without secrets.")


@app.callback()
def debug() -> None:
    """Collect what a bug report needs, without secrets."""


@app.command(epilog=example("photonctl debug bundle --out ./photon-debug.tar.gz"))
def bundle(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="archive to write", metavar="FILE")] = None,
    since: Annotated[str, typer.Option(help="logs changed within the last TIME", metavar="TIME")] = "1h",
    components: Annotated[str, typer.Option(help="only these, by comma", metavar="C,…")] = "",
    data_dir: Annotated[Path | None, typer.Option(help="the installation to look at")] = None,
) -> int:
    """Write one archive (0600): versions, configuration with origins, health, metrics, logs, sockets, host."""
    call = invocation(context)
    target = out or Path(f"photon-debug-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.tar.gz")
    names = [name for name in components.split(",") if name]
    try:
        files, left_out = service.write(
            target, call.environ, given_data_dir=data_dir, components=names, since_sec=seconds("--since", since)
        )
    except FileExistsError as error:
        raise CommandFailed(f"{target} exists already", "choose another with --out") from error
    except OSError as error:
        raise CommandFailed(f"{target}: {error.strerror or error}") from error
    for name, why in left_out.items():
        call.say(f"left out: {name}: {why}")
    call.say(f"{len(files)} files")
    call.print(str(target))
    return exit_status.OK
