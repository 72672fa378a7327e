"""`photonctl check-connection`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photoncloud.ctl.adapters.endpoint import Endpoint, parse
from photoncloud.ctl.adapters.tls_probe import TlsFiles
from photoncloud.ctl.commands.application import application, example, invocation
from photoncloud.ctl.core import exit_status, layer_verdict
from photoncloud.ctl.core.listing import Column, Listing
from photoncloud.ctl.errors import UsageWrong
from photoncloud.ctl.invocation import Invocation
from photoncloud.ctl.service import connection
from photoncloud.ctl.service.components import local_status
from photoncloud.ctl.service.connection import KINDS, Options
from photoncloud.ctl.service.self_check import own_address

app = application()

COLUMNS = (
    Column("ENDPOINT", "endpoint"),
    Column("KIND", "kind"),
    Column("LAYER", "layer"),
    Column("STATUS", "status"),
    Column("DETAIL", "detail"),
)


@app.command(epilog=example("photonctl check-connection --endpoint http://127.0.0.1:9003"))
def check_connection(
    context: typer.Context,
    endpoint: Annotated[list[str] | None, typer.Option(help="URL or HOST:PORT (repeatable)")] = None,
    kind: Annotated[str, typer.Option(help=f"protocol: {', '.join(KINDS)}")] = "",
    every: Annotated[bool, typer.Option("--all", help="every endpoint of the context and of what runs here")] = False,
    own: Annotated[bool, typer.Option("--self", help="the component PHOTON_COMPONENT names (health checks)")] = False,
    ca: Annotated[str, typer.Option(help="certificate authority", metavar="FILE")] = "",
    cert: Annotated[str, typer.Option(help="client certificate", metavar="FILE")] = "",
    key: Annotated[str, typer.Option(help="its key", metavar="FILE")] = "",
    token_file: Annotated[Path | None, typer.Option(help="a token; for s3 an AWS credentials file")] = None,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="hellos for the latency layer")] = 20,
    latency_budget_ms: Annotated[float, typer.Option(min=0.001, help="p99 may not be above")] = 500.0,
) -> int:
    """Nine layers to a service, in order; the exit status is 10 + the number of the first that fails."""
    call = invocation(context)
    if kind and kind not in KINDS:
        raise UsageWrong(f"--kind {kind!r} is none of {', '.join(KINDS)}")
    targets = _targets(call, endpoint or [], every=every, own=own)
    if not targets:
        raise UsageWrong("nothing to check", "--endpoint URL, --all or --self")
    may_use_context = bool(call.context.token_file) and not endpoint and not own
    token_file = token_file or (Path(call.context.token_file) if may_use_context else None)
    options = Options(kind, TlsFiles(ca, cert, key), token_file, 1 if own else samples, latency_budget_ms)
    worst = exit_status.OK
    rows = []
    for target in targets:
        found_kind, results = connection.examine(target, options)
        worst = max(worst, layer_verdict.exit_status(results))
        common = {"endpoint": target.text, "kind": found_kind}
        rows += [
            {**common, "layer": r.layer, "status": r.status, "detail": r.detail, "milliseconds": r.milliseconds}
            for r in results
        ]
        if call.form == "table":
            call.print("\n".join(connection.lines(target, found_kind, results)))
    if call.form != "table":
        call.show(Listing("ConnectionCheck", rows, COLUMNS, name="layer", extra={"exitStatus": worst}))
    return worst


def _targets(call: Invocation, given: list[str], *, every: bool, own: bool) -> list[Endpoint]:
    texts = list(given)
    if own:
        texts.append(own_address(call.environ))
    if every:
        local = local_status(call.environ)
        texts += [item["health_address"] for item in (local["components"] if local else ()) if item["health_address"]]
        texts += [*call.context.chainfire_endpoints]
        if not local or call.flags.server:
            texts.append(call.context.server)
    return [parse(text) for text in dict.fromkeys(texts)]
