"""Adapters by name."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth import registry
from photoncloud.backends.auth.local import open_local
from photoncloud.runtime.errors import PhotonError


def test_every_name_leads_to_an_adapter() -> None:
    assert registry.adapter("local") is open_local
    assert all(callable(registry.adapter(name)) for name in registry.ADAPTERS)


def test_unknown_names() -> None:
    with pytest.raises(PhotonError) as caught:
        registry.adapter("ldap")
    assert (caught.value.code, caught.value.object) == ("unknown-backend", "ldap")
    assert "local" in caught.value.hint
