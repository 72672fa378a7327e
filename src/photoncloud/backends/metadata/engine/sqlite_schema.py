"""Tables of the embedded engine and how a connection is opened. The only file that imports `apsw`.

`log` is append only, `id = revision << 24 | index of the change`; `live` is the newest state and points into it.
Values are stored once.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw

from photoncloud.backends.metadata.errors import BackendUnavailable
from photoncloud.backends.metadata.mvcc.keyspace import FIRST_REVISION
from photoncloud.runtime.errors import PhotonError, describe

DATABASE_NAME = "metadata.db"
FORMAT = 1
SUB_BITS = 24  # changes in one revision; 128 operations can still delete whole ranges
PAGE_BYTES = 8192
STATEMENTS = 200  # prepared statements kept per connection; there are about thirty

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  id INTEGER PRIMARY KEY, key BLOB NOT NULL, value BLOB NOT NULL,
  create_rev INTEGER NOT NULL, version INTEGER NOT NULL, lease INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS log_by_key ON log(key);
CREATE TABLE IF NOT EXISTS live (
  key BLOB PRIMARY KEY, id INTEGER NOT NULL, create_rev INTEGER NOT NULL, mod_rev INTEGER NOT NULL,
  version INTEGER NOT NULL, lease INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS live_by_lease ON live(lease) WHERE lease <> 0;
CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY, ttl INTEGER NOT NULL);
"""

Connection = apsw.Connection
SqliteError = apsw.Error
DiskFull = apsw.FullError


def open_writer(directory: Path) -> Connection:
    """The one writing connection; creates the tables. Raises PhotonError for damage or a newer format."""
    path = directory / DATABASE_NAME
    try:
        connection = apsw.Connection(str(path), statementcachesize=STATEMENTS)
        connection.pragma("page_size", PAGE_BYTES)
        connection.pragma("auto_vacuum", "INCREMENTAL")
        if connection.pragma("journal_mode", "WAL") != "wal":
            raise BackendUnavailable(f"{path}: the file system cannot hold a write-ahead log", maybe_applied=False)
        connection.pragma("synchronous", "FULL")  # the log is fsynced by every COMMIT
        connection.pragma("wal_autocheckpoint", 0)  # done between batches, where an error is seen
        connection.pragma("cell_size_check", True)
        with connection:
            connection.execute(SCHEMA)
            defaults = {"format": FORMAT, "current_rev": FIRST_REVISION, "compact_rev": -1, "finished_compact": -1}
            connection.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", defaults.items())
        found = read_meta(connection, "format")
    except (apsw.CorruptError, apsw.NotADBError) as error:
        hint = "restore a backup"
        raise PhotonError("metadata-corrupt", "open", str(path), error, hint) from error
    except apsw.Error as error:
        raise BackendUnavailable(f"cannot open {path}: {describe(error)}", maybe_applied=False) from error
    if found > FORMAT:
        raise PhotonError("metadata-format", "open", str(path), "written by a newer release")
    return connection


def open_reader(directory: Path) -> Connection:
    """A connection that only reads; belongs to one thread."""
    flags = apsw.SQLITE_OPEN_READONLY
    return apsw.Connection(str(directory / DATABASE_NAME), flags=flags, statementcachesize=STATEMENTS)


def one(rows: Iterable[Any]) -> Any:
    """The only column of the only row of an aggregate or a row that always exists."""
    ((value,),) = rows
    return value


def read_meta(connection: Connection, name: str) -> int:
    return int(one(connection.execute("SELECT value FROM meta WHERE name = ?", (name,))))


def write_meta(connection: Connection, name: str, value: int) -> None:
    connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
