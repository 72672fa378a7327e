"""Access keys created at run time: rows of family `k`, their secrets sealed. The auth adapter's `KeyStore`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.config import Secret
from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Compare, Delete, Put, Transaction
from photoncloud.lightningstor.errors import CommitLost
from photoncloud.lightningstor.ports import Index, Row, Sealer
from photoncloud.runtime.errors import PhotonError

_PAGE_ROWS = 256


class KeyRow(msgspec.Struct, frozen=True, array_like=True):
    """What a row holds; `sealed` is the secret."""

    access_key_id: str
    sealed: bytes
    user: str
    account: str
    policy: str
    is_enabled: bool
    created_at_ns: int
    display_name: str = ""
    email: str = ""


class IndexKeyStore:
    """Implements `backends.auth.key_store.KeyStore`."""

    def __init__(self, index: Index, sealer: Sealer) -> None:
        self._index = index
        self._sealer = sealer

    async def list(self) -> Sequence[StoredKey]:
        cursor = await self._index.cursor(*key_space.ACCESS_KEYS)
        found: list[StoredKey] = []
        try:
            while rows := await cursor.take(_PAGE_ROWS):
                found += (self._opened(row) for row in rows)
        finally:
            cursor.close()
        return sorted(found, key=lambda key: (key.created_at_ns, key.access_key_id))

    async def add(self, key: StoredKey) -> None:
        row = key_space.access_key(key.access_key_id)
        try:
            await self._index.commit(Transaction((Compare(row, 0),), (Put(row, self._sealed(key)),)))
        except CommitLost:
            raise PhotonError("key-exists", "create key", key.access_key_id, "the id is taken") from None

    async def set_enabled(self, access_key_id: str, is_enabled: bool) -> bool:
        name = key_space.access_key(access_key_id)
        row = await self._index.get(name)
        if row is None:
            return False
        changed = msgspec.structs.replace(_decoded(row), is_enabled=is_enabled)
        put = Put(name, msgspec.msgpack.encode(changed))
        await self._index.commit(Transaction((Compare(name, row.revision),), (put,)))
        return True

    async def delete(self, access_key_id: str) -> bool:
        name = key_space.access_key(access_key_id)
        row = await self._index.get(name)
        if row is None:
            return False
        await self._index.commit(Transaction((Compare(name, row.revision),), (Delete(name),)))
        return True

    def _opened(self, row: Row) -> StoredKey:
        kept = _decoded(row)
        return StoredKey(
            access_key_id=kept.access_key_id,
            secret=Secret(self._sealer.unseal(kept.access_key_id, kept.sealed)),
            user=kept.user,
            account=kept.account,
            policy=kept.policy,
            is_enabled=kept.is_enabled,
            created_at_ns=kept.created_at_ns,
            display_name=kept.display_name,
            email=kept.email,
        )

    def _sealed(self, key: StoredKey) -> bytes:
        sealed = self._sealer.seal(key.access_key_id, key.secret.reveal())
        return msgspec.msgpack.encode(
            KeyRow(
                key.access_key_id,
                sealed,
                key.user,
                key.account,
                key.policy,
                key.is_enabled,
                key.created_at_ns,
                key.display_name,
                key.email,
            )
        )


def _decoded(row: Row) -> KeyRow:
    return msgspec.msgpack.decode(row.value, type=KeyRow)
