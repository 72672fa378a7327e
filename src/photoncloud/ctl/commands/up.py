"""`photonctl up`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.ctl.adapters.screen import TerminalScreen, text_of
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.commands.status import listing as status_listing
from photoncloud.ctl.core import exit_status, up_report
from photoncloud.ctl.core.log_lines import Filter
from photoncloud.ctl.core.table import render
from photoncloud.ctl.invocation import Invocation, seconds
from photoncloud.ctl.service import local_context, log_follow
from photoncloud.ctl.service import status as status_service
from photoncloud.ctl.service.components import data_dir as chosen_data_dir
from photoncloud.ctl.service.waiting import until
from photoncloud.deploy import bootstrap
from photoncloud.deploy.bootstrap import Prepared
from photoncloud.deploy.service.resolve import Request
from photoncloud.deploy.service.takedown import take_down

app = application()

WAIT_DEFAULT_SEC = 30.0
SERVING = ("healthy", "degraded")
# Enough to hold the reason of a refused start.
FAILURE_LINES = 5


@app.command(epilog=example("photonctl up --level 0a -d --wait 30s"))
def up(
    context: typer.Context,
    components: Annotated[list[str] | None, typer.Argument(help="only these", metavar="COMPONENT")] = None,
    level: Annotated[str, typer.Option(help="level to run; the highest that can run here by default")] = "",
    only: Annotated[str, typer.Option(help="only these components, by comma")] = "",
    without: Annotated[str, typer.Option(help="all but these components, by comma")] = "",
    data_dir: Annotated[Path | None, typer.Option(help="where data, logs and secrets are kept")] = None,
    port_offset: Annotated[int, typer.Option(help="added to every port")] = 0,
    detach: Annotated[bool, typer.Option("-d", "--detach", help="return when everything is healthy")] = False,
    wait: Annotated[str, typer.Option(help="with -d: how long to wait for health", metavar="TIME")] = "",
    config: Annotated[Path | None, typer.Option(help="a topology file of your own", metavar="FILE")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="C:KEY=VALUE (repeatable)")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="forget ports that earlier runs moved to")] = False,
) -> int:
    """Start a level on this machine, without containers. Again on a running level: change only what differs."""
    call = invocation(context)
    names = (*(components or ()), *_names(only))
    request = Request(level, config, names, _names(without), tuple(settings or ()), port_offset)
    prepared = bootstrap.prepare(request, chosen_data_dir(data_dir, call.environ), reset=reset)
    _announce(call, prepared)
    if prepared.is_running:
        call.say(up_report.difference(bootstrap.apply(prepared)))
    elif not detach:
        return _foreground(call, prepared)
    else:
        bootstrap.start_detached(prepared)
    local_context.write(prepared.data_dir, call.environ)
    rows = _wait_healthy(call, prepared, seconds("--wait", wait) if wait else WAIT_DEFAULT_SEC)
    if absent := [row["component"] for row in rows if row["status"] not in SERVING]:
        _say_why(call, prepared.data_dir, absent)
    else:
        call.say(_how_to_use(prepared, call.environ))
    return exit_status.OK if status_service.is_all_healthy(rows) else exit_status.FAILED


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _announce(call: Invocation, prepared: Prepared) -> None:
    plan = prepared.plan
    call.say(f"level {plan.level}, data in {prepared.data_dir}")
    rows = [[p.name, up_report.addresses(p), p.data_dir, p.log_path] for p in plan.programs]
    call.say(render(["COMPONENT", "ADDRESS", "DATA", "LOG"], rows))
    for name, reason in prepared.resolution.left_out:
        call.say(f"left out: {name}: {reason}")
    for move in prepared.resolution.ports.moves:
        call.say(f"moved: {move.component} {move.port} {move.wanted} -> {move.assigned} ({move.reason})")
    if prepared.secrets_made:
        call.say(f"made secrets in {prepared.data_dir / 'secrets'}: {', '.join(prepared.secrets_made)}")


def _foreground(call: Invocation, prepared: Prepared) -> int:
    local_context.write(prepared.data_dir, call.environ)
    call.say(_how_to_use(prepared, call.environ))
    call.say("logs follow; Ctrl-C stops everything")
    screen = TerminalScreen(call.stdout, [program.name for program in prepared.plan.programs], color=call.has_color)
    try:
        bootstrap.run_here(prepared, screen.show)
    finally:
        screen.close()
    return _stopped(call, prepared.data_dir)


def _stopped(call: Invocation, data_dir: Path) -> int:
    """The proof, as `photonctl down` gives it."""
    rest = take_down(data_dir)
    for resource in rest:
        call.warn(f"left over: {resource}")
    call.say("everything is stopped" if not rest else "not everything could be removed")
    return exit_status.FAILED if rest else exit_status.OK


def _wait_healthy(call: Invocation, prepared: Prepared, limit_sec: float) -> list[dict[str, Any]]:
    """Show the status once nothing is on its way any more, or the time is over; its rows."""

    def is_settled() -> bool:
        local = bootstrap.status(prepared.data_dir)
        phases = {item["component"]: item["phase"] for item in local["components"]} if local else {}
        pending = [name for name in phases if phases[name] not in ("up", "failed", "blocked", "stopped")]
        return bool(phases) and not pending

    until(is_settled, limit_sec)
    rows = status_service.rows((), (), call.environ, prepared.data_dir)
    call.show(status_listing(rows))
    return rows


def _say_why(call: Invocation, data_dir: Path, components: list[str]) -> None:
    """The last lines of those that do not serve."""
    files = log_follow.files(data_dir, components)
    for name, line in log_follow.lines(files, Filter(), FAILURE_LINES, follow=False):
        call.say(f"{name} | {text_of(line)}")
    call.say('more with "photonctl logs"; "photonctl down" stops everything')


def _how_to_use(prepared: Prepared, environ: Mapping[str, str]) -> str:
    text = up_report.how_to_use(prepared.plan, str(prepared.data_dir), _aws())
    if prepared.data_dir == chosen_data_dir(None, environ):
        return text
    return f"{text}\nfor other commands: export PHOTONCTL_DATA_DIR={shlex.quote(str(prepared.data_dir))}"


def _aws() -> str:
    """The word that starts the AWS CLI: found on the path, or beside this program; "" without one."""
    beside = Path(sys.executable).with_name("aws")
    return "aws" if shutil.which("aws") else str(beside) if os.access(beside, os.X_OK) else ""
