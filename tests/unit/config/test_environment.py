from __future__ import annotations

from typing import Any

import pytest
from config_samples import Dns, Lb, MemoryFiles, Stor

from photoncloud.config.environment import VARIABLE_BYTES_MAX, read_environment, variables_of
from photoncloud.config.layer import Layer
from photoncloud.config.leaf import Item, dotted
from photoncloud.config.secret import SECRET_BYTES_MAX, Secret
from photoncloud.config.tree import schema_of

HEARTBEAT = "photon.integrated.registration.heartbeat_interval_sec"
SECRET_NAME = "LIGHTNINGSTOR__STANDALONE__AUTH__SECRET_KEY"


def read(environ: dict[str, str], files: dict[str, Any] | None = None, model: Any = Stor) -> Layer:
    return read_environment(environ, schema_of(model), MemoryFiles(files or {}))


def values(layer: Layer) -> dict[str, Any]:
    assert layer.problems == []
    return {dotted(path): leaf.value for path, leaf in layer.leaves.items()}


def codes(layer: Layer) -> list[str]:
    return [problem.code for problem in layer.problems]


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("PHOTON_MODE", "Hybrid", "photon.mode", "hybrid"),
        ("PHOTON_LOG_LEVEL", "warn", "photon.logging.level", "warning"),
        ("EVENT_BUS", "http://e:4222", "photon.integrated.event_bus_endpoint", "nats://e:4222"),
        ("RESOURCE_MANAGER", "http://rm:8080/", "photon.integrated.control_plane_endpoint", "http://rm:8080"),
        ("CHAINFIRE_ENDPOINTS", "http://a:1, http://b:2", "photon.integrated.chainfire_endpoints", ("http://a:1", "http://b:2")),
        ("PHOTON__OPS__ADDR", ":9", "photon.ops.addr", ":9"),
        ("PHOTON__STANDALONE__STORAGE_BACKEND", "s3", "photon.standalone.storage_backend", "s3"),
        ("PHOTON__INTEGRATED__HEARTBEAT_INTERVAL_SEC", "5s", HEARTBEAT, 5),
        ("LIGHTNINGSTOR__STANDALONE__SERVER__S3_ADDR", ":1", "standalone.server.s3_addr", ":1"),
        ("LIGHTNINGSTOR__INTEGRATED__SERVER__S3_ADDR", ":2", "integrated.server.s3_addr", ":2"),
        ("LIGHTNINGSTOR__STANDALONE__SERVER__LOG_LEVEL", "debug", "photon.logging.level", "debug"),
        ("LIGHTNINGSTOR__INTEGRATED__SERVER__LOG_LEVEL", "debug", "integrated.server.log_level", "debug"),
        (SECRET_NAME, "hush", "standalone.auth.secret_key", Secret("hush")),
    ],
)  # fmt: skip
def test_names(name: str, text: str, key: str, value: Any) -> None:
    layer = read({name: text})
    assert values(layer) == {key: value}
    (leaf,) = layer.leaves.values()
    assert (leaf.origin.kind, leaf.origin.name) == ("env", name)


@pytest.mark.parametrize(
    "name",
    [
        "PHOTON_COMPONENT",
        "PHOTON_CONFIG",
        "PHOTON_TEST_ANYTHING",
        "PHOTON_CP_SERVICE_HOST",
        "PHOTON_CP_SERVICE_PORT_HTTP",
        "PHOTON_CP_PORT",
        "PHOTON_CP_PORT_8080_TCP_ADDR",
        "photon_mode",
        "HOME",
        "FLASHDNS__STANDALONE__SERVER__DNS_ADDR",
        "PHOTONAUTH__STANDALONE__X",
    ],
)
def test_names_that_are_not_ours(name: str) -> None:
    layer = read({name: "x"})
    assert (layer.leaves, layer.problems) == ({}, [])


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("PHOTON_MODES", "PHOTON_MODE"),
        ("PHOTON__OPS__ADR", "PHOTON__OPS__ADDR"),
        ("PHOTON__OPS", ""),
        ("PHOTON__Ops__addr", ""),
        ("LIGHTNINGSTOR__STANDALONE__SERVER__S3_ADR", "LIGHTNINGSTOR__STANDALONE__SERVER__S3_ADDR"),
        ("LIGHTNINGSTOR__SERVER__S3_ADDR", ""),
        ("PHOTON_MODE_FILE", "PHOTON_MODE"),
    ],
)
def test_unknown_names(name: str, suggestion: str) -> None:
    (problem,) = read({name: "x"}).problems
    assert problem.code == "unknown-env"
    assert name in problem.message
    if suggestion:
        assert problem.suggestion == suggestion


