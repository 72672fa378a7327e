from __future__ import annotations

import pytest

from photoncloud.backends.events import registry
from photoncloud.runtime.errors import PhotonError


@pytest.mark.parametrize("name", registry.ADAPTERS)
async def test_every_adapter_opens(name: str) -> None:
    bus = await registry.adapter(name)()
    await bus.close()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(PhotonError) as refused:
        registry.adapter("kafka")
    assert refused.value.code == "unknown-backend"
    assert "memory" in refused.value.hint
