from __future__ import annotations

from typing import Any

import pytest
from config_samples import Lb, MemoryFiles, Stor

from photoncloud.config import ConfigurationError, load
from photoncloud.config.leaf import Item
from photoncloud.config.mode import ProbeAnswer
from photoncloud.config.reload import is_reloadable, plan
from photoncloud.config.tree import schema_of


def run(text: str, model: Any = Stor, environ: dict[str, str] | None = None, answer: str = "") -> Any:
    component = model.declaration.component
    files = MemoryFiles({"/f": text})
    probe = ProbeAnswer(named=answer) if answer else ProbeAnswer(cause="silent")
    return load(component, model, ["--config", "/f"], environ or {}, files=files, probe=lambda _url: probe)


def test_nothing_changed() -> None:
    result = plan(run(""), run(""))
    assert (result.changed, result.restart_required) == ((), ())
    assert result.effective.hash == run("").hash


def test_reloadable_leaves_change_and_others_wait() -> None:
    old = run("photon.logging.level = 'info'\nstandalone.server.region = 'a'\n")
    new = run("photon.logging.level = 'debug'\nstandalone.server.region = 'b'\nstandalone.server.max_connections = 9\n")
    result = plan(old, new)
    assert result.changed == ("photon.logging.level", "standalone.server.max_connections")
    assert result.restart_required == ("standalone.server.region",)
    assert result.effective.photon.logging.level == "debug"
    assert result.effective.settings.server.region == "a"
    assert result.effective.settings.server.max_connections == 9
    assert plan(result.effective, new).changed == ()
    assert plan(result.effective, new).restart_required == ("standalone.server.region",)


def test_origins_follow_the_values() -> None:
    result = plan(run("photon.logging.level = 'info'\n"), run("\n\nphoton.logging.level = 'debug'\n"))
    assert result.effective.origin("photon.logging.level").line == 3


def test_mode_and_backends_never_change() -> None:
    overlaid = "photon.grace_timeout_sec = 5\nintegrated.server.domains = ['x']\nintegrated.server.region = 'i'\n"
    result = plan(run(""), run(overlaid + "photon.mode = 'hybrid'\nphoton.hybrid.metadata_backend = 'memory'\n"))
    effective = result.effective
    assert (effective.mode, effective.backends["metadata"]) == ("standalone", "rocksdb")
    assert effective.settings.server.domains == ("localhost",)
    assert effective.photon.grace_timeout_sec == 5
    assert {"photon.mode", "photon.hybrid.metadata_backend", "standalone.server.region"} <= set(result.restart_required)


def test_a_probe_that_answers_differently_changes_nothing() -> None:
    environ = {"RESOURCE_MANAGER": "http://rm:1"}
    text = "photon.integrated.chainfire_endpoints = ['http://c:1']\nintegrated.server.domains = ['x']\n"
    old, new = run(text, environ=environ, answer="resource-manager 1"), run(text, environ=environ)
    assert (old.mode, new.mode) == ("integrated", "standalone")
    result = plan(old, new)
    assert (result.effective.mode, result.effective.settings.server.domains) == ("integrated", ("x",))
    assert result.effective.backends == old.backends
    assert "photon.mode" in result.restart_required


def test_entries_follow_the_mark_of_their_array() -> None:
    entry = "[[standalone.loadbalancers]]\nname = '{}'\nvip = '10.0.0.1'\nport = {}\n"
    old = run(entry.format("a", 1) + entry.format("b", 2), Lb)
    new = run(entry.format("a", 3) + entry.format("c", 4) + "[standalone.dataplane]\ntype = 'ipvs'\n", Lb)
    result = plan(old, new)
    assert [(b.name, b.port) for b in result.effective.settings.loadbalancers] == [("a", 3), ("c", 4)]
    assert result.restart_required == ("standalone.dataplane.type",)
    assert result.effective.settings.dataplane.type == "auto"
    schema = schema_of(Lb)
    assert is_reloadable(("standalone", "loadbalancers", Item("a"), "backends", Item("u"), "port"), schema)
    assert not is_reloadable(("standalone", "dataplane", "type"), schema)
    assert is_reloadable(("integrated", "server", "log_level"), schema_of(Stor))


def test_a_mixture_that_breaks_a_rule_is_refused() -> None:
    old = run("photon.tls.cert_file = '/c'\nphoton.tls.key_file = '/k'\nstandalone.features.replication = false\n")
    new = run("photon.integrated.registration.heartbeat_interval_sec = 100\n")
    assert plan(old, new).effective.photon.integrated.registration.lease_ttl_sec == 300
    broken = run("")
    object.__setattr__(
        broken, "merged", {**broken.merged, ("photon", "tls", "cert_file"): old.merged[("photon", "tls", "cert_file")]}
    )
    with pytest.raises(ConfigurationError):
        plan(run(""), broken)
