"""Created keys: durable rows with sealed secrets."""

from __future__ import annotations

import os

import pytest

from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.config import Secret
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.adapters.key_files import SecretBox
from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.service.access_keys import IndexKeyStore
from photoncloud.runtime.errors import PhotonError

KEY = StoredKey("AKIAONE", Secret("very secret"), "alice", created_at_ns=2, policy="readonly")
OTHER = StoredKey("AKIATWO", Secret("other"), "bob", created_at_ns=1)


@pytest.fixture
def index() -> LocalIndex:
    return LocalIndex(MemoryMetadata())


@pytest.fixture
def store(index: LocalIndex) -> IndexKeyStore:
    return IndexKeyStore(index, SecretBox(b"k" * 32, os.urandom))


async def test_keys_come_back_in_order_of_creation(store: IndexKeyStore) -> None:
    await store.add(KEY)
    await store.add(OTHER)
    listed = await store.list()
    assert [key.access_key_id for key in listed] == ["AKIATWO", "AKIAONE"]
    assert listed[1].secret.reveal() == "very secret"
    assert listed[1].policy == "readonly"


async def test_an_id_is_taken_once(store: IndexKeyStore) -> None:
    await store.add(KEY)
    with pytest.raises(PhotonError) as caught:
        await store.add(KEY)
    assert caught.value.code == "key-exists"


async def test_enabling_and_deleting_are_idempotent(store: IndexKeyStore) -> None:
    await store.add(KEY)
    assert await store.set_enabled("AKIAONE", False)
    assert await store.set_enabled("AKIAONE", False)
    (key,) = await store.list()
    assert not key.is_enabled
    assert await store.delete("AKIAONE")
    assert not await store.delete("AKIAONE")
    assert not await store.set_enabled("AKIAONE", True)


async def test_the_row_does_not_show_the_secret(store: IndexKeyStore, index: LocalIndex) -> None:
    await store.add(KEY)
    row = await index.get(key_space.access_key("AKIAONE"))
    assert row is not None
    assert b"very secret" not in row.value
