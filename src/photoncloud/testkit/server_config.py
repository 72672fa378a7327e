"""The configuration file of a server under test: the test's tables, and loopback with any port for every listener."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel

from photoncloud.config.marks import marks_of
from photoncloud.testkit.ports import ANY_PORT

FILE_NAME = "server.toml"


def write_config(component: str, directory: Path, settings: Mapping[str, Any], photon: Mapping[str, Any]) -> Path:
    """`<directory>/server.toml` for `component`; returns its path."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / FILE_NAME
    document = {
        "photon": laid_over(photon_defaults(directory), photon),
        "standalone": laid_over(loopback_listeners(component), settings),
    }
    file.write_text(tomlkit.dumps(document), "utf-8")
    return file


def photon_defaults(directory: Path) -> dict[str, Any]:
    return {"mode": "standalone", "state_dir": str(directory / "state"), "ops": {"addr": ANY_PORT}}


def loopback_listeners(component: str) -> dict[str, Any]:
    """127.0.0.1:0 for every leaf of the component's Settings that is marked as a listener and is on by default."""
    try:
        module = importlib.import_module(f"photoncloud.{component.replace('-', '_')}.settings")
    except ModuleNotFoundError:
        return {}
    return _listeners(module.Settings)


def _listeners(model: type[BaseModel]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            if inner := _listeners(field.annotation):
                found[name] = inner
        elif marks_of(field).listener and field.default:
            found[name] = ANY_PORT
    return found


def laid_over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """`upper` over `lower`, table by table."""
    result = dict(lower)
    for key, value in upper.items():
        below = result.get(key)
        result[key] = laid_over(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return result
