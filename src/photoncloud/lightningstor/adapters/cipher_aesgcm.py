"""`Cipher` with AES-256-GCM, HKDF-SHA256 and HMAC-SHA256: the one file of lightningstor that imports cryptography.

Key hierarchy: master key (or the customer's) → wrapping key → data key of an object or upload → frame key of a body.
Of a customer key only a salted HMAC is kept.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from photoncloud.lightningstor.errors import S3Error, StoreDamaged
from photoncloud.lightningstor.ports import SealedKey

KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
NONCE_PREFIX_BYTES = 4


def derive(key: bytes, salt: bytes, purpose: bytes, length: int = KEY_BYTES) -> bytes:
    """HKDF-SHA256 (RFC 5869); `purpose` keeps keys for different uses apart."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=b"lightningstor/" + purpose).derive(key)


def seal(key: bytes, data: bytes, context: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
    """Nonce ‖ ciphertext ‖ tag of a small secret, bound to `context`."""
    nonce = random_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, context)


def unseal(key: bytes, sealed: bytes, context: bytes, what: str) -> bytes:
    """The secret of `seal`. Raises StoreDamaged, naming `what`, when key, context or bytes are not the same."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise StoreDamaged(f"{what} cannot be unsealed (changed, or sealed under another master key)", what) from error


class AesGcmCipher:
    """The Cipher port under one 32-byte master key."""

    def __init__(self, master_key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        if len(master_key) != KEY_BYTES:
            raise ValueError(f"the master key has {len(master_key)} bytes, not {KEY_BYTES}")
        self._master_key = master_key
        self._random_bytes = random_bytes

    def _wrapping_key(self, salt: bytes, customer_key: bytes | None) -> bytes:
        if customer_key is None:
            return derive(self._master_key, salt, b"wrap")
        return derive(customer_key, salt, b"customer-wrap")

    def new_key(self, customer_key: bytes | None) -> SealedKey:
        plain, salt = self._random_bytes(KEY_BYTES), self._random_bytes(SALT_BYTES)
        wrapped = seal(self._wrapping_key(salt, customer_key), plain, salt, self._random_bytes)
        return SealedKey(plain, wrapped, salt)

    def open_key(self, wrapped: bytes, salt: bytes, customer_key: bytes | None) -> bytes:
        try:
            return unseal(self._wrapping_key(salt, customer_key), wrapped, salt, "data key")
        except StoreDamaged:
            if customer_key is None:
                raise
            raise S3Error("AccessDenied") from None

    def customer_key_check(self, customer_key: bytes, salt: bytes) -> bytes:
        return hmac.digest(derive(customer_key, salt, b"customer-check"), b"check", "sha256")

    def frame_key(self, key: bytes, body: bytes) -> tuple[bytes, bytes]:
        material = derive(key, body, b"frames", KEY_BYTES + NONCE_PREFIX_BYTES)
        return material[:KEY_BYTES], material[KEY_BYTES:]

    def seal_frame(self, key: bytes, nonce: bytes, aad: bytes, data: bytes | memoryview) -> bytes:
        return AESGCM(key).encrypt(nonce, data, aad)

    def open_frame(self, key: bytes, nonce: bytes, aad: bytes, data: bytes | memoryview) -> bytes:
        try:
            return AESGCM(key).decrypt(nonce, data, aad)
        except (InvalidTag, ValueError) as error:
            raise StoreDamaged("encrypted frame was changed", aad[:16].hex()) from error
