"""Key files of a store: made once, 32 random bytes as hex, mode 0600; and the box that seals secrets of access keys.

Losing `sse-master.key` is losing every object encrypted by this server: said in the log when it is made.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from photoncloud.lightningstor.adapters.cipher_aesgcm import KEY_BYTES, derive, seal, unseal
from photoncloud.lightningstor.errors import StoreDamaged
from photoncloud.runtime.files import replace_atomically
from photoncloud.runtime.logging import get_logger

STORE_KEY_NAME = "store.key"
"""Key beside the index from which the sealing of access keys and listing tokens are derived."""

log = get_logger("photoncloud.lightningstor.key_files")


def load_or_create_key(path: Path, random_bytes: Callable[[int], bytes], loss_warning: str = "") -> bytes:
    """The 32-byte key of `path`, made when the file does not exist.

    Raises StoreDamaged when the file is not 64 hex digits or is readable by others; OSError passes through. An
    existing file is never replaced.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return _create(path, random_bytes, loss_warning)
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise StoreDamaged("key file is readable by others (chmod 600)", str(path))
        text = file.read(2 * KEY_BYTES + 2).strip()
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreDamaged("key file is not 64 hex digits", str(path))
    return key


def _create(path: Path, random_bytes: Callable[[int], bytes], loss_warning: str) -> bytes:
    key = random_bytes(KEY_BYTES)
    replace_atomically(path, key.hex().encode("ascii") + b"\n")
    log.warning("key_file_created", path=str(path), hint=loss_warning or "keep a copy: it cannot be made again")
    return key


class SecretBox:
    """Seals secrets of access keys for rows of family `k`, and derives other keys of the store."""

    def __init__(self, store_key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._store_key = store_key
        self._sealing_key = derive(store_key, b"", b"access-keys")
        self._random_bytes = random_bytes

    def seal(self, access_key_id: str, secret: str) -> bytes:
        """Bound to the id: a sealed secret cannot be moved to another access key."""
        return seal(self._sealing_key, secret.encode("utf-8"), access_key_id.encode("utf-8"), self._random_bytes)

    def unseal(self, access_key_id: str, sealed: bytes) -> str:
        """Raises StoreDamaged when the row was changed or sealed under another store key."""
        what = f"secret of access key {access_key_id}"
        return unseal(self._sealing_key, sealed, access_key_id.encode("utf-8"), what).decode("utf-8")

    def derived_key(self, purpose: str) -> bytes:
        """A 32-byte key for another use of this store, such as listing tokens."""
        return derive(self._store_key, b"", purpose.encode("utf-8"))
