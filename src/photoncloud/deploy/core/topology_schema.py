"""Table: a topology document, key by key.

`parse` turns the nested mapping of a level file into a `Topology`, or says everything that is wrong with its shape:
unknown keys, wrong types, values outside their set. What the parts mean to each other is `topology_rules.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from photoncloud.deploy.core import topology as model
from photoncloud.deploy.core.topology import Component, Port, Resources, Topology

# Names become file names, unit names, host names and image names: the intersection of what all of them allow.
COMPONENT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
COMPONENT_NAME_MAX = 40
LEVEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
PORT_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
COMPONENTS_MAX = 500
TIMEOUT_MAX_SEC = 3600


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason against a document; `key` is the path of the offending leaf."""

    code: str
    key: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"error[{self.code}]: {'.'.join(self.key)}: {self.message}"


Reader = Callable[[Any], Any]


class _Refused(ValueError):
    pass


def parse(document: Mapping[str, Any]) -> tuple[Topology | None, tuple[Finding, ...]]:
    """The topology, or None with every finding. Never raises for any mapping."""
    found: list[Finding] = []
    _unknown_keys(document, ("level", "components"), (), found)
    level = _table(document.get("level", {}), ("level",), found)
    _unknown_keys(level, ("name", "extends"), ("level",), found)
    name = _read(level.get("name", ""), _matching(LEVEL_NAME, "a level's name"), ("level", "name"), found)
    tables = _table(document.get("components", {}), ("components",), found)
    if not tables:
        found.append(Finding("missing-key", ("components",), "a level has at least one component"))
    if len(tables) > COMPONENTS_MAX:
        found.append(Finding("out-of-range", ("components",), f"more than {COMPONENTS_MAX} components"))
    components = tuple(_component(str(key), value, found) for key, value in tables.items())
    if found:
        return None, tuple(found)
    return Topology(str(name), tuple(c for c in components if c), str(level.get("extends", ""))), ()


def _component(name: str, value: Any, found: list[Finding]) -> Component | None:
    path = ("components", name)
    table = _table(value, path, found)
    if not COMPONENT_NAME.match(name) or len(name) > COMPONENT_NAME_MAX:
        found.append(Finding("bad-value", path, "a component's name is lower-case letters, digits and single dashes"))
    _unknown_keys(table, tuple(_READERS), path, found)
    read = {key: _read(table[key], reader, (*path, key), found) for key, reader in _READERS.items() if key in table}
    if any(item is None for item in read.values()):
        return None
    ports = read.get("ports", ())
    return Component(
        name=name,
        **{
            "program": (f"{name}-server",),
            "extra": name,
            "health": _default_health(ports),
            "image": f"photoncloud/{name}",
            **read,
        },
    )


def _default_health(ports: tuple[Port, ...]) -> str:
    names = [port.name for port in ports if "tcp" in port.transports]
    return next((name for name in ("ops", "http", "client") if name in names), "")


def _unknown_keys(
    table: Mapping[str, Any], known: tuple[str, ...], path: tuple[str, ...], found: list[Finding]
) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            found.append(Finding("unknown-key", (*path, str(key)), f"unknown key{hint}"))


def _table(value: Any, path: tuple[str, ...], found: list[Finding]) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    found.append(Finding("wrong-type", path, "expected a table"))
    return {}


def _read(value: Any, reader: Reader, path: tuple[str, ...], found: list[Finding]) -> Any:
    try:
        return reader(value)
    except _Refused as refused:
        found.append(Finding("bad-value", path, str(refused)))
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused("expected a string")
    if "\0" in value:
        raise _Refused("a NUL character cannot be handed to a program")
    return value


def _matching(pattern: re.Pattern[str], what: str) -> Reader:
    def read(value: Any) -> str:
        if not pattern.match(_text(value)):
            raise _Refused(f"{value!r} is not {what}")
        return str(value)

    return read


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused("expected true or false")
    return value


def _integer(lowest: int, highest: int) -> Reader:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Refused("expected a whole number")
        if not lowest <= value <= highest:
            raise _Refused(f"{value} is outside {lowest}-{highest}")
        return value

    return read


def _one_of(allowed: tuple[str, ...]) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            near = get_close_matches(str(value), allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise _Refused(f"{value!r} is none of {', '.join(allowed)}{hint}")
        return str(value)

    return read


def _list_of(reader: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise _Refused("expected a list")
        return tuple(reader(item) for item in value)

    return read


def _program(value: Any) -> tuple[str, ...]:
    words: tuple[str, ...] = _list_of(_text)(value)
    if not words or not words[0]:
        raise _Refused("a program is at least one word")
    return words


def _map_of(key_reader: Reader, reader: Reader) -> Reader:
    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise _Refused("expected a table")
        return {key_reader(key): reader(item) for key, item in value.items()}

    return read


def _ports(value: Any) -> tuple[Port, ...]:
    if not isinstance(value, Mapping):
        raise _Refused("expected a table of ports")
    return tuple(_port(_matching(PORT_NAME, "a port's name")(name), item) for name, item in value.items())


_number = _integer(1, model.HIGHEST_PORT)


def _port(name: str, value: Any) -> Port:
    if not isinstance(value, Mapping):
        return Port(name, _number(value))
    unknown = set(value) - {"number", "protocol", "public"}
    if unknown or "number" not in value:
        raise _Refused(f"port {name}: a port is a number or {{number, protocol, public}}")
    protocol = _one_of(model.PROTOCOLS)(value.get("protocol", "tcp"))
    return Port(name, _number(value["number"]), protocol, _boolean(value.get("public", False)))


def _resources(value: Any) -> Resources:
    if not isinstance(value, Mapping):
        raise _Refused("expected a table")
    limits = {"memory_max_mb": (16, 1 << 24), "cpu_weight": (1, 10_000), "open_files_max": (64, 1 << 20)}
    unknown = set(value) - set(limits)
    if unknown:
        raise _Refused(f"unknown limit {min(unknown)!r} (known: {', '.join(limits)})")
    return Resources(**{key: _integer(*limits[key])(item) for key, item in value.items()})


def _config(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _Refused("expected a table")
    return {_text(key): _config_value(item) for key, item in value.items()}


def _config_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _config(value)
    if isinstance(value, (list, tuple)):
        return [_config_value(item) for item in value]
    if isinstance(value, (str, int, float)):
        return _text(value) if isinstance(value, str) else value
    raise _Refused(f"{type(value).__name__} cannot stand in a component's configuration")


_timeout = _integer(1, TIMEOUT_MAX_SEC)
_component_name = _matching(COMPONENT_NAME, "a component's name")

_READERS: dict[str, Reader] = {
    "program": _program,
    "extra": _text,
    "mode": _one_of(("standalone", "hybrid", "integrated")),
    "ports": _ports,
    "health": _matching(PORT_NAME, "a port's name"),
    "env": _map_of(_matching(VARIABLE_NAME, "a variable's name"), _text),
    "config": _config,
    "data": _text,
    "logs": _text,
    "needs": _map_of(_component_name, _one_of(model.CONDITIONS)),
    "optional": _boolean,
    "requires_host": _list_of(_one_of(model.HOST_FEATURES)),
    "readiness": _one_of(model.READINESS),
    "start_timeout_sec": _timeout,
    "stop_timeout_sec": _timeout,
    "restart": _one_of(model.RESTARTS),
    "resources": _resources,
    "capabilities": _list_of(_one_of(model.CAPABILITIES)),
    "network": _one_of(model.NETWORKS),
    "image": _text,
    "files": _map_of(_text, _text),
}
