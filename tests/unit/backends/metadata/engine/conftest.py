from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.rocksdb_files import Family, RocksdbFiles


@pytest.fixture
def files(tmp_path: Path) -> Iterator[RocksdbFiles]:
    """An empty database with the family `k`."""
    files = RocksdbFiles(tmp_path / "database", {ord("k"): Family("k")}, 1 << 20)
    files.start()
    yield files
    files.close()
