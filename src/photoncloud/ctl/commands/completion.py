"""`photonctl completion`."""

from __future__ import annotations

from typing import Annotated

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import UsageWrong
from photoncloud.ctl.service.completion import SHELLS, script

app = application()


@app.command(epilog=example('eval "$(photonctl completion bash)"'))
def completion(context: typer.Context, shell: Annotated[str, typer.Argument(help=", ".join(SHELLS))]) -> int:
    """Print the completion script of a shell."""
    if shell not in SHELLS:
        raise UsageWrong(f"{shell!r} is none of {', '.join(SHELLS)}")
    invocation(context).print(script(shell).rstrip("\n"))
    return exit_status.OK
