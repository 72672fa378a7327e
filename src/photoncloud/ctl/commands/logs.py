"""`photonctl logs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl.adapters.screen import text_of
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status, log_lines
from photoncloud.ctl.core.table import printable
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.invocation import seconds
from photoncloud.ctl.service import log_follow
from photoncloud.ctl.service.components import data_dir as chosen_data_dir

app = application()


@app.command(epilog=example("photonctl logs --since 10m --grep ready"))
def logs(
    context: typer.Context,
    components: Annotated[list[str] | None, typer.Argument(help="only these", metavar="COMPONENT")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="go on until interrupted")] = False,
    since: Annotated[str, typer.Option(help="only lines of the last TIME", metavar="TIME")] = "",
    tail: Annotated[int, typer.Option(min=0, help="this many lines of each component")] = 200,
    grep: Annotated[str, typer.Option(help="only lines that match", metavar="RE")] = "",
    level: Annotated[str, typer.Option(help=f"at least: {', '.join(log_lines.LEVELS)}")] = "",
    raw: Annotated[bool, typer.Option("--raw", help="lines as they were written")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="the installation to look at")] = None,
) -> int:
    """Logs of local components, also after `down`; JSON lines are laid out, --raw leaves them."""
    call = invocation(context)
    try:
        wanted = log_lines.Filter(grep, level, seconds("--since", since) if since else None)
    except ValueError as error:
        raise UsageWrong(str(error)) from error
    files = log_follow.files(chosen_data_dir(data_dir, call.environ), components or ())
    if not files:
        raise CommandFailed("there are no logs", '"photonctl up" starts something')
    wide = max(len(name) for name in files)

    def show(name: str, line: bytes) -> None:
        text = line.decode("utf-8", "replace") if raw else text_of(line)
        call.print(f"{name:<{wide}} | {text if raw else printable(text)}")

    for name, line in log_follow.lines(files, wanted, tail, follow=follow):
        show(name, line)
    return exit_status.OK