def test_empty_is_unset() -> None:
    assert values(read({"PHOTON_MODE": "", "PHOTON_NONSENSE": ""})) == {}


def test_two_names_of_one_leaf() -> None:
    layer = read({"CHAINFIRE_ENDPOINT": "http://a:1", "CHAINFIRE_ENDPOINTS": "http://b:1"})
    assert codes(layer) == ["conflict"]
    assert "CHAINFIRE_ENDPOINTS and CHAINFIRE_ENDPOINT" in layer.problems[0].message
    same = read({"CHAINFIRE_ENDPOINT": "http://a:1/", "PHOTON__INTEGRATED__CHAINFIRE_ENDPOINTS": "http://a:1"})
    assert values(same) == {"photon.integrated.chainfire_endpoints": ("http://a:1",)}


def test_bad_environment() -> None:
    assert codes(read({"PHOTON_MODE": "\udcff"})) == ["bad-env"]
    assert codes(read({"PHOTON_\udcff": "x"})) == ["bad-env"]
    assert codes(read({"PHOTON_LOG_LEVEL": "x" * (VARIABLE_BYTES_MAX + 1)})) == ["bad-env"]
    assert codes(read({"OTHER": "\udcff"})) == []


def test_values_that_mean_nothing_name_their_variable() -> None:
    (problem,) = read({"PHOTON__GRACE_TIMEOUT_SEC": "soon"}).problems
    assert (problem.code, problem.origin.place()) == ("bad-value", "env PHOTON__GRACE_TIMEOUT_SEC")


def test_arrays_of_tables_are_json() -> None:
    text = '[{"name": "web", "vip": "10.0.0.1", "port": 80}]'
    layer = read({"FIBERLB__STANDALONE__LOADBALANCERS": text}, model=Lb)
    assert layer.leaves[("standalone", "loadbalancers", Item("web"), "port")].value == 80
    assert codes(read({"FIBERLB__STANDALONE__LOADBALANCERS": '[{"nam": "x"}]'}, model=Lb)) == ["missing-key"]
    assert codes(read({"FIBERLB__STANDALONE__LOADBALANCERS__PORT": "1"}, model=Lb)) == ["unknown-env"]
    rows = read({"FLASHDNS__STANDALONE__UPDATES__POLICY": '[{"key": "k", "secret": "hush"}]'}, model=Dns)
    assert values(rows) == {"standalone.updates.policy": ({"key": "k", "secret": Secret("hush")},)}


def test_secret_files() -> None:
    layer = read({f"{SECRET_NAME}_FILE": "/s"}, {"/s": "hush\n\n"})
    (leaf,) = layer.leaves.values()
    assert (leaf.value, leaf.origin.kind, leaf.origin.path) == (Secret("hush\n"), "file-secret", "/s")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no such file"),
        ({"/s": b"a\0b"}, "NUL"),
        ({"/s": b"\xff"}, "UTF-8"),
        ({"/s": b"x" * (SECRET_BYTES_MAX + 1)}, "larger"),
    ],
)
def test_secret_files_that_cannot_be_used(files: dict[str, Any], reason: str) -> None:
    (problem,) = read({f"{SECRET_NAME}_FILE": "/s"}, files).problems
    assert problem.code == "secret-source"
    assert reason in problem.message


def test_a_secret_and_its_file_are_a_conflict() -> None:
    assert codes(read({SECRET_NAME: "a", f"{SECRET_NAME}_FILE": "/s"}, {"/s": "a"})) == ["conflict"]


def test_credentials_directory() -> None:
    files = {"/run/c/standalone.auth.secret_key": "hush\n", "/run/c/other": "x"}
    layer = read({"CREDENTIALS_DIRECTORY": "/run/c"}, files)
    (leaf,) = layer.leaves.values()
    assert (leaf.value, leaf.origin.describe()) == (Secret("hush"), "credential standalone.auth.secret_key")
    both = read({"CREDENTIALS_DIRECTORY": "/run/c", SECRET_NAME: "else"}, files)
    assert codes(both) == ["conflict"]
    assert "hush" not in both.problems[0].message


def test_variables_of_a_leaf() -> None:
    schema = schema_of(Stor)
    assert variables_of(("photon", "mode"), schema) == ("PHOTON_MODE", "PHOTON__MODE")
    assert variables_of(("standalone", "auth", "secret_key"), schema) == (SECRET_NAME,)
    assert variables_of(("standalone", "server"), schema) == ()
