"""SigV4's derived keys: one for each secret, day, region and service."""

from __future__ import annotations

import hmac

SIGNING_KEYS_KEPT = 4096
"""Entries of the cache: about 1 MB; a few days and regions for a thousand active keys."""
_DUMMY_SECRET = "0" * 40


def derive_signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """32 bytes: HMAC-SHA256 chained over `AWS4` + secret, day, region, service and `aws4_request`."""
    day_key = hmac.digest(b"AWS4" + secret.encode(), date.encode(), "sha256")
    region_key = hmac.digest(day_key, region.encode(), "sha256")
    service_key = hmac.digest(region_key, service.encode(), "sha256")
    return hmac.digest(service_key, b"aws4_request", "sha256")


def dummy_signing_key(date: str, region: str, service: str) -> bytes:
    """Costs what a real derivation costs; belongs to nobody. For requests that name an unknown key."""
    return derive_signing_key(_DUMMY_SECRET, date, region, service)


class SigningKeyCache:
    """Derived keys of known secrets, oldest dropped first. Used from one thread.

    Whoever changes or removes a key calls `forget`: an entry does not know that its secret has gone.
    """

    def __init__(self, capacity: int = SIGNING_KEYS_KEPT) -> None:
        self._capacity = capacity
        self._keys: dict[tuple[str, str, str, str], bytes] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def derive(self, access_key_id: str, secret: str, date: str, region: str, service: str) -> bytes:
        """The signing key, from memory or derived now."""
        index = (access_key_id, date, region, service)
        key = self._keys.get(index)
        if key is None:
            key = derive_signing_key(secret, date, region, service)
            if len(self._keys) >= self._capacity:
                del self._keys[next(iter(self._keys))]
            self._keys[index] = key
        return key

    def forget(self, access_key_id: str) -> None:
        """Drop every key derived for this id."""
        for index in [index for index in self._keys if index[0] == access_key_id]:
            del self._keys[index]

    def clear(self) -> None:
        self._keys.clear()
