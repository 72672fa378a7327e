"""`photonctl ps`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import age, exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.service.components import data_dir as chosen_data_dir
from photoncloud.deploy import bootstrap
from photoncloud.deploy.adapters.process_table import usage

app = application()

COLUMNS = (
    Column("COMPONENT", "component"),
    Column("PID", "pid"),
    Column("STATUS", "status"),
    Column("RESTARTS", "restarts"),
    Column("CPU", lambda row: None if row["cpu_sec"] is None else f"{row['cpu_sec']:.1f}s"),
    Column("RSS", lambda row: None if row["resident_bytes"] is None else f"{row['resident_bytes'] >> 20}Mi"),
    Column("UPTIME", lambda row: None if row["uptime_sec"] is None else age.age(row["uptime_sec"])),
    Column("PORTS", "listeners"),
)
WIDE = (Column("REASON", "reason"), Column("LOG", "log"))


@app.command(epilog=example("photonctl ps -o wide"))
def ps(
    context: typer.Context,
    components: Annotated[list[str] | None, typer.Argument(help="only these", metavar="COMPONENT")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="the installation to look at")] = None,
) -> int:
    """Processes of the local supervisor."""
    call = invocation(context)
    answer = bootstrap.ask(chosen_data_dir(data_dir, call.environ), "status")
    rows = [_row(item) for item in answer["components"] if not components or item["component"] in components]
    extra = {"level": answer["level"], "dataDir": answer["data_dir"], "supervisorPid": answer["pid"]}
    call.show(Listing("Process", rows, COLUMNS, WIDE, name="component", extra=extra))
    return exit_status.OK


def _row(item: dict[str, Any]) -> dict[str, Any]:
    used = usage(item["pid"]) if item["pid"] else None
    return {
        "component": item["component"],
        "pid": item["pid"],
        "status": item["phase"] if item["phase"] != "up" or item["healthy"] else "unhealthy",
        "restarts": item["restarts"],
        "cpu_sec": used.cpu_sec if used else None,
        "resident_bytes": used.resident_bytes if used else None,
        "uptime_sec": used.age_sec if used else None,
        "listeners": item["listeners"],
        "reason": item["reason"],
        "log": item["log"],
    }
