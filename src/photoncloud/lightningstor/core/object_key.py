"""Object keys: any UTF-8 of 1 to 1,024 bytes. UTF-8 is checked where the target is decoded."""

from __future__ import annotations

from photoncloud.lightningstor.errors import S3Error

KEY_LIMIT_BYTES = 1024
"""S3's limit; the index key grows by escaping but stays below the metadata port's 4,096."""


def check_object_key(key: bytes) -> None:
    """Raises S3Error KeyTooLongError."""
    if len(key) > KEY_LIMIT_BYTES:
        raise S3Error("KeyTooLongError", fields={"Size": str(len(key)), "MaxSizeAllowed": str(KEY_LIMIT_BYTES)})
