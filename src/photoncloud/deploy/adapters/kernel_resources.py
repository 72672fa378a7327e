"""List, and on `down` remove, what components may have made in the kernel under our names."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable

from photoncloud.deploy.core.resource_list import Resource, is_ours, listed

COMMAND_TIMEOUT_SEC = 10.0


def ours() -> tuple[Resource, ...]:
    """Network namespaces, links and nftables tables that bear our names."""
    found = {"netns": _namespaces(), "link": _links(), "nft-table": _tables()}
    return listed({kind: [name for name in names if is_ours(kind, name.split()[-1])] for kind, names in found.items()})


def remove(resource: Resource) -> bool:
    """Remove one resource of ours; False when the machine would not."""
    remover = _REMOVERS.get(resource.kind)
    return remover is not None and is_ours(resource.kind, resource.name.split()[-1]) and remover(resource.name)


def _namespaces() -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir("/run/netns")
    return []


def _links() -> list[str]:
    with contextlib.suppress(OSError):
        return os.listdir("/sys/class/net")
    return []


def _tables() -> list[str]:
    """`FAMILY NAME` of every nftables table; empty where nft is missing or not ours to ask."""
    if shutil.which("nft") is None:
        return []
    output = _output("nft", "list", "tables")
    return [line.removeprefix("table ") for line in output.splitlines() if line.startswith("table ")]


def _output(*command: str) -> str:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_TIMEOUT_SEC, check=False)
        return done.stdout if done.returncode == 0 else ""
    return ""


def _run(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, timeout=COMMAND_TIMEOUT_SEC, check=False).returncode == 0
    return False


_REMOVERS: dict[str, Callable[[str], bool]] = {
    "netns": lambda name: _run("ip", "netns", "delete", name),
    "link": lambda name: _run("ip", "link", "delete", name),
    "nft-table": lambda name: _run("nft", "delete", "table", *name.split()),
}
