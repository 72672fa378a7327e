"""`photonctl debug bundle`: what a bug report needs, with secrets removed and looked for once more."""

from __future__ import annotations

import io
import json
import os
import platform
import sys
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photoncloud import __version__
from photoncloud.ctl.adapters.connection import Route, http
from photoncloud.ctl.adapters.endpoint import parse
from photoncloud.ctl.adapters.name_probe import resolve
from photoncloud.ctl.core.redaction import leaks, redacted
from photoncloud.ctl.errors import CommandFailed
from photoncloud.ctl.service.components import data_dir as chosen_data_dir
from photoncloud.ctl.service.components import local_status
from photoncloud.deploy.adapters import host_features, server_command
from photoncloud.deploy.adapters.state_file import StateFile
from photoncloud.deploy.core.run_plan import RunPlan, as_data

LOG_BYTES_MAX = 10 * 1024 * 1024
SECRET_FILE_BYTES_MAX = 64 * 1024
_PATHS = ("/health", "/metrics", "/degradation")


@dataclass
class _Contents:
    files: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, make: Callable[[], str]) -> None:
        """A part that cannot be made is named in the manifest; the others go on."""
        try:
            self.files[name] = make()
        except Exception as error:  # whatever is broken on this machine is what the report is about
            self.left_out[name] = f"{type(error).__name__}: {redacted(str(error))}"


def write(
    out: Path, environ: Mapping[str, str], *, given_data_dir: Path | None, components: Iterable[str], since_sec: float
) -> tuple[list[str], dict[str, str]]:
    """Write the archive (0600); (names inside, what was left out and why).

    Raises CommandFailed when a secret is still in it; nothing is written then.
    """
    folder = chosen_data_dir(given_data_dir, environ)
    known = known_secrets(folder)
    contents = _collected(folder, environ, set(components), time.time() - since_sec)
    files = {name: redacted(text, known) for name, text in contents.files.items()}
    manifest = {"made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "version": __version__}
    files["manifest.json"] = json.dumps({**manifest, "files": sorted(files), "left_out": contents.left_out}, indent=2)
    found = [f"{name}: {leak}" for name, text in files.items() for leak in leaks(text, known)]
    if found:
        raise CommandFailed(f"a secret is still in {', '.join(found)}", "nothing was written; please report this")
    _archive(out, files)
    return sorted(files), contents.left_out


def known_secrets(folder: Path) -> set[str]:
    """Every value in the secrets folder that must not leave: whole files, and the right sides of `key = value`."""
    found: set[str] = set()
    for path in (folder / "secrets").glob("*"):
        if path.suffix == ".pem" or not path.is_file() or path.stat().st_size > SECRET_FILE_BYTES_MAX:
            continue
        text = path.read_text(errors="replace").strip()
        found.add(text)
        for line in text.splitlines():
            key, equals, value = line.partition("=")
            if equals and key.strip().startswith("aws_"):
                found.add(value.strip())
    return found


def _collected(folder: Path, environ: Mapping[str, str], only: set[str], since: float) -> _Contents:
    contents = _Contents()
    contents.add("versions.json", lambda: _json(_versions()))
    contents.add("host.json", lambda: _json(_host()))
    contents.add("sockets.txt", _sockets)
    plan: RunPlan | None = None
    try:
        plan = StateFile(folder).read_plan()
    except Exception as error:
        contents.left_out["plan.json"] = str(error)
    if plan is not None:
        contents.add("plan.json", lambda: _json(as_data(plan)))
    status = local_status(environ, folder)
    contents.add("status.json", lambda: _json(status))
    for program in plan.programs if plan else ():
        if not only or program.name in only:
            _component(contents, program.name, Path(program.config_path), environ)
    for path in sorted((folder / "log").glob("*.log*")) if (folder / "log").is_dir() else ():
        is_wanted = not only or path.name.split(".")[0] in {*only, "supervisor"}
        if is_wanted and path.stat().st_mtime >= since:
            contents.add(f"log/{path.name}", lambda path=path: _tail(path))  # type: ignore[misc]
    for item in status["components"] if status else ():
        if item["health_address"] and (not only or item["component"] in only):
            for part in _PATHS:
                name = f"{item['component']}{part}"
                contents.add(name, lambda a=item["health_address"], p=part: _fetched(a, p))  # type: ignore[misc]
    return contents


def _component(contents: _Contents, name: str, config: Path, environ: Mapping[str, str]) -> None:
    def effective() -> str:
        answer = server_command.ask(name, ["--config", str(config), "--print-config"], environ)
        return answer.output or answer.error

    contents.add(f"{name}/config.toml", config.read_text)
    contents.add(f"{name}/effective.toml", effective)


def _versions() -> dict[str, Any]:
    from importlib.metadata import distributions

    packages = {str(item.metadata["Name"]): item.version for item in distributions()}
    return {"photoncloud": __version__, "python": sys.version, "packages": dict(sorted(packages.items()))}


def _host() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "features": sorted(host_features.available()),
        "memory": Path("/proc/meminfo").read_text().splitlines()[:3],
        "load": Path("/proc/loadavg").read_text().strip(),
    }


def _sockets() -> str:
    return "".join(f"# {name}\n{Path('/proc/net', name).read_text()}" for name in ("tcp", "tcp6", "udp", "udp6"))


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_BYTES_MAX))
        return file.read(LOG_BYTES_MAX).decode("utf-8", "replace")


def _fetched(address: str, path: str) -> str:
    endpoint = parse(address)
    family, target = resolve(endpoint.host, endpoint.port)[0]
    return http(Route(target, family, endpoint.host), endpoint.authority, path).body.decode("utf-8", "replace")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=str)


def _archive(out: Path, files: Mapping[str, str]) -> None:
    stem = out.name.removesuffix(".tar.gz")
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as sink, tarfile.open(fileobj=sink, mode="w:gz") as archive:
        for name, text in sorted(files.items()):
            data = text.encode()
            entry = tarfile.TarInfo(f"{stem}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o600, int(time.time())
            archive.addfile(entry, io.BytesIO(data))
