from __future__ import annotations

from typing import Any

import pytest
from config_samples import Dns, Lb, MemoryFiles, Stor

from photoncloud.config import ConfigurationError, load
from photoncloud.config.assembly import is_example_credential
from photoncloud.config.declaration import EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY
from photoncloud.config.secret import Secret

EXAMPLE = f"standalone.auth.access_key = '{EXAMPLE_ACCESS_KEY}'\nstandalone.auth.secret_key = '{EXAMPLE_SECRET_KEY}'\n"
LOOPBACK = "standalone.server.s3_addr = '127.0.0.1:1'\nstandalone.server.grpc_addr = 'unix:/x'\n"


def run(text: str, *argv: str, model: Any = Stor, environ: dict[str, str] | None = None) -> Any:
    words = ["--config", "/f", *argv]
    component = model.declaration.component
    return load(component, model, words, environ or {}, files=MemoryFiles({"/f": text}))


def codes(text: str, *argv: str, model: Any = Stor) -> list[tuple[str, str, int]]:
    with pytest.raises(ConfigurationError) as refused:
        run(text, *argv, model=model)
    return [(problem.code, problem.key, problem.origin.line) for problem in refused.value.problems]


def test_lease_follows_the_heartbeat_unless_set() -> None:
    def lease(text: str) -> Any:
        return run(text).photon.integrated.registration.lease_ttl_sec

    key = "photon.integrated.registration"
    assert lease("") == 30
    assert lease(f"{key}.heartbeat_interval_sec = 7\n") == 21
    assert lease(f"{key}.lease_ttl_sec = 20\n") == 20
    assert codes(f"\n{key}.lease_ttl_sec = 19\n") == [("out-of-range", f"{key}.lease_ttl_sec", 2)]


def test_half_a_certificate() -> None:
    assert codes("photon.tls.key_file = '/k'\n") == [("missing-key", "photon.tls.key_file", 1)]


def test_example_credentials() -> None:
    both = [
        ("example-credentials", f"standalone.auth.{name}", line)
        for line, name in ((1, "access_key"), (2, "secret_key"))
    ]
    assert codes(EXAMPLE) == both
    assert codes(EXAMPLE + LOOPBACK + "photon.mode = 'hybrid'\nintegrated.server.s3_addr = ':1'\n") == both
    run(EXAMPLE + LOOPBACK)
    run(EXAMPLE, "--allow-example-credentials")
    assert is_example_credential(Secret(EXAMPLE_SECRET_KEY))
    assert not is_example_credential(None)


def test_required_keys_are_placed_at_their_entry() -> None:
    text = "\n[[standalone.loadbalancers]]\nname = 'web'\nport = 1\ntls = { cert_file = 'c' }\n"
    assert codes(text, model=Lb) == [
        ("missing-key", "standalone.loadbalancers[web].vip", 2),
        ("missing-key", "standalone.loadbalancers[web].tls.key_file", 5),
    ]


def test_all_problems_of_the_last_stage_come_together() -> None:
    text = "photon.mode = 'integrated'\n[[standalone.loadbalancers]]\nname = 'web'\nport = 1\n"
    assert [code for code, _, _ in codes(text, model=Lb)] == ["missing-key", "missing-endpoint"]


def test_rules_of_the_component_see_backends_and_origins() -> None:
    assert codes("standalone.features.replication = true\n") == [("bad-value", "standalone.features.replication", 1)]


def test_overlay_only_when_something_is_integrated() -> None:
    text = "standalone.server.region = 'a'\nintegrated.server.region = 'b'\n"
    assert run(text).settings.server.region == "a"
    assert run(text + "photon.mode = 'hybrid'\n").settings.server.region == "b"
    assert run(text, environ={"CHAINFIRE_ENDPOINT": "http://c:1"}).settings.server.region == "b"


def test_engines_follow_backends() -> None:
    assert run("", model=Dns).engines == {"zone_backend": "file"}
    resolved = run("", model=Dns, environ={"CHAINFIRE_ENDPOINT": "http://c:1"})
    assert resolved.engines == {"zone_backend": "file+chainfire"}
    assert resolved.photon.standalone["zone_backend"] == "file+chainfire"
    assert resolved.backends["network"] == "host"


def test_notes() -> None:
    def events(text: str, **environ: str) -> dict[str, Any]:
        return {note.event: note.fields for note in run(text, environ=environ).notes}

    assert events("") == {}
    assert events("photon.mode = 'hybrid'\n")["component_id_defaulted"] == {"component_id": "lightningstor-host-1"}
    assert events("photon.mode = 'hybrid'\nphoton.component_id = 'x'\n") == {}
    ignored = events("", AUTH_ENDPOINT="http://a:1", PHOTON_MODE="standalone")["config_endpoint_ignored"]
    assert ignored == {"keys": ["photon.integrated.auth_service_endpoint"], "mode": "standalone"}
    promoted = events("", AUTH_ENDPOINT="http://a:1", CHAINFIRE_ENDPOINT="http://c:1")
    assert set(promoted) == {"mode_promoted", "component_id_defaulted", "config_endpoint_ignored"}
    local = events("photon.component_id='x'", CHAINFIRE_ENDPOINTS="http://c:1", PHOTON_MODE="integrated")
    assert local == {"capability_local": {"capability": "auth", "reason": "no endpoint"}}
