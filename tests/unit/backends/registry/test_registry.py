from __future__ import annotations

import pytest

from photoncloud.backends.registry import registry
from photoncloud.runtime.errors import PhotonError


async def test_the_null_object_opens() -> None:
    opened = await registry.adapter("none")()
    assert opened.capabilities == frozenset()
    await opened.close()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(PhotonError) as refused:
        registry.adapter("consul")
    assert refused.value.code == "unknown-backend"
