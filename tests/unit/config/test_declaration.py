from __future__ import annotations

import pytest
from config_samples import MemoryFiles

from photoncloud.config import Context, Declaration, Origin
from photoncloud.config.schema import PhotonSettings


def test_unknown_capabilities_are_refused() -> None:
    with pytest.raises(ValueError, match="storage"):
        Declaration("x", ":1", {"storage": ("file",)})


def test_variable_prefix() -> None:
    assert Declaration("api-gateway", ":1").variable_prefix == "API_GATEWAY__"


def test_context_places_problems_and_knows_public_listeners() -> None:
    origin = Origin("env", "X")
    context = Context(PhotonSettings(), {}, {}, MemoryFiles(), False, lambda _key: origin)
    assert context.problem("standalone.a", "bad-value", "m", "s").origin is origin
    assert context.is_public("0.0.0.0:1")
    assert not context.is_public("127.0.0.1:1")
    assert not context.is_public("")
