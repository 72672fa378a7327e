"""`make gen`: write every generated file again. A generator is `tools/gen_<name>.py` with

    def generate(root: Path) -> list[Path]

which writes below `root` and returns what it wrote; it reads its inputs below `root` too. `--check` runs all of them
in a copy of the tree and fails when a committed file differs.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("src", "proto", "tools", "docs", "deploy", "web", "pyproject.toml", "constraints.txt")
"""What generators read and write; caches and virtual environments are not copied."""

Generate = Callable[[Path], list[Path]]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return check(ROOT)
    if arguments:
        print("usage: generate.py [--check]", file=sys.stderr)
        return 64
    for name, generate in generators(ROOT):
        for path in generate(ROOT):
            print(f"{name}: {path.relative_to(ROOT)}")
    return 0


def generators(root: Path) -> Iterator[tuple[str, Generate]]:
    """(name, function) of every tools/gen_<name>.py, by name."""
    for file in sorted((root / "tools").glob("gen_*.py")):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        yield file.stem.removeprefix("gen_"), module.generate


def check(root: Path) -> int:
    """0 when regenerating changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        _copy(root, copy)
        stale = [f"{name}: {path}" for name, generate in generators(root) for path in _stale(generate, copy, root)]
    for line in stale:
        print(f"stale {line}; run: make gen")
    return 1 if stale else 0


def _stale(generate: Generate, copy: Path, root: Path) -> Iterator[Path]:
    for written in generate(copy):
        relative = written.relative_to(copy)
        committed = root / relative
        if not committed.exists() or committed.read_bytes() != written.read_bytes():
            yield relative


def _copy(root: Path, target: Path) -> None:
    target.mkdir()
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif source.exists():
            shutil.copy2(source, target / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
