"""The store of a component that creates no keys."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.key_store import NoKeyStore, StoredKey
from photoncloud.config import Secret
from photoncloud.runtime.errors import PhotonError


async def test_it_is_empty_and_stays_so() -> None:
    store = NoKeyStore()
    assert await store.list() == ()
    assert not await store.set_enabled("A", True)
    assert not await store.delete("A")
    with pytest.raises(PhotonError) as caught:
        await store.add(StoredKey("A", Secret("the-secret"), "u"))
    assert caught.value.code == "keys-not-created-here"


def test_secrets_are_not_shown() -> None:
    assert "the-secret" not in repr(StoredKey("A", Secret("the-secret"), "u"))
