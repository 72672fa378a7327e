"""Ask a component's own command (`<component>-server --check-config` and its like) without importing the component."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_SEC = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    output: str
    error: str


def path_of(component: str) -> str | None:
    """The command beside our interpreter, else on PATH; None when it is not installed."""
    beside = Path(sys.executable).with_name(f"{component}-server")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which(f"{component}-server")


def ask(component: str, arguments: Sequence[str], environ: Mapping[str, str], directory: Path | None = None) -> Answer:
    """Run it to its end. Raises FileNotFoundError when it is not installed, TimeoutError when it does not end."""
    program = path_of(component)
    if program is None:
        raise FileNotFoundError(2, "not installed", f"{component}-server")
    try:
        done = subprocess.run(
            [program, *arguments],
            env=dict(environ),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SEC,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{component}-server {' '.join(arguments)} did not end") from error
    return Answer(done.returncode, done.stdout, done.stderr)


def reloadable_leaves(component: str, environ: Mapping[str, str]) -> list[str]:
    """Dotted leaves the component takes on SIGHUP, by its schema; [] when it cannot be asked."""
    try:
        answer = ask(component, ["--print-schema", "json"], environ)
        return sorted(_reloadable(json.loads(answer.output), "")) if answer.status == 0 else []
    except (OSError, ValueError):
        return []


def _reloadable(schema: Any, path: str) -> list[str]:
    """Leaves marked `x-reload` in a JSON Schema, `$ref` followed within the document."""
    return list(_walk(schema, schema, path, depth=0))


def _walk(schema: Any, root: Any, path: str, depth: int) -> list[str]:
    if not isinstance(schema, Mapping) or depth > 32:
        return []
    if isinstance(reference := schema.get("$ref"), str) and reference.startswith("#/"):
        target: Any = root
        for part in reference[2:].split("/"):
            target = target.get(part, {}) if isinstance(target, Mapping) else {}
        schema = {**target, **schema}
    found = [path] if schema.get("x-reload") is True and path else []
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        for name, part in properties.items():
            found += _walk(part, root, f"{path}.{name}" if path else str(name), depth + 1)
    return found
