"""`photonctl status`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import age, exit_status
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import TimedOut
from photoncloud.ctl.invocation import Invocation, seconds
from photoncloud.ctl.service import status as service

app = application()

POLL_SEC = 0.5
WATCH_SEC = 2.0
COLUMNS = (
    Column("COMPONENT", "component"),
    Column("ID", "id"),
    Column("STATUS", "status"),
    Column("MODE", "mode"),
    Column("STAGE", "stage"),
    Column("VERSION", "version"),
    Column("UPTIME", lambda row: "<unknown>" if row["uptime_sec"] is None else age.age(row["uptime_sec"])),
    Column("ENDPOINT", "endpoint"),
    Column("REASON", "reason"),
)
WIDE = (
    Column("CHECKS", lambda row: [f"{name}={text}" for name, text in row["checks"].items()]),
    Column("BACKENDS", lambda row: [f"{name}={backend}" for name, backend in row["backends"].items()]),
)


@app.command(epilog=example("photonctl status -o wide"))
def status(
    context: typer.Context,
    components: Annotated[list[str] | None, typer.Argument(help="only these", metavar="COMPONENT")] = None,
    endpoint: Annotated[list[str] | None, typer.Option(help="ask this address too (repeatable)")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="the local installation to look at")] = None,
    wait: Annotated[str | None, typer.Option(help="poll until healthy, at most this long", metavar="TIME")] = None,
) -> int:
    """Health of every component that can be found; 0 when every row is healthy."""
    call = invocation(context)

    def table() -> list[dict[str, Any]]:
        return service.rows(components or (), endpoint or (), call.environ, data_dir)

    if wait is not None:
        return _wait(call, table, seconds("--wait", wait))
    if call.flags.watch:
        _watch(call, table)
    rows = table()
    call.show(listing(rows))
    return exit_status.OK if service.is_all_healthy(rows) else exit_status.FAILED


def listing(rows: list[dict[str, Any]]) -> Listing:
    return Listing("Status", rows, COLUMNS, WIDE, name="component", is_array=True)


def _wait(call: Invocation, table: Any, limit_sec: float) -> int:
    deadline = time.monotonic() + limit_sec
    while not service.is_all_healthy(rows := table()):
        if time.monotonic() >= deadline:
            call.show(listing(rows))
            raise TimedOut(f"not everything is healthy after {limit_sec:g} s")
        time.sleep(POLL_SEC)
    call.show(listing(rows))
    return exit_status.OK


def _watch(call: Invocation, table: Any) -> None:
    """Rows as they change, until interrupted."""
    shown: dict[str, tuple[Any, ...]] = {}
    is_first = True
    while True:
        rows = table()
        changed = [row for row in rows if shown.get(row["component"]) != (row["status"], row["reason"])]
        shown |= {row["component"]: (row["status"], row["reason"]) for row in rows}
        if changed:
            columns = COLUMNS if call.form != "wide" else (*COLUMNS, *WIDE)
            _show_rows(call, changed, columns, show_headers=is_first)
            is_first = False
        time.sleep(WATCH_SEC)


def _show_rows(call: Invocation, rows: list[dict[str, Any]], columns: Any, *, show_headers: bool) -> None:
    from photoncloud.ctl.core.listing import render

    if call.form == "json":
        import json

        for row in rows:
            call.print(json.dumps(row, ensure_ascii=False))
        return
    form = "table" if call.form == "wide" else call.form
    text = render(Listing("Status", rows, columns, name="component", is_array=True), form, show_headers=show_headers)
    call.print(text)
