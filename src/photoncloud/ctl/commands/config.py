"""`photonctl config`: explain, check, diff, schema, show, migrate. The components themselves answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.invocation import Invocation
from photoncloud.ctl.service import configuration as service
from photoncloud.deploy.adapters.server_command import Answer

app = application(help="Explain, check, compare and migrate configuration.")

COMPONENT_OPTION = typer.Option("--component", help="whose configuration", metavar="C")
File = Annotated[Path | None, typer.Option("--config", help="file to read, as the server's --config", metavar="FILE")]
One = Annotated[str, COMPONENT_OPTION]
PROBLEM_COLUMNS = (
    Column("COMPONENT", "component"),
    Column("CODE", "code"),
    Column("KEY", "key"),
    Column("WHERE", lambda row: _place(row.get("origin") or {})),
    Column("MESSAGE", "message"),
)


@app.command(epilog=example("photonctl config explain photon.mode --component lightningstor"))
def explain(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="leaf, prefix or glob")],
    component: One = "",
    config: File = None,
) -> int:
    """Value, origin, and what it overrode."""
    call = invocation(context)
    form = ["--format", "json"] if call.form == "json" else []
    answer = service.ask(service.one_component(component), ["--explain", key, *form], config, call.environ)
    return _passed_on(call, answer)


@app.command(epilog=example("photonctl config check --component lightningstor --config ./lightningstor.toml"))
def check(
    context: typer.Context,
    component: Annotated[list[str] | None, COMPONENT_OPTION] = None,
    config: File = None,
) -> int:
    """Load exactly as the server does; 78 when one would refuse to start."""
    call = invocation(context)
    names = component or service.installed()
    if not names:
        raise UsageWrong("no component is installed here", "--component C")
    if config is not None and len(names) > 1:
        raise UsageWrong("--config belongs to one component", "--component C")
    rows: list[dict[str, Any]] = []
    worst = exit_status.OK
    for name in names:
        status, problems = service.check(name, config, call.environ)
        worst = max(worst, status)
        rows += [{"component": name, **problem} for problem in problems]
        if status == exit_status.OK:
            call.say(f"{name}: ok")
    if rows or call.form != "table":
        call.show(Listing("ConfigCheck", rows, PROBLEM_COLUMNS, name="key"))
    return worst


@app.command(epilog=example("photonctl config show --component lightningstor --origin"))
def show(
    context: typer.Context,
    component: One = "",
    config: File = None,
    origin: Annotated[bool, typer.Option("--origin", help="say where each value comes from")] = False,
) -> int:
    """The effective configuration; secrets are ***."""
    call = invocation(context)
    form = ["--format", "json"] if call.form == "json" else []
    answer = service.ask(service.one_component(component), ["--print-config", *form], config, call.environ)
    if answer.status == exit_status.OK and not origin and call.form != "json":
        kept = [line for line in answer.output.splitlines() if not line.lstrip().startswith("#")]
        answer = Answer(answer.status, "\n".join(line.partition("  # ")[0] for line in kept), answer.error)
    return _passed_on(call, answer)


@app.command(epilog=example("photonctl config diff ./old.toml ./new.toml --component lightningstor"))
def diff(
    context: typer.Context,
    left: Annotated[str, typer.Argument(help="a file, or `running`")],
    right: Annotated[str, typer.Argument(help="a file, or `running`")] = "",
    component: One = "",
    against_running: Annotated[bool, typer.Option("--against-running", help="compare the file with what runs")] = False,
) -> int:
    """Leaves whose effective values differ: 0 equal, 1 different."""
    call = invocation(context)
    if bool(right) == against_running:
        raise UsageWrong("give two sources, or one and --against-running")
    name = service.one_component(component)
    before = service.effective(name, left, call.environ)
    after = service.effective(name, service.RUNNING if against_running else right, call.environ)
    rows = service.differences(before, after)
    columns = [Column("KEY", "key"), Column("LEFT", _json_of("left")), Column("RIGHT", _json_of("right"))]
    if rows or call.form != "table":
        call.show(Listing("ConfigDiff", rows, columns, name="key"))
    return exit_status.FAILED if rows else exit_status.OK


@app.command(epilog=example("photonctl config schema lightningstor --format markdown"))
def schema(
    context: typer.Context,
    component: Annotated[str, typer.Argument(help="whose schema")],
    form: Annotated[str, typer.Option("--format", help="json, toml or markdown")] = "json",
) -> int:
    """JSON Schema 2020-12, an example file, or a reference."""
    call = invocation(context)
    if form not in ("json", "toml", "markdown"):
        raise UsageWrong(f"--format {form!r} is none of json, toml, markdown")
    return _passed_on(call, service.ask(component, ["--print-schema", form], None, call.environ))


@app.command(epilog=example("photonctl config migrate ./lightningstor.toml --write"))
def migrate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="a configuration file")],
    write: Annotated[bool, typer.Option("--write", help="replace the file; the old one stays beside it")] = False,
) -> int:
    """Bring a file to the present config_version; comments stay. Without --write the difference is shown."""
    from photoncloud.ctl.service import file_migration

    call = invocation(context)
    found = file_migration.migrated(file)
    if not found.difference:
        call.say(f"{file} is at version {found.version}")
        return exit_status.OK
    call.print(found.difference.rstrip("\n"))
    if write:
        backup = file_migration.write(file, found)
        call.say(f"wrote {file}; the old one is {backup}")
    return exit_status.OK


def _passed_on(call: Invocation, answer: Answer) -> int:
    """The component's own words and status."""
    if answer.status != exit_status.OK:
        raise CommandFailed(service.complaint(answer), "", answer.status)
    call.print(answer.output.rstrip("\n"))
    return exit_status.OK


def _place(origin: dict[str, Any]) -> str:
    if origin.get("kind") == "file":
        return f"{origin.get('path')}:{origin.get('line')}:{origin.get('column')}"
    return f"{origin.get('kind', '')} {origin.get('name', '')}".strip()


def _json_of(key: str) -> Any:
    return lambda row: json.dumps(row[key], ensure_ascii=False)
