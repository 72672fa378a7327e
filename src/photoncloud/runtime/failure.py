"""From what ended a process to its exit status (config.md §4.20)."""

from __future__ import annotations

import errno
import sys
from typing import Any

from photoncloud.config import ConfigurationError
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError, PhotonError, describe
from photoncloud.runtime.logging import get_logger
from photoncloud.runtime.redaction import one_line

log = get_logger(__name__)

_DATA_ERRORS = frozenset({errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def status_of(error: BaseException) -> int:
    """The exit status that fits `error`; INTERNAL for what nobody foresaw."""
    if isinstance(error, FatalError):
        return error.exit_status
    if isinstance(error, ConfigurationError):
        return exit_status.CONFIGURATION
    if isinstance(error, PhotonError):
        return exit_status.FAILED
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("photoncloud"):
        return exit_status.UNAVAILABLE
    if isinstance(error, OSError):
        return exit_status.IO_ERROR if error.errno in _DATA_ERRORS else exit_status.OS_ERROR
    return exit_status.INTERNAL


def report(program: str, error: BaseException) -> int:
    """Say once why the process ends: a log line, and a line for the person who looks at standard error.

    Returns the exit status.
    """
    status = status_of(error)
    log.critical("failed", **_fields(error, status))
    print(f"{program}: {one_line(str(error) or type(error).__name__)}", file=sys.stderr)
    return status


def _fields(error: BaseException, status: int) -> dict[str, Any]:
    """The log fields of a failed start: the stack only where it is a defect of ours."""
    fields: dict[str, Any] = dict(error.fields()) if isinstance(error, PhotonError) else {"cause": describe(error)}
    fields["exit_status"] = status
    if status == exit_status.INTERNAL:
        fields["exc_info"] = error
    return fields
