"""Questions about configuration, answered by the components themselves: the command asks the program that runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from photoncloud.ctl.adapters.connection import Route, http
from photoncloud.ctl.adapters.endpoint import parse
from photoncloud.ctl.adapters.name_probe import resolve
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed, ServiceUnreachable, UsageWrong
from photoncloud.ctl.service.components import data_dir, local_status
from photoncloud.ctl.service.declared import declared, default_health_address
from photoncloud.deploy.adapters import server_command
from photoncloud.deploy.adapters.server_command import Answer
from photoncloud.deploy.adapters.state_file import StateFile

RUNNING = "running"


def installed() -> list[str]:
    """Components whose command is here, in the order of the levels."""
    return [name for name in declared() if server_command.path_of(name)]


def ask(component: str, arguments: Sequence[str], config: Path | None, environ: Mapping[str, str]) -> Answer:
    """One question to `<component>-server`, about `config` or the file it runs with here.

    Raises CommandFailed (69) when it is not installed or does not end.
    """
    config = config or local_config(component, environ)
    given = ["--config", str(config)] if config else []
    try:
        return server_command.ask(component, [*given, *arguments], environ)
    except FileNotFoundError as error:
        message = f"{component}-server is not installed"
        raise CommandFailed(message, f'pip install "photoncloud[{component}]"', exit_status.UNAVAILABLE) from error
    except TimeoutError as error:
        raise CommandFailed(str(error), "", exit_status.UNAVAILABLE) from error


def local_config(component: str, environ: Mapping[str, str]) -> Path | None:
    """The file the local supervisor wrote for a component, None when it does not run it."""
    plan = StateFile(data_dir(None, environ)).read_plan()
    program = plan.program(component) if plan else None
    return Path(program.config_path) if program else None


def complaint(answer: Answer) -> str:
    """What a component said against it, in one line if it broke."""
    text = answer.error.strip() or answer.output.strip() or f"it ended with status {answer.status}"
    return text.splitlines()[-1] if text.startswith("Traceback") else text


def check(component: str, config: Path | None, environ: Mapping[str, str]) -> tuple[int, list[dict[str, Any]]]:
    """(status of the loader, its problems)."""
    answer = ask(component, ["--check-config", "--format", "json"], config, environ)
    if answer.status == exit_status.OK:
        return answer.status, []
    try:
        found = json.loads(answer.output or answer.error)
    except ValueError:
        raise CommandFailed(f"{component}: {complaint(answer)}", "", answer.status) from None
    problems = found.get("problems", []) if isinstance(found, dict) else found
    return answer.status, [dict(problem) for problem in problems]


def effective(component: str, source: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Dotted leaf -> effective value, of a file alone or of what runs. Secrets are ***."""
    if source == RUNNING:
        return leaf_values(running(component, environ))
    arguments = ["--print-config", "--format", "json", "--config-only"]
    answer = ask(component, arguments, Path(source), environ)
    if answer.status != exit_status.OK:
        raise CommandFailed(f"{source}: {complaint(answer)}", "", answer.status)
    return leaf_values(json.loads(answer.output))


def running(component: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """`GET /config` of the ops listener, which answers on loopback only. Raises ServiceUnreachable."""
    address = _ops_address(component, environ)
    endpoint = parse(address)
    try:
        family, target = resolve(endpoint.host, endpoint.port)[0]
        answer = http(Route(target, family, endpoint.host), endpoint.authority, "/config")
        document = json.loads(answer.body)
    except (OSError, ValueError) as error:
        message = f"{component} at {address} does not answer /config: {error}"
        raise ServiceUnreachable(message, 'is it running? try "photonctl status"') from error
    if answer.status != 200 or not isinstance(document, dict):
        raise ServiceUnreachable(f"{component} at {address} answered /config with {answer.status}")
    return document


def leaf_values(document: Mapping[str, Any]) -> dict[str, Any]:
    """From what a component prints about its configuration: `leaves`, each with `key` and `value`."""
    found = document["leaves"]
    if isinstance(found, Mapping):  # of a running server's /config
        return {str(key): leaf["value"] for key, leaf in found.items()}
    return {str(leaf["key"]): leaf["value"] for leaf in found}


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Leaves whose values differ, sorted."""
    rows = []
    for key in sorted({*left, *right}):
        before, after = left.get(key), right.get(key)
        if before != after:
            rows.append({"key": key, "left": before, "right": after})
    return rows


def one_component(given: str) -> str:
    """The component meant when only one can be. Raises UsageWrong."""
    if given:
        return given
    found = installed()
    if len(found) != 1:
        raise UsageWrong(f"--component is needed (installed: {', '.join(found) or 'none'})")
    return found[0]


def _ops_address(component: str, environ: Mapping[str, str]) -> str:
    local = local_status(environ)
    for item in local["components"] if local else ():
        if item["component"] == component and item["health_address"]:
            return str(item["health_address"])
    known = declared().get(component)
    address = default_health_address(known) if known else ""
    if not address:
        raise UsageWrong(f"there is no component {component!r}")
    return address
