"""Stubs of `proto/` under `photoncloud.api`: messages, services and type stubs, with imports inside our package."""

from __future__ import annotations

import re
import tempfile
from importlib import resources
from pathlib import Path

PACKAGE = "photoncloud.api"


def generate(root: Path) -> list[Path]:
    """Write the stubs of every .proto file and return what was written."""
    from grpc_tools import protoc

    sources = sorted((root / "proto").rglob("*.proto"))
    written: list[Path] = []
    with tempfile.TemporaryDirectory() as scratch:
        include = str(resources.files("grpc_tools") / "_proto")
        outputs = [f"--{kind}={scratch}" for kind in ("python_out", "pyi_out", "grpc_python_out")]
        arguments = ["protoc", f"-I{root / 'proto'}", f"-I{include}", *outputs, *map(str, sources)]
        if protoc.main(arguments) != 0:
            raise RuntimeError("protoc failed; its messages are above")
        for made in sorted(Path(scratch).rglob("*.py*")):
            target = root / "src" / "photoncloud" / "api" / made.relative_to(scratch)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(inside_package(made.read_text()))
            written += [target, *package_files(target.parent, root / "src" / "photoncloud" / "api")]
    return written


def inside_package(text: str) -> str:
    """`from photon.x.v1 import` → `from photoncloud.api.photon.x.v1 import`."""
    return re.sub(r"^from photon\.", f"from {PACKAGE}.photon.", text, flags=re.MULTILINE)


def package_files(folder: Path, top: Path) -> list[Path]:
    """An `__init__.py` in every folder between the stubs and `api`."""
    made = []
    while folder != top:
        file = folder / "__init__.py"
        if not file.exists():
            file.write_text('"""Generated: protobuf packages."""\n')
        made.append(file)
        folder = folder.parent
    return made
