"""Folders, configuration files and copied files of a plan, before anything starts."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from photoncloud.deploy.adapters.state_file import mark
from photoncloud.deploy.core.run_plan import Program
from photoncloud.deploy.errors import DataDirectoryUnusable
from photoncloud.runtime.files import make_directory, replace_atomically

FOLDERS = ("run", "log", "config", "secrets")
# A file named in a topology (a zone, a certificate), not data.
COPY_BYTES_MAX = 16 * 1024 * 1024


def demand_directory(data_dir: Path) -> None:
    """Before anything is looked for in it. Raises DataDirectoryUnusable for a file in its place."""
    if data_dir.exists() and not data_dir.is_dir():
        raise DataDirectoryUnusable(f"{data_dir} is not a directory", "choose another with --data-dir")


def prepare_data_dir(data_dir: Path) -> None:
    """Make the folder ours. Raises DataDirectoryUnusable when it cannot be written or others could write it."""
    try:
        is_new = not data_dir.exists()
        make_directory(data_dir)
        if is_new or not any(data_dir.iterdir()):
            mark(data_dir)
        if os.geteuid() == 0 and data_dir.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            message = f"{data_dir} can be written by others while we are root"
            raise DataDirectoryUnusable(message, f"chmod 700 {data_dir}")
        for name in FOLDERS:
            make_directory(data_dir / name)
    except OSError as error:
        message = f"{data_dir}: {error.strerror or error}"
        raise DataDirectoryUnusable(message, "choose another with --data-dir") from error


def prepare_programs(programs: Iterable[Program]) -> None:
    """Data folders, configuration and files of each program; unchanged files are left alone."""
    for program in programs:
        try:
            make_directory(program.data_dir)
            make_directory(Path(program.log_path).parent)
            _write_if_changed(Path(program.config_path), program.config_text.encode())
            for target, source in program.files.items():
                _copy(program.name, Path(source), Path(target))
        except OSError as error:
            raise DataDirectoryUnusable(f"{program.name}: {error.filename}: {error.strerror}") from error


def _copy(name: str, source: Path, target: Path) -> None:
    if not source.is_file() or source.stat().st_size > COPY_BYTES_MAX:
        raise DataDirectoryUnusable(f"{name}: {source} is no file of at most {COPY_BYTES_MAX >> 20} MiB")
    make_directory(target.parent)
    _write_if_changed(target, source.read_bytes())


def _write_if_changed(path: Path, data: bytes) -> None:
    if not path.is_file() or path.read_bytes() != data:
        replace_atomically(path, data)
