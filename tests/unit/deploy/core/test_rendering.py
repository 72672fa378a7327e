"""Three renderings, one graph: for every level of this installation, for larger ones, and for random topologies."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.core import compose, compose_reader, env_file, systemd, systemd_reader, topology
from photoncloud.deploy.core.addresses import LocalAddresses
from photoncloud.deploy.core.graph import Graph, graph
from photoncloud.deploy.core.port_plan import plan_ports
from photoncloud.deploy.core.rendering import Rendering, RenderingBroken
from photoncloud.deploy.core.topology import Topology
from photoncloud.deploy.core.topology_rules import problems
from photoncloud.deploy.core.topology_schema import parse
from photoncloud.deploy.service.resolve import Request
from photoncloud.deploy.service.resolve import topology as level_topology

VERSION = "0.1.0"
BIG: dict[str, Any] = {
    "level": {"name": "big"},
    "components": {
        "chainfire": {
            "ports": {"client": 2379, "peer": 2380},
            "resources": {"memory_max_mb": 512, "cpu_weight": 73},
        },
        "eventbus": {
            "program": ["nats-server", "-c", "/x y/$HOME %h.conf"],
            "readiness": "tcp",
            "ports": {"client": 4222},
            "restart": "always",
        },
        "lightningstor": {
            "mode": "integrated",
            "ports": {"s3": {"number": 9001, "public": True}, "ops": 9003},
            "needs": {"chainfire": "healthy", "eventbus": "started"},
            "env": {
                "CHAINFIRE_ENDPOINTS": "@chainfire.client.http",
                "EVENT_BUS": "@eventbus.client.nats",
                "T": "a\nb$c%d",
            },
            "config": {
                "standalone": {"server": {"s3_addr": "@listen.s3"}, "storage": {"data_dir": "@data/data"}},
                "list": ["@chainfire.client", 3, True, 1.5],
                "tables": [{"name": "a", "x": 1}, {"name": "b"}],
            },
            "files": {"/etc/lightningstor/a:b": "./zones/x"},
        },
        "fiberlb": {
            "network": "host",
            "ports": {"admin": {"number": 8080}, "vip": {"number": 443, "public": True}},
            "health": "admin",
            "env": {"STORE": "@lightningstor.s3.http", "TOKEN_FILE": "@secret.admin-token"},
            "capabilities": ["CAP_NET_RAW", "CAP_NET_ADMIN"],
            "stop_timeout_sec": 65,
        },
        "flashdns": {
            "ports": {"dns": {"number": 53, "protocol": "tcp+udp", "public": True}, "ops": 8053},
            "capabilities": ["CAP_NET_BIND_SERVICE"],
            "restart": "never",
            "readiness": "health",
        },
    },
}


def made(document: Mapping[str, Any]) -> Topology:
    level, found = parse(document)
    assert level is not None, found
    assert problems(level) == ()
    return level


def levels() -> list[Topology]:
    return [made(BIG), *(level_topology(Request(level=name)) for name in level_files.names())]


def yaml(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def local(level: Topology) -> LocalAddresses:
    return LocalAddresses(plan_ports(level, may_bind_low=False), "/srv/photon", VERSION, {})


def three_graphs(level: Topology) -> list[Graph]:
    rendered = compose.render(level, VERSION)
    return [
        compose_reader.read(yaml(rendered[compose.FILE]), rendered),
        systemd_reader.read(systemd.render(level, plan_ports(level, offset=1000), VERSION)),
        env_file.read(env_file.render(level, local(level))),
    ]


@pytest.mark.parametrize("level", levels(), ids=lambda level: level.name)
def test_equality_of_the_three_renderings(level: Topology) -> None:
    wanted = graph(level, VERSION)
    for found in three_graphs(level):
        assert found == wanted


@pytest.mark.parametrize("level", levels(), ids=lambda level: level.name)
def test_rendering_is_byte_identical_and_holds_no_secret(level: Topology) -> None:
    for render in (
        lambda: compose.render(level, VERSION),
        lambda: systemd.render(level, plan_ports(level), VERSION),
        lambda: env_file.render(level, local(level)),
    ):
        first = render()
        assert render() == first
        text = "\n".join(first.values())
        assert "AKIA" not in text
        assert "PRIVATE KEY" not in text


# Everything that means something to YAML, to compose, to unit files, to a shell or to TOML.
NASTY = [*"abZ9 $:#-&*!|>[]{},=`~@%\"'\\\n\r\t\x01\x1f\x7f\x85\xa0\u2028\ufeffé😀", "${x}", "%h", "$$"]
NAMES = ("a", "kv", "store-2", "api-gateway", "x9")


class Draw:
    """Random topologies from a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def text(self) -> str:
        """Literal text; one that begins with @ is written twice in a topology."""
        found = "".join(self.chance.choice(NASTY) for _ in range(self.chance.randint(0, 8)))
        return "@" + found if found.startswith("@") else found

    def plain(self) -> str:
        """Text that is not empty and no reference."""
        return "x" + self.text()

    def value(self, depth: int = 0) -> Any:
        kind = self.chance.randint(0, 5 if depth < 2 else 3)
        if kind == 4:
            return [self.value(2) for _ in range(self.chance.randint(0, 2))]
        if kind == 5:
            return {self.plain(): self.value(depth + 1) for _ in range(self.chance.randint(1, 2))}
        return (self.text(), self.chance.randint(-(10**12), 10**12), self.chance.random() < 0.5, self.text())[kind]

    def some(self, choices: tuple[str, ...]) -> list[str]:
        return [choice for choice in choices if self.chance.random() < 0.3]

    def component(self, name: str, below: list[str]) -> dict[str, Any]:
        chance = self.chance
        ops = {"number": chance.randint(1024, 30000), "public": chance.random() < 0.5}
        extra = {"number": chance.randint(30001, 60000), "protocol": chance.choice(topology.PROTOCOLS), "public": True}
        references = {f"TO_{number}": f"@{other}.ops" for number, other in enumerate(below)}
        return {
            "program": [f"{name}-server", *(self.plain() for _ in range(chance.randint(0, 2)))],
            "mode": chance.choice(("standalone", "hybrid", "integrated")),
            "ports": {"ops": ops} | ({"extra": extra} if chance.random() < 0.5 else {}),
            "needs": {other: chance.choice(topology.CONDITIONS) for other in below},
            "env": {f"V{number}": self.text() for number in range(chance.randint(0, 2))} | references,
            "config": {self.plain(): self.value() for _ in range(chance.randint(0, 2))},
            "files": {"/etc/" + self.plain(): self.plain() for _ in range(chance.randint(0, 1))},
            "readiness": chance.choice(topology.READINESS),
            "restart": chance.choice(topology.RESTARTS),
            "start_timeout_sec": chance.randint(1, 3600),
            "stop_timeout_sec": chance.randint(1, 3600),
            "network": chance.choice(topology.NETWORKS),
            "capabilities": self.some(topology.CAPABILITIES),
            "resources": {"memory_max_mb": chance.randint(16, 9999), "cpu_weight": chance.randint(1, 10000)},
        }

    def topology(self) -> Topology:
        names = self.chance.sample(NAMES, self.chance.randint(1, 4))
        tables = {name: self.component(name, self.some(tuple(names[:n]))) for n, name in enumerate(names)}
        return made({"level": {"name": "x"}, "components": tables})


