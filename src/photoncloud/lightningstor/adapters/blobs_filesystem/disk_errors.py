"""What an OSError of the data disk means to the service."""

from __future__ import annotations

import errno

from photoncloud.lightningstor.errors import OutOfSpace, S3Error, StoreDamaged

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


def translated(error: OSError, what: str, where: str) -> Exception:
    """The exception to raise instead of `error`.

    No room → OutOfSpace; descriptors or memory used up → S3Error SlowDown (it passes); read-only → S3Error
    ServiceUnavailable; anything else, EIO above all → StoreDamaged naming what was tried and where.
    """
    if error.errno in _NO_ROOM:
        return OutOfSpace(f"{what}: {error.strerror}")
    if error.errno in _NO_DESCRIPTORS:
        return S3Error("SlowDown")
    if error.errno == errno.EROFS:
        return S3Error("ServiceUnavailable")
    return StoreDamaged(f"{what}: {error.strerror or error}", where)
