"""`photonctl status`: find components, ask each for its own health, one row a component."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from photoncloud.ctl.adapters.endpoint import parse
from photoncloud.ctl.core.status_merge import Answer, Sighting, merged, row
from photoncloud.ctl.service.components import local_status
from photoncloud.ctl.service.declared import declared, default_health_address
from photoncloud.deploy.adapters import health_client
from photoncloud.deploy.adapters.process_table import usage
from photoncloud.deploy.adapters.state_file import StateFile
from photoncloud.deploy.errors import StateUnreadable

HEALTH_TIMEOUT_SEC = 2.0
_GONE = ("stopped", "failed", "blocked", "waiting", "backoff")


def rows(
    names: Sequence[str], endpoints: Sequence[str], environ: Mapping[str, str], data_dir: Path | None = None
) -> list[dict[str, Any]]:
    """Rows in the order components were found; `names` narrows them (a name nobody knows is a row, not a gap).

    `data_dir`: the installation whose supervisor is asked, the default one when None.
    """
    found = merged(_sightings(endpoints, environ, data_dir))
    answers = asyncio.run(_ask_all(found))
    table = [row(seen, answer) for seen, answer in zip(found, answers, strict=True)]
    if not names:
        return table
    chosen = [line for line in table if line["component"] in names]
    unknown = [name for name in names if name not in {line["component"] for line in chosen}]
    return [*chosen, *(row(Sighting("", name, "", note="no source lists it"), Answer()) for name in unknown)]


def is_all_healthy(table: Sequence[Mapping[str, Any]]) -> bool:
    return bool(table) and all(line["status"] == "healthy" for line in table)


def _sightings(endpoints: Sequence[str], environ: Mapping[str, str], data_dir: Path | None) -> list[Sighting]:
    local = local_status(environ, data_dir)
    found = [] if local is None else _of_supervisor(local)
    found += [Sighting("endpoint", "", parse(text).authority) for text in endpoints]
    if found:
        return found
    addresses = ((component.name, default_health_address(component)) for component in declared().values())
    return [Sighting("plan", name, address) for name, address in addresses if address]


def _of_supervisor(local: Mapping[str, Any]) -> list[Sighting]:
    identifiers = _identifiers(Path(str(local["data_dir"])))
    found = []
    for item in local["components"]:
        is_stopped = item["phase"] in _GONE
        used = usage(item["pid"]) if item["pid"] else None
        found.append(
            Sighting(
                source="supervisor",
                component=item["component"],
                endpoint=item["health_address"] or next(iter(item["listeners"]), "").partition("/")[0],
                id=identifiers.get(item["component"], ""),
                is_stopped=is_stopped,
                uptime_sec=used.age_sec if used else None,
                note=f"{item['phase']}: {item['reason']}" if item["phase"] != "up" and item["reason"] else "",
                has_health=bool(item["health_address"]),
            )
        )
    return found


def _identifiers(data_dir: Path) -> dict[str, str]:
    try:
        plan = StateFile(data_dir).read_plan()
    except StateUnreadable:
        return {}
    programs = plan.programs if plan else ()
    return {program.name: str(program.config.get("photon", {}).get("component_id", "")) for program in programs}


async def _ask_all(found: Sequence[Sighting]) -> list[Answer]:
    return list(await asyncio.gather(*(_ask(seen) for seen in found)))


async def _ask(seen: Sighting) -> Answer:
    if not seen.endpoint:
        return Answer(failure="it has no address")
    if not seen.has_health:
        accepts = await health_client.accepts(seen.endpoint, HEALTH_TIMEOUT_SEC)
        return Answer({"status": "healthy"}) if accepts else Answer(failure="it accepts no connection")
    try:
        return Answer(document=json.loads(await health_client.fetch(seen.endpoint, HEALTH_TIMEOUT_SEC)))
    except TimeoutError:
        return Answer(failure=f"no answer within {HEALTH_TIMEOUT_SEC:g} s")
    except OSError as error:
        return Answer(failure=os.strerror(error.errno).lower() if error.errno else str(error))
    except ValueError as error:
        return Answer(failure=f"not a health answer: {error}")