def assert_equal_renderings(seed: int) -> None:
    level = Draw(seed).topology()
    wanted = graph(level, VERSION)
    for found in three_graphs(level):
        assert found == wanted


@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=100, deadline=None)
def test_reading_a_rendering_gives_the_graph_back(seed: int) -> None:
    assert_equal_renderings(seed)


@pytest.mark.exam
@given(st.integers(min_value=0, max_value=10**9))
@settings(max_examples=2000, deadline=None)
def test_two_thousand_topologies(seed: int) -> None:
    assert_equal_renderings(seed)


def test_every_service_of_a_compose_file_is_confined_and_checked() -> None:
    document = yaml(compose.render(made(BIG), VERSION)[compose.FILE])
    assert "version" not in document
    for name, service in document["services"].items():
        assert service["image"].endswith(f":{VERSION}")
        assert service["healthcheck"]["test"] == ["CMD", "photonctl", "check-connection", "--self"]
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == "64017:64017"
        assert all("condition" in need for need in service.get("depends_on", {}).values()), name
    assert document["services"]["fiberlb"]["network_mode"] == "host"
    assert document["services"]["fiberlb"]["environment"]["STORE"] == "http://127.0.0.1:9001"
    assert document["services"]["eventbus"]["command"] == ["-c", "/x y/$$HOME %h.conf"]
    published = {port["target"] for port in document["services"]["lightningstor"]["ports"]}
    assert published == {9001}


