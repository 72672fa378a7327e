from __future__ import annotations

from typing import Any

import pytest
from config_samples import MemoryFiles, Stor

from photoncloud.config import ConfigurationError, load
from photoncloud.config.central import CentralConfig

FILE = MemoryFiles({"/f": "[standalone.server]\nregion = 'file'\nmax_connections = 1\n"})


def run(tree: dict[str, Any], environ: dict[str, str] | None = None) -> Any:
    central = [CentralConfig("base", 3, {"standalone": {"server": {"region": "base"}}}), CentralConfig("site", 7, tree)]
    return load("lightningstor", Stor, ["--config", "/f"], environ or {}, files=FILE, central=central)


def test_it_stands_above_files_and_below_the_environment() -> None:
    tree = {"standalone": {"server": {"region": "site", "max_connections": 2}}}
    resolved = run(tree, {"LIGHTNINGSTOR__STANDALONE__SERVER__MAX_CONNECTIONS": "3"})
    assert (resolved.settings.server.region, resolved.settings.server.max_connections) == ("site", 3)
    assert resolved.origin("standalone.server.region").describe() == "central site@7"
    history = resolved.leaves()["standalone.server.region"].overridden
    assert [origin.describe() for _value, origin in history] == ["central base@3", "/f:2", "default"]


@pytest.mark.parametrize(
    "tree",
    [
        {"photon": {"mode": "hybrid"}},
        {"photon": {"component_id": "x"}},
        {"photon": {"cluster_id": "x"}},
        {"photon": {"state_dir": "/x"}},
        {"photon": {"tls": {"ca_file": "/x"}}},
        {"photon": {"standalone": {"metadata_backend": "memory"}}},
        {"photon": {"integrated": {"fallback_timeout_sec": 1}}},
        {"photon": {"hybrid": {"auth_backend": "local"}}},
        {"standalone": {"auth": {"secret_key": "x"}}},
        {"standalone": {"server": {"regoin": "x"}}},
        {"standalone": {"server": {"max_connections": 0}}},
    ],
)
def test_what_it_may_not_set(tree: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        run(tree)
    (problem,) = refused.value.problems
    assert problem.origin.describe() == "central site@7"
