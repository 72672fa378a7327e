"""Makes `config_samples` importable from the tests of photoncloud.config (tests are no packages)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

if "config_samples" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "config_samples", HERE.parents[1] / "conformance/config/sample_components.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["config_samples"] = module
    spec.loader.exec_module(module)
