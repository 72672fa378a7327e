from __future__ import annotations

import pytest

from photoncloud.backends.registry.none import open_none
from photoncloud.backends.registry.port import BackendUnavailable, Change, ChangeKind
from photoncloud.testkit.registry_conformance import change, member


async def test_after_close_nothing_is_registered() -> None:
    registry = await open_none()
    await registry.register(member())
    await registry.close()
    with pytest.raises(BackendUnavailable):
        await registry.register(member())
    watch = registry.watch()
    assert await change(watch) == Change(ChangeKind.SNAPSHOT, ())
    assert await anext(watch, None) is None


async def test_a_closed_registration_does_not_take_its_successor_away() -> None:
    registry = await open_none()
    old = await registry.register(member())
    await old.close()
    new = await registry.register(member(instance="i-2"))
    await old.close()
    assert new.status == "ok"
    assert len((await registry.members()).members) == 1
    await registry.close()
