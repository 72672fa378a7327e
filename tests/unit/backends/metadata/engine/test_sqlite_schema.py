from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.sqlite_schema import (
    DATABASE_NAME,
    SqliteError,
    open_reader,
    open_writer,
    read_meta,
    write_meta,
)
from photoncloud.runtime.errors import PhotonError


def test_a_fresh_database_is_durable_and_at_revision_one(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    assert read_meta(writer, "current_rev") == 1
    assert read_meta(writer, "compact_rev") == -1
    assert writer.pragma("journal_mode") == "wal"
    assert writer.pragma("synchronous") == 2  # FULL
    writer.close()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    writer = open_writer(tmp_path)
    write_meta(writer, "format", 99)
    writer.close()
    with pytest.raises(PhotonError) as refused:
        open_writer(tmp_path)
    assert refused.value.code == "metadata-format"


def test_something_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"this is not a database file at all" * 100)
    with pytest.raises(PhotonError) as refused:
        open_writer(tmp_path)
    assert refused.value.code == "metadata-corrupt"


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    open_writer(tmp_path).close()
    reader = open_reader(tmp_path)
    with pytest.raises(SqliteError):
        write_meta(reader, "current_rev", 5)
    reader.close()
