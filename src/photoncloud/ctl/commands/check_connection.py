"""`photonctl check-connection`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
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
from photoncloud.ctl.service.components import declared, default_health_address, local_status
from photoncloud.ctl.service.connection import KINDS, Options

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
    token_file = token_file or (Path(call.context.token_file) if call.context.token_file and not endpoint else None)
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


def own_address(environ: Mapping[str, str]) -> str:
    """Where the component of this container answers: variable, configuration file, default. Raises UsageWrong."""
    name = environ.get("PHOTON_COMPONENT", "")
    known = declared().get(name)
    if not name:
        raise UsageWrong("--self needs PHOTON_COMPONENT")
    address = environ.get("PHOTON__OPS__ADDR") or _configured(
        environ.get("PHOTON_CONFIG") or f"/etc/{name}/config.toml"
    )
    address = address or (default_health_address(known) if known else "")
    if not address:
        raise UsageWrong(f"--self: the health address of {name!r} is not known")
    host, _, port = address.rpartition(":")
    # Listening on every address means answering on loopback.
    return f"{'127.0.0.1' if host in ('', '0.0.0.0', '[::]') else host}:{port}"


def _configured(path: str) -> str:
    try:
        document = tomllib.loads(Path(path).read_text())
        return str(document["photon"]["ops"]["addr"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
