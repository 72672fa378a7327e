"""Each kind of forbidden import, put into a copy of the tree, is caught; the untouched copy passes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.tidy_rules import NOT_COMPONENTS

LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"


def broken_contracts(tree: Path) -> set[str]:
    """Numbers of the contracts that lint-imports calls broken (`1`, `5`, …)."""
    command = [str(LINT_IMPORTS), "pyproject.toml", "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "500"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=60, check=False)
    output = done.stdout + done.stderr
    assert "Contracts:" in output, output
    broken = {line.split()[0] for line in output.splitlines() if re.search(r"\bBROKEN\b", line)}
    assert bool(broken) == bool(done.returncode), output
    return broken


@pytest.fixture
def inject(tree_copy: Path) -> Iterator[dict[str, str]]:
    """Files by name below src/photoncloud; whatever a test puts here is written by `check` and removed afterwards."""
    files: dict[str, str] = {}
    yield files
    for name in files:
        (tree_copy / "src" / "photoncloud" / name).unlink()


def check(tree: Path, files: dict[str, str]) -> set[str]:
    for name, text in files.items():
        path = tree / "src" / "photoncloud" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists()
        path.write_text(text)
    return broken_contracts(tree)


def test_the_untouched_tree_passes(tree_copy: Path) -> None:
    assert broken_contracts(tree_copy) == set()


@pytest.mark.parametrize(
    ("name", "text", "contract"),
    [
        ("lightningstor/service/x_probe.py", "import photoncloud.flashdns.errors", "1"),
        ("runtime/x_probe.py", "import photoncloud.lightningstor.core", "1"),
        ("config/x_probe.py", "import photoncloud.runtime.clock", "1"),
        ("api/x_probe.py", "import photoncloud.backends", "1"),
        ("lightningstor/core/x_probe.py", "import photoncloud.lightningstor.service", "2"),
        ("lightningstor/service/x_probe.py", "import photoncloud.lightningstor.adapters", "2"),
        ("lightningstor/servers/x_probe.py", "import photoncloud.lightningstor.adapters", "2"),
        ("lightningstor/stray_probe.py", "", "2"),
        ("lightningstor/core/x_probe.py", "import asyncio", "3"),
        ("lightningstor/core/x_probe.py", "import time", "3"),
        ("lightningstor/core/x_probe.py", "import os", "3"),
        ("lightningstor/core/x_probe.py", "from secrets import token_hex", "3"),
        ("lightningstor/core/x_probe.py", "import photoncloud.runtime.files", "3"),
        ("lightningstor/adapters/x_probe.py", "import photoncloud.lightningstor.service", "4"),
        ("lightningstor/adapters/x_probe.py", "import rocksdict", "5"),
        ("deploy/x_probe.py", "import apsw", "5"),
        ("lightningstor/service/x_probe.py", "import nats", "5"),
        ("lightningstor/service/x_probe.py", "import grpc", "5"),
        ("lightningstor/servers/x_probe.py", "import structlog", "5"),
        ("runtime/x_probe.py", "import prometheus_client", "5"),
        ("ctl/x_probe.py", "import photoncloud.lightningstor.errors", "6"),
        ("deploy/x_probe.py", "import photoncloud.lightningstor.core", "6"),
        ("lightningstor/service/x_probe.py", "import photoncloud.testkit.clock", "8"),
        ("runtime/x_probe.py", "import photoncloud.testkit", "8"),
    ],
)
def test_a_violation_is_caught(tree_copy: Path, inject: dict[str, str], name: str, text: str, contract: str) -> None:
    inject[name] = f'"""Probe."""\n{text}\n'
    assert contract in check(tree_copy, inject)


def test_a_package_that_nobody_placed_is_caught(tree_copy: Path, inject: dict[str, str]) -> None:
    inject["newcomer/__init__.py"] = ""
    assert "1" in check(tree_copy, inject)


def test_adapters_of_one_port_are_independent(tree_copy: Path) -> None:
    adapter = tree_copy / "src" / "photoncloud" / "backends" / "metadata" / "rocksdb.py"
    before = adapter.read_text()
    adapter.write_text(before + "\nimport photoncloud.backends.metadata.memory\n")
    try:
        assert "7" in broken_contracts(tree_copy)
    finally:
        adapter.write_text(before)


def contracts(root: Path) -> list[dict[str, list[str]]]:
    document = tomllib.loads((root / "pyproject.toml").read_text())
    found: list[dict[str, list[str]]] = document["tool"]["importlinter"]["contracts"]
    return found


def test_every_component_is_under_the_contracts_that_name_components(root: Path) -> None:
    """Contracts 2, 6 and 8 list components: a new one must be added to each."""
    packages = {path.parent.name for path in (root / "src" / "photoncloud").glob("*/__init__.py")}
    components = {f"photoncloud.{name}" for name in packages - NOT_COMPONENTS}
    by_number = {str(contract["name"])[0]: contract for contract in contracts(root)}
    assert set(by_number["2"]["containers"]) == components
    assert set(by_number["6"]["forbidden_modules"]) == components
    assert set(by_number["8"]["source_modules"]) == {f"photoncloud.{name}" for name in packages - {"testkit"}}


@pytest.mark.parametrize(
    ("port", "technologies"),
    [("metadata", {"memory", "rocksdb", "sqlite", "chainfire"}), ("events", {"none", "memory", "nats", "chainfire"})],
)
def test_every_adapter_is_under_contract_7(root: Path, port: str, technologies: set[str]) -> None:
    folder = root / "src" / "photoncloud" / "backends" / port
    present = {f"photoncloud.backends.{port}.{name}" for name in technologies if (folder / f"{name}.py").exists()}
    (contract,) = [contract for contract in contracts(root) if str(contract["name"]).startswith(f"7 {port}")]
    assert set(contract["modules"]) == present
