"""Where access keys that are created at run time are kept; the component that offers creation implements it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from photoncloud.backends.auth.credentials_file import DEFAULT_ACCOUNT
from photoncloud.backends.auth.iam.canned_policies import DEFAULT_POLICY
from photoncloud.config import Secret
from photoncloud.runtime.errors import PhotonError


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A created key. `policy` is a canned name or an IAM policy as JSON text. The store seals `secret`."""

    access_key_id: str
    secret: Secret = field(repr=False)
    user: str
    account: str = DEFAULT_ACCOUNT
    policy: str = DEFAULT_POLICY
    is_enabled: bool = True
    created_at_ns: int = 0
    display_name: str = ""
    email: str = ""


class KeyStore(Protocol):
    """Durable: what returned without error survives a crash. Errors of the store pass through."""

    async def list(self) -> Sequence[StoredKey]:
        """Every key, enabled or not, in the order of creation."""
        ...

    async def add(self, key: StoredKey) -> None:
        """Keep a new key; PhotonError `key-exists` when its id is taken."""
        ...

    async def set_enabled(self, access_key_id: str, is_enabled: bool) -> bool:
        """Idempotent; False when there is no such key."""
        ...

    async def delete(self, access_key_id: str) -> bool:
        """Idempotent; False when there was no such key."""
        ...


class NoKeyStore:
    """A component that creates no keys."""

    async def list(self) -> Sequence[StoredKey]:
        return ()

    async def add(self, key: StoredKey) -> None:
        hint = "put the key into auth.credentials_file"
        raise PhotonError("keys-not-created-here", "create key", key.access_key_id, "there is no key store", hint)

    async def set_enabled(self, access_key_id: str, is_enabled: bool) -> bool:
        return False

    async def delete(self, access_key_id: str) -> bool:
        return False
