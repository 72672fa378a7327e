"""`photonctl deploy`: render, check, graph, ports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from photoncloud import __version__
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status, graph_text
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import UsageWrong
from photoncloud.deploy import bootstrap
from photoncloud.deploy.core.graph import graph as graph_of
from photoncloud.deploy.core.port_plan import plan_ports
from photoncloud.deploy.core.systemd import BIN_DIR
from photoncloud.deploy.core.topology import Topology
from photoncloud.deploy.service import check as checking
from photoncloud.deploy.service import render as rendering
from photoncloud.deploy.service.resolve import Request, highest_level, topology

app = application(help="Render and check compose files, units and plans.")

Level = Annotated[str, typer.Option(help="level; the highest that can run here by default")]
File = Annotated[Path | None, typer.Option("--config", help="a topology file of your own", metavar="FILE")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="C:KEY=VALUE (repeatable)")]


@app.command(epilog=example("photonctl deploy render --level 0a --format compose --out ./photon"))
def render(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="folder to write into")],
    form: Annotated[str, typer.Option("--format", help=f"one of {', '.join(rendering.FORMATS)}")] = "compose",
    level: Level = "",
    file: File = None,
    settings: Settings = None,
    image_prefix: Annotated[str, typer.Option(help="in front of every image name")] = "",
    bin_dir: Annotated[str, typer.Option(help="units: where the commands are installed")] = BIN_DIR,
    host: Annotated[str, typer.Option(help="units: this host's address for other hosts")] = "",
    data_dir: Annotated[str, typer.Option(help="env: where data will be")] = rendering.ENV_DATA_DIR,
    port_offset: Annotated[int, typer.Option(help="units and env: added to every port")] = 0,
) -> int:
    """Write a level as a compose file, as systemd units, or as plain variables and configuration."""
    call = invocation(context)
    if form not in rendering.FORMATS:
        raise UsageWrong(f"--format {form!r} is none of {', '.join(rendering.FORMATS)}")
    options = rendering.Options(image_prefix, bin_dir, host, data_dir, port_offset)
    for path in rendering.write(rendering.rendered(_topology(level, file, settings), form, options), out):
        call.say(f"wrote {path}")
    return exit_status.OK


@app.command(epilog=example("photonctl deploy check --compose ./compose.yaml"))
def check(
    context: typer.Context,
    compose: Annotated[Path | None, typer.Option(help="a compose file, ours or not", metavar="FILE")] = None,
    schema: Annotated[Path | None, typer.Option(help="JSON Schema of compose files", metavar="FILE")] = None,
    units: Annotated[Path | None, typer.Option(help="a folder of rendered units", metavar="DIR")] = None,
    level: Level = "",
    file: File = None,
) -> int:
    """0 valid (and equal to the level), 2 different, 78 invalid."""
    call = invocation(context)
    if compose is not None and units is not None:
        raise UsageWrong("--compose and --units are two questions")
    if compose is not None:
        report = checking.compose_file(compose, schema)
    elif units is not None:
        report = checking.units(units, _topology(level, file, None) if level or file else None)
    else:
        report = checking.level(_topology(level, file, None))
    for kind, lines in (("invalid", report.problems), ("different", report.differences), ("note", report.notes)):
        for line in lines:
            call.warn(f"{kind}: {line}")
    if report.exit_status == exit_status.OK:
        call.say("valid")
    return report.exit_status


@app.command(epilog=example("photonctl deploy graph --level 0a --format mermaid"))
def graph(
    context: typer.Context,
    level: Level = "",
    file: File = None,
    form: Annotated[str, typer.Option("--format", help="dot, mermaid or json")] = "mermaid",
) -> int:
    """Who needs whom."""
    call = invocation(context)
    found = graph_of(_topology(level, file, None), __version__)
    if form not in graph_text.FORMS and form != "json":
        raise UsageWrong(f"--format {form!r} is none of {', '.join((*graph_text.FORMS, 'json'))}")
    call.print(json.dumps(found.as_json(), indent=2) if form == "json" else graph_text.render(found, form))
    return exit_status.OK


@app.command(epilog=example("photonctl deploy ports --level 0a"))
def ports(
    context: typer.Context,
    level: Level = "",
    file: File = None,
    port_offset: Annotated[int, typer.Option(help="added to every port")] = 0,
) -> int:
    """Which port each listener gets on one machine."""
    call = invocation(context)
    found = _topology(level, file, None)
    plan = plan_ports(found, offset=port_offset, may_bind_low=bootstrap.this_host().may_bind_low)
    moved = {(move.component, move.port): move.reason for move in plan.moves}
    rows = [
        {
            "component": component.name,
            "port": port.name,
            "number": plan.number(component.name, port.name),
            "protocol": port.protocol,
            "public": port.public,
            "moved": moved.get((component.name, port.name), ""),
        }
        for component in found.components
        for port in component.ports
    ]
    keys = ("component", "port", "number", "protocol", "public", "moved")
    call.show(Listing("Port", rows, [Column(key.upper(), key) for key in keys], name="number"))
    return exit_status.OK


def _topology(level: str, file: Path | None, settings: list[str] | None) -> Topology:
    if not level and file is None:
        level = highest_level(bootstrap.this_host())
    return topology(Request(level, file, settings=tuple(settings or ())))
