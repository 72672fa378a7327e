"""Every test starts as a person who never used PhotonCloud on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

PERSONAL = ("AWS_", "PHOTON", "XDG_")
"""Prefixes of variables that say who and where somebody is."""
KEPT = frozenset({"PHOTON_TEST_PEERS_PYTHON"})


@pytest.fixture(scope="session", autouse=True)
def nobodys_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Configuration and data of the person who runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("nobody")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(PERSONAL) and name not in KEPT:
                patch.delenv(name)
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        yield home
