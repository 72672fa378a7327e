"""The conformance suite of the registry port on every adapter that needs no server."""

from __future__ import annotations

import pytest

from photoncloud.backends.registry.none import open_none
from photoncloud.testkit.registry_conformance import RegistrySubject, RegistrySuite


class TestNone(RegistrySuite):
    @pytest.fixture
    def subject(self) -> RegistrySubject:
        return open_none
