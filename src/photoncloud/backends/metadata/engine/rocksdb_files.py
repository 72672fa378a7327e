"""The RocksDB database in its directory: column families, options, opening. The only file that imports `rocksdict`.

Raw mode always: any other mode of `rocksdict` unpickles what it reads.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import rocksdict

from photoncloud.backends.metadata.engine.rocksdb_log import inspect_logs
from photoncloud.backends.metadata.engine.rocksdb_rows import pack_number, unpack_number
from photoncloud.backends.metadata.errors import BackendUnavailable
from photoncloud.backends.metadata.mvcc.keyspace import FIRST_REVISION
from photoncloud.runtime.errors import PhotonError, describe

DEFAULT_FAMILY = "default"
META_FAMILY = "photon-meta"  # revision, format and family map; no key of a caller ever lies in it
FORMAT = 1
REVISION_KEY = b"revision"
FORMAT_KEY = b"format"
FAMILIES_KEY = b"families"

MIB = 1024 * 1024
WRITE_BUFFER_BYTES = 16 * MIB  # per family; a family of one row must not cost more
ALL_WRITE_BUFFERS_BYTES = 96 * MIB  # over all families, so that idle memory stays small
SALVAGE_CACHE_BYTES = 32 * MIB
MAX_WAL_BYTES = 256 * MIB  # bounds the time of a recovery
BLOOM_BITS = 10  # about 1 % false positives
KEPT_LOG_FILES = 4  # RocksDB's own text logs
LOG_FILE_BYTES = 4 * MIB
STALL_TRIGGERS = (20, 48)  # level-0 files: slow down, stop; the committer waits without holding the interpreter


@dataclass(frozen=True, slots=True)
class Family:
    """Options of one column family, chosen by the first byte of the key.

    blobs         values from `blob_min_bytes` on live in blob files, uncompressed (bodies, not records)
    prefix_bytes  length of the key prefix that scans stay within; gives such scans a bloom filter; 0 = none
    """

    name: str
    blobs: bool = False
    blob_min_bytes: int = 4096
    prefix_bytes: int = 0
    write_buffer_bytes: int = WRITE_BUFFER_BYTES


class RocksdbFiles:
    """An open database. Hands out bound methods, so that the hot path calls RocksDB without a layer between.

    `families[i]` has the getter, handle and iterator maker of slot i; `slot_of[b]` is the slot of first byte b.
    """

    def __init__(self, path: Path, families: Mapping[int, Family], cache_bytes: int) -> None:
        self.path = path
        self.declared = dict(families)
        unique = {family.name: family for family in families.values()}
        unique.pop(DEFAULT_FAMILY, None)
        self._cache = rocksdict.Cache(cache_bytes)
        self._open(unique)
        names = [DEFAULT_FAMILY, *unique]
        slots = {name: slot for slot, name in enumerate(names)}
        self.slot_of = [0] * 256
        for first_byte, family in families.items():
            self.slot_of[first_byte] = slots[family.name]
        self.prefix_bytes = [unique[name].prefix_bytes if name in unique else 0 for name in names]
        self._dicts = [self.database.get_column_family(name) for name in names]
        self.handles: list[Any] = [self.database.get_column_family_handle(name) for name in names]
        self.getters: list[Callable[[bytes], bytes | None]] = [family.get for family in self._dicts]
        self._meta: Any = self.database.get_column_family(META_FAMILY)
        self.meta_handle: Any = self.database.get_column_family_handle(META_FAMILY)

    def _open(self, unique: Mapping[str, Family]) -> None:
        options = _database_options()
        families = {name: _family_options(family, self._cache) for name, family in unique.items()}
        families[DEFAULT_FAMILY] = _family_options(Family(DEFAULT_FAMILY), self._cache)
        families[META_FAMILY] = _family_options(Family(META_FAMILY), self._cache)
        inspect_logs(self.path)
        try:
            stray = set(rocksdict.Rdict.list_cf(str(self.path))) - set(families) if self._exists() else set()
            if stray:
                raise PhotonError("metadata-families", "open", str(self.path), f"undeclared families {sorted(stray)}")
            self.database: Any = rocksdict.Rdict(str(self.path), options, column_families=families)
        except PhotonError:
            raise
        except Exception as error:
            raise _opening_failed(self.path, error) from error
        no_stall = rocksdict.WriteOptions()
        no_stall.no_slowdown = True
        self.database.set_write_options(no_stall)

    def _exists(self) -> bool:
        return (self.path / "CURRENT").exists()

    # Life

    def start(self) -> int:
        """Check or write format and family map; returns the revision.

        Raises PhotonError for a foreign or newer store, and for one whose first rows cannot be read.
        """
        try:
            return self._start()
        except PhotonError:
            raise
        except Exception as error:
            raise _opening_failed(self.path, error) from error

    def _start(self) -> int:
        stored = self._meta.get(FORMAT_KEY)
        if stored is not None and unpack_number(stored)[0] > FORMAT:
            raise PhotonError("metadata-format", "open", str(self.path), "written by a newer release")
        known = json.loads(self._meta.get(FAMILIES_KEY) or b"{}")
        wanted = {str(first_byte): family.name for first_byte, family in self.declared.items()}
        if any(wanted.get(first_byte) != name for first_byte, name in known.items()):
            raise PhotonError("metadata-families", "open", str(self.path), f"keys were stored as {known}")
        for first_byte in set(wanted) - set(known):
            self._refuse_rows_in_default(int(first_byte))
        revision = self._meta.get(REVISION_KEY)
        if known != wanted or stored is None:
            batch = self.new_batch()
            batch.put(FORMAT_KEY, pack_number(FORMAT), self.meta_handle)
            batch.put(FAMILIES_KEY, json.dumps(wanted).encode("ascii"), self.meta_handle)
            self.database.write(batch)
            self.database.flush_wal(True)
        return FIRST_REVISION if revision is None else unpack_number(revision)[0]

    def _refuse_rows_in_default(self, first_byte: int) -> None:
        iterator = self._dicts[0].iter()
        iterator.seek(bytes((first_byte,)))
        if iterator.valid() and iterator.key()[0] == first_byte and self.slot_of[first_byte] != 0:
            raise PhotonError("metadata-families", "open", str(self.path), f"first byte {first_byte} is in use already")

    def close(self) -> list[Exception]:
        """Release everything that keeps the database open; iterators and snapshots outside keep it alive longer.

        Closing writes memory to tables; an error of that is returned, not raised: what was acknowledged is in the log.
        """
        self.handles.clear()
        self.getters.clear()
        self.meta_handle = None
        errors: list[Exception] = []
        for part in [*self._dicts, self._meta, self.database]:
            try:
                part.close()
            except Exception as error:
                errors.append(error)
        self._dicts.clear()
        self._meta = self.database = None
        return errors

    # Hot path

    def new_batch(self) -> Any:
        return rocksdict.WriteBatch(raw_mode=True)

    def snapshot(self, slot: int) -> Any:
        return self._dicts[slot].snapshot()

    def iterator(self, slot: int, start: bytes, bound: bytes | None) -> Any:
        """An iterator over one family as it is now, ending before `bound`; good for seeks at or after `start`."""
        options = rocksdict.ReadOptions()
        prefix = self.prefix_bytes[slot]
        if bound is not None:
            options.set_iterate_upper_bound(bound)
        if prefix and bound is not None and len(start) >= prefix and start[:prefix] == bound[:prefix]:
            options.set_prefix_same_as_start(True)
        else:
            options.set_total_order_seek(True)
        return self._dicts[slot].iter(options)

    # Upkeep

    def checkpoint(self, directory: Path) -> None:
        """A consistent copy in a new directory on the same file system, made of hard links."""
        try:
            rocksdict.Checkpoint(self.database).create_checkpoint(str(directory))
        except Exception as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise PhotonError("metadata-checkpoint", "checkpoint", str(directory), error) from error

    def property_number(self, name: str) -> int:
        """A RocksDB integer property summed over the families; 0 when it is unknown."""
        return sum(family.property_int_value(name) or 0 for family in self._dicts)


class ReadOnly(NamedTuple):
    """A store that may be damaged, open for reading. `complaint`: why it does not open as usual, or ""."""

    database: Any
    families: dict[str, Any]
    new_options: Callable[[], Any]
    complaint: str


def open_damaged(path: Path, families: Mapping[int, Family]) -> ReadOnly:
    """Open for `rocksdb_salvage`: as usual if it can be, else past every damage RocksDB can step over.

    Raises PhotonError `metadata-corrupt` when the manifest does not tell what belongs to the store.
    """
    declared = {family.name: family for family in families.values()}
    cache = rocksdict.Cache(SALVAGE_CACHE_BYTES)
    try:
        names = rocksdict.Rdict.list_cf(str(path))
        opened = {name: _family_options(declared.get(name, Family(name)), cache) for name in names}
        try:
            inspect_logs(path)
            database, complaint = _open_read_only(path, _database_options(), opened), ""
        except Exception as error:
            complaint = str(error.cause) if isinstance(error, PhotonError) else describe(error)
            lenient = _database_options()
            lenient.set_wal_recovery_mode(rocksdict.DBRecoveryMode.skip_any_corrupted_record())
            lenient.set_paranoid_checks(False)
            database = _open_read_only(path, lenient, opened)
        by_name = {name: database.get_column_family(name) for name in names}
    except Exception as error:
        raise PhotonError("metadata-corrupt", "read", str(path), error, "restore a checkpoint") from error
    return ReadOnly(database, by_name, rocksdict.ReadOptions, complaint)


def _open_read_only(path: Path, options: Any, families: Mapping[str, Any]) -> Any:
    access = rocksdict.AccessType.read_only()
    return rocksdict.Rdict(str(path), options, column_families=dict(families), access_type=access)


def _opening_failed(path: Path, error: Exception) -> PhotonError:
    text = describe(error)
    if "Corruption" in text:
        return PhotonError("metadata-corrupt", "open", str(path), text, "restore a checkpoint, or salvage")
    return BackendUnavailable(f"cannot open {path}: {text}", maybe_applied=False)


def is_missing(error: Exception) -> bool:
    """Whether `snapshot[key]` failed only because the key is not there; `rocksdict` raises a bare Exception."""
    return error.args == ("key not found",)


def unreadable(error: Exception) -> BackendUnavailable:
    """A read that RocksDB refused (damaged block, I/O error)."""
    return BackendUnavailable(f"read failed: {describe(error)}", maybe_applied=False)


def is_stall(error: Exception) -> bool:
    """Whether a write was refused because RocksDB wants writers to slow down; nothing was written."""
    return "Write stall" in str(error) or str(error).startswith("Result incomplete")


def is_out_of_space(error: Exception) -> bool:
    return "No space left" in str(error) or "Disk quota exceeded" in str(error)


def _database_options() -> Any:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.create_missing_column_families(True)
    options.set_wal_recovery_mode(rocksdict.DBRecoveryMode.tolerate_corrupted_tail_records())
    options.set_paranoid_checks(True)
    options.set_max_total_wal_size(MAX_WAL_BYTES)
    options.set_db_write_buffer_size(ALL_WRITE_BUFFERS_BYTES)
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(KEPT_LOG_FILES)
    options.set_max_log_file_size(LOG_FILE_BYTES)
    options.set_stats_dump_period_sec(0)
    return options


def _family_options(family: Family, cache: Any) -> Any:
    options = rocksdict.Options(raw_mode=True)
    table = rocksdict.BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(BLOOM_BITS, False)
    table.set_cache_index_and_filter_blocks(True)
    table.set_pin_l0_filter_and_index_blocks_in_cache(True)
    table.set_format_version(5)
    table.set_checksum_type(rocksdict.ChecksumType.xxh3())
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(family.write_buffer_bytes)
    options.set_max_write_buffer_number(4)
    options.set_level_zero_slowdown_writes_trigger(STALL_TRIGGERS[0])
    options.set_level_zero_stop_writes_trigger(STALL_TRIGGERS[1])
    options.set_level_compaction_dynamic_level_bytes(True)
    if family.prefix_bytes:
        options.set_prefix_extractor(rocksdict.SliceTransform.create_fixed_prefix(family.prefix_bytes))
    if family.blobs:
        options.set_enable_blob_files(True)
        options.set_min_blob_size(family.blob_min_bytes)
        options.set_blob_compression_type(rocksdict.DBCompressionType.none())
        options.set_enable_blob_gc(True)
        options.set_compression_type(rocksdict.DBCompressionType.none())
    else:
        options.set_compression_type(rocksdict.DBCompressionType.lz4())
    return options
