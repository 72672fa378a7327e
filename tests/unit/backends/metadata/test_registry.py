from __future__ import annotations

import subprocess
import sys

import pytest

from photoncloud.backends.metadata import registry
from photoncloud.runtime.errors import PhotonError


@pytest.mark.parametrize("name", registry.ADAPTERS)
def test_every_adapter_can_be_loaded(name: str) -> None:
    assert callable(registry.adapter(name))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(PhotonError) as refused:
        registry.adapter("rocks")
    assert refused.value.code == "unknown-backend"
    assert "rocksdb" in refused.value.hint


def test_a_missing_library_gives_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ADAPTERS, "sqlite", "no_such_library.sqlite:open_sqlite")
    with pytest.raises(PhotonError) as refused:
        registry.adapter("sqlite")
    assert refused.value.code == "missing-extra"
    assert 'pip install "photoncloud[sqlite]"' in refused.value.hint


def test_a_bug_in_our_own_module_is_not_called_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.ADAPTERS, "sqlite", "photoncloud.backends.metadata.gone:open_sqlite")
    with pytest.raises(ModuleNotFoundError):
        registry.adapter("sqlite")


def test_the_port_imports_no_engine() -> None:
    check = (
        "import sys, photoncloud.backends.metadata.registry, photoncloud.backends.metadata.memory;"
        "sys.exit(any(name in sys.modules for name in ('rocksdict', 'apsw')))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
