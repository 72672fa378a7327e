from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from config_samples import Dns, MemoryFiles, Stor

from photoncloud.config import Note, load


def run(text: str = "", model: Any = Stor) -> Any:
    component = model.declaration.component
    return load(component, model, ["--config", "/f"], {}, files=MemoryFiles({"/f": text}))


def test_it_is_frozen() -> None:
    resolved = run()
    with pytest.raises(dataclasses.FrozenInstanceError):
        resolved.mode = "hybrid"
    with pytest.raises(TypeError):
        resolved.leaves()["photon.mode"] = None
    assert Note("info", "x").fields == {}


def test_origins() -> None:
    resolved = run("standalone.server.region = 'x'\n")
    assert resolved.origin("standalone.server.region").describe() == "/f:1"
    assert resolved.origin("photon.ops.addr").kind == "default"
    with pytest.raises(KeyError):
        resolved.origin("photon.nothing")


def test_the_document_is_plain_and_without_secrets() -> None:
    resolved = run("standalone.auth.secret_key = 'planted'\n")
    document = json.dumps(resolved.document())
    assert "planted" not in document
    assert "secret_key" not in document
    assert resolved.document()["standalone.server.domains"] == ["localhost"]
    rows = run("[[standalone.updates.policy]]\nkey='k'\nsecret='planted'\n", Dns)
    assert "planted" not in json.dumps(rows.document())
    assert "planted" not in repr(resolved) + repr(rows)


def test_the_hash_follows_values_and_ignores_places_and_secrets() -> None:
    assert run("").hash == run("photon.grace_timeout_sec = 30\n").hash
    assert run("").hash == run("standalone.auth.secret_key = 'a'\n").hash
    assert run("").hash != run("photon.grace_timeout_sec = 31\n").hash
    assert len(run("").hash) == 64