def test_what_the_hosts_network_reaches_is_published_on_loopback() -> None:
    components = {
        "kv": {"ports": {"client": 2379}},
        "lb": {"ports": {"ops": 1}, "network": "host", "env": {"KV": "@kv.client"}},
    }
    document = yaml(compose.render(made({"level": {"name": "x"}, "components": components}), VERSION)[compose.FILE])
    (port,) = document["services"]["kv"]["ports"]
    assert port == {"target": 2379, "published": "2379", "protocol": "tcp", "host_ip": "127.0.0.1"}


@pytest.mark.parametrize("level", levels(), ids=lambda level: level.name)
def test_compose_files_follow_the_published_schema(level: Topology) -> None:
    schema_file = Path(__file__).parents[5] / "shared" / "conformance" / "compose" / "compose-spec.json"
    if not schema_file.exists():
        pytest.skip("the published compose schema is not beside the project")
    from jsonschema import Draft7Validator

    schema = json.loads(schema_file.read_text())
    document = yaml(compose.render(level, VERSION)[compose.FILE])
    assert list(Draft7Validator(schema).iter_errors(document)) == []


def test_units_prevent_useless_restarts_and_never_require() -> None:
    unit = systemd.render(made(BIG), plan_ports(made(BIG)), VERSION)["photon-lightningstor.service"]
    assert "RestartPreventExitStatus=64 69 77 78\n" in unit
    assert "After=photon-chainfire.service photon-eventbus.service\n" in unit
    assert "Requires=" not in unit
    assert 'Environment="T=a\\nb$c%%d"\n' in unit


def test_configuration_files_are_toml_with_addresses() -> None:
    text = compose.render(made(BIG), VERSION)["config/lightningstor.toml"]
    found = tomllib.loads(text)
    assert found["standalone"]["server"]["s3_addr"] == "0.0.0.0:9001"
    assert found["list"] == ["chainfire:2379", 3, True, 1.5]


def broken(rendering: Rendering, name: str, old: str, new: str) -> Rendering:
    assert old in rendering[name]
    return {**rendering, name: rendering[name].replace(old, new)}


def test_readers_see_a_changed_file_and_refuse_a_foreign_one() -> None:
    level = made(BIG)
    units = systemd.render(level, plan_ports(level), VERSION)
    changed = broken(units, "photon-fiberlb.service", "TimeoutStopSec=65", "TimeoutStopSec=66")
    assert systemd_reader.read(changed) != graph(level, VERSION)
    with pytest.raises(RenderingBroken):
        systemd_reader.read(broken(units, "photon-fiberlb.service", "ExecStart=", "ExecStar="))
    with pytest.raises(RenderingBroken):
        systemd_reader.read({})
    with pytest.raises(RenderingBroken):
        compose_reader.read({"services": {}}, {})
    with pytest.raises(RenderingBroken):
        env_file.read({env_file.FILE: "[]"})
