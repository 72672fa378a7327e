"""Fixtures of nightlight's conformance tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _load(name: str) -> ModuleType:
    """A module that stands beside the tests (tests are no packages)."""
    spec = importlib.util.spec_from_file_location(f"nightlight_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def runner() -> ModuleType:
    """`runner.py`: runs PromQL test files."""
    _load("script")
    return _load("runner")
