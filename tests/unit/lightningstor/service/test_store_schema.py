"""A store says which layout its rows have, and a newer one is not touched."""

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.service.store_schema import SCHEMA, TOO_NEW, require_schema
from photoncloud.runtime.errors import PhotonError


async def test_a_new_store_is_marked_once(world):
    await require_schema(world.index, "here")
    row = await world.index.get(key_space.system("schema"))
    assert int(row.value) == SCHEMA
    await require_schema(world.index, "here")
    assert (await world.index.get(key_space.system("schema"))).revision == row.revision


async def test_a_newer_store_is_refused(world):
    newer = Put(key_space.system("schema"), str(SCHEMA + 1).encode())
    await world.index.commit(Transaction((), (newer,)))
    with pytest.raises(PhotonError) as refused:
        await require_schema(world.index, "here")
    assert (refused.value.code, refused.value.object) == (TOO_NEW, "here")
