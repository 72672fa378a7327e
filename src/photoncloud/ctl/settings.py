"""`${XDG_CONFIG_HOME:-~/.config}/photonctl/config.toml`: contexts, and how output looks (photonctl.md §3.1).

Precedence: flag > `PHOTONCTL_*` variable > file > default. The file must be 0600 when a context holds a token.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from photoncloud.ctl.errors import SettingsWrong
from photoncloud.deploy.core import toml_text
from photoncloud.runtime.files import make_directory, replace_atomically

DEFAULT_SERVER = "http://127.0.0.1:8081"
FILE_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Context:
    """Where commands go, and with which identity."""

    server: str = DEFAULT_SERVER
    project: str = "default"
    token_file: str = ""
    token_command: tuple[str, ...] = ()
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    insecure_skip_verify: bool = False
    chainfire_endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    current_context: str = "local"
    contexts: Mapping[str, Context] = field(default_factory=dict)
    output: str = "table"
    color: str = "auto"
    pager: tuple[str, ...] = ()

    def context(self, name: str) -> Context:
        """Raises SettingsWrong for an unknown one; `local` always exists."""
        if name == "local":
            return self.contexts.get(name, Context())
        if name not in self.contexts:
            known = ", ".join(sorted({"local", *self.contexts}))
            raise SettingsWrong(f"there is no context {name!r} (there are: {known})")
        return self.contexts[name]


def path(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME", "/"), ".config")
    return Path(home) / "photonctl" / "config.toml"


def load(environ: Mapping[str, str]) -> Settings:
    """The file with the variables laid over it; defaults where there is none. Raises SettingsWrong."""
    file = path(environ)
    settings = _from_file(file) if file.exists() else Settings()
    if name := environ.get("PHOTONCTL_CONTEXT"):
        settings = replace(settings, current_context=name)
    if output := environ.get("PHOTONCTL_OUTPUT"):
        settings = replace(settings, output=output)
    overrides = {
        "server": environ.get("PHOTONCTL_SERVER"),
        "project": environ.get("PHOTONCTL_PROJECT"),
        "token_file": environ.get("PHOTONCTL_TOKEN_FILE"),
    }
    given = {key: value for key, value in overrides.items() if value}
    if given:
        current = settings.context(settings.current_context)
        changed = replace(current, **given)  # type: ignore[arg-type]
        settings = replace(settings, contexts={**settings.contexts, settings.current_context: changed})
    return settings


def load_file(environ: Mapping[str, str]) -> Settings:
    """The file alone, to change and save it."""
    file = path(environ)
    return _from_file(file) if file.exists() else Settings()


def save(settings: Settings, environ: Mapping[str, str]) -> None:
    """Replace the file (0600, its folder 0700)."""
    file = path(environ)
    document: dict[str, Any] = {"current_context": settings.current_context, "output": settings.output}
    document |= {"color": settings.color, "pager": list(settings.pager)}
    document["contexts"] = {name: _written(context) for name, context in settings.contexts.items()}
    make_directory(file.parent)
    replace_atomically(file, toml_text.dumps(document).encode())


def _written(context: Context) -> dict[str, Any]:
    defaults = asdict(Context())
    return {key: value for key, value in asdict(context).items() if value != defaults[key] or key == "server"}


def _from_file(file: Path) -> Settings:
    try:
        data = file.read_bytes()
        mode = stat.S_IMODE(file.stat().st_mode)
        document = tomllib.loads(data[:FILE_BYTES_MAX].decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsWrong(f"{file}: {error}") from error
    _demand_keys(document, Settings, str(file))
    tables = document.get("contexts", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise SettingsWrong(f"{file}: contexts is a table of tables")
    contexts = {name: _context(table, f"{file}: contexts.{name}") for name, table in tables.items()}
    if mode & 0o077 and any(context.token_file or context.token_command for context in contexts.values()):
        raise SettingsWrong(f"{file} names tokens and can be read by others", f"chmod 600 {file}")
    plain = {key: document[key] for key in ("current_context", "output", "color") if key in document}
    return Settings(**plain, contexts=contexts, pager=tuple(document.get("pager", ())))


def _context(table: Mapping[str, Any], where: str) -> Context:
    _demand_keys(table, Context, where)
    defaults = asdict(Context())
    for key, value in table.items():
        expected = list if isinstance(defaults[key], tuple) else type(defaults[key])
        if not isinstance(value, expected):
            raise SettingsWrong(f"{where}.{key}: expected a {expected.__name__}")
    values: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in table.items()}
    return Context(**values)


def _demand_keys(table: Mapping[str, Any], model: type, where: str) -> None:
    known = tuple(model.__dataclass_fields__)  # type: ignore[attr-defined]
    for key in table:
        if key not in known:
            raise SettingsWrong(f"{where}: unknown key {key!r} (known: {', '.join(known)})")
