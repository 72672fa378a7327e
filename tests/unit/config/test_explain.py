from __future__ import annotations

from typing import Any

import pytest
from config_samples import Lb, MemoryFiles, Stor

from photoncloud.config import load
from photoncloud.config.explain import explain_json, matching
from photoncloud.config.leaf import dotted

FILE = '[photon.integrated]\nchainfire_endpoints = ["http://old:2379"]\n[standalone.auth]\nsecret_key = "planted"\n'


def run(environ: dict[str, str] | None = None, text: str = FILE, model: Any = Stor) -> Any:
    component = model.declaration.component
    return load(component, model, ["--config", "/f"], environ or {}, files=MemoryFiles({"/f": text}))


def keys(resolved: Any, key: str) -> list[str]:
    return [dotted(path) for path in matching(resolved, key)]


def test_the_text_of_the_specification() -> None:
    resolved = run({"PHOTON_CHAINFIRE_ENDPOINTS": "http://cf1:2379"})
    assert resolved.explain("photon.integrated.chainfire_endpoints") == (
        'photon.integrated.chainfire_endpoints = ["http://cf1:2379"]\n'
        "  from    env PHOTON_CHAINFIRE_ENDPOINTS\n"
        '  over    /f:2  ["http://old:2379"]\n'
        "  over    default  []\n"
        "  effect  metadata=chainfire registry=chainfire (hybrid: promoted by env PHOTON_CHAINFIRE_ENDPOINTS)\n"
        "  type    list of URL; reload: no; variables: PHOTON_CHAINFIRE_ENDPOINTS CHAINFIRE_ENDPOINTS "
        "CHAINFIRE_ENDPOINT\n"
    )


def test_effects() -> None:
    resolved = run()
    assert "effect  mode=standalone stage=S0 (default)" in resolved.explain("photon.mode")
    assert "effect  metadata=rocksdb (standalone: default)" in resolved.explain("photon.standalone.metadata_backend")
    assert "effect  storage_backend=filesystem" in resolved.explain("photon.standalone.storage_backend")
    assert "effect" not in resolved.explain("photon.integrated.chainfire_endpoints")
    assert "effect" not in resolved.explain("standalone.server.region")


def test_prefixes_globs_short_and_second_names() -> None:
    resolved = run()
    assert keys(resolved, "standalone.metadata") == ["standalone.metadata.path", "standalone.metadata.cache_size_mb"]
    assert keys(resolved, "metadata.path") == ["standalone.metadata.path"]
    assert keys(resolved, "*.log*.level") == ["photon.logging.level"]
    assert keys(resolved, "standalone.server.log_level") == ["photon.logging.level"]
    assert keys(resolved, "integrated.server.region") == ["integrated.server.region"]
    assert "integrated.server.region = (not set)" in resolved.explain("integrated.server.region")
    balanced = run(text="[[standalone.loadbalancers]]\nname='web'\nvip='v'\nport=1\n", model=Lb)
    assert "standalone.loadbalancers[web].port" in keys(balanced, "standalone.loadbalancers")
    assert keys(balanced, "standalone.loadbalancers[web].port") == ["standalone.loadbalancers[web].port"]


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"photon.mode"):
        run().explain("photon.mod")


def test_secrets_stay_hidden() -> None:
    resolved = run()
    assert "planted" not in resolved.explain("standalone.auth")
    assert 'standalone.auth.secret_key = "***"' in resolved.explain("standalone.auth.secret_key")
    (document,) = explain_json(resolved, "standalone.auth.secret_key")
    assert (document["value"], document["effect"]) == ("***", "")
