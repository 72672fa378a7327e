"""References under the three kinds of addresses, forward and back."""

from __future__ import annotations

from typing import Any

import pytest

from photoncloud.deploy.core.addresses import ComposeAddresses, LocalAddresses, SystemdAddresses
from photoncloud.deploy.core.port_plan import PortPlan, fixed
from photoncloud.deploy.core.reference import Addresses, ReferenceBroken, Resolver, secrets_of
from photoncloud.deploy.core.topology import Component, Port, Topology

KV = Component("kv", ("kv-server",), "kv", ports=(Port("client", 2379),))
LB = Component("lb", ("lb-server",), "lb", ports=(Port("admin", 8080), Port("web", 80, public=True)), network="host")
STORE = Component("store", ("store-server",), "store", ports=(Port("s3", 9001, public=True), Port("ops", 9003)))
LEVEL = Topology("x", (KV, LB, STORE))
MOVED = PortPlan({**fixed(LEVEL).assigned, ("kv", "client"): 2380})


@pytest.mark.parametrize(
    ("addresses", "component", "reference", "text"),
    [
        (LocalAddresses(MOVED, "/d", "1.2", {}), STORE, "@kv.client.http", "http://127.0.0.1:2380"),
        (LocalAddresses(MOVED, "/d", "1.2", {}), STORE, "@listen.s3", "127.0.0.1:9001"),
        (LocalAddresses(MOVED, "/d", "1.2", {}), STORE, "@data/meta", "/d/store/meta"),
        (LocalAddresses(MOVED, "/d", "1.2", {"store": "/big"}), STORE, "@data/meta", "/big/meta"),
        (LocalAddresses(MOVED, "/d", "1.2", {}), STORE, "@secret.s3-credentials", "/d/secrets/s3-credentials"),
        (LocalAddresses(MOVED, "/d", "1.2", {}), STORE, "@version", "1.2"),
        (LocalAddresses(MOVED, "/d", "1.2", {}), STORE, "@@literal", "@literal"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), STORE, "@kv.client.http", "http://kv:2379"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), STORE, "@lb.admin", "127.0.0.1:8080"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), LB, "@kv.client", "127.0.0.1:2379"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), STORE, "@listen.ops", "0.0.0.0:9003"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), LB, "@listen.admin", "127.0.0.1:8080"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), LB, "@listen.web", "0.0.0.0:80"),
        (ComposeAddresses(fixed(LEVEL), "1.2"), STORE, "@secret.key", "/run/secrets/key"),
        (SystemdAddresses(MOVED, "1.2"), STORE, "@kv.client.tls", "tls://127.0.0.1:2380"),
        (SystemdAddresses(MOVED, "1.2", "10.0.0.7"), STORE, "@kv.client", "10.0.0.7:2380"),
        (SystemdAddresses(MOVED, "1.2"), STORE, "@listen.s3", "0.0.0.0:9001"),
        (SystemdAddresses(MOVED, "1.2"), STORE, "@listen.ops", "127.0.0.1:9003"),
        (SystemdAddresses(MOVED, "1.2"), STORE, "@data/x", "/var/lib/store/x"),
        (SystemdAddresses(MOVED, "1.2"), STORE, "@secret.k", "/run/credentials/photon-store.service/k"),
    ],
)
def test_resolution_and_its_inverse(addresses: Addresses, component: Component, reference: str, text: str) -> None:
    resolver = Resolver(LEVEL, component, addresses)
    assert resolver.resolve(reference) == text
    assert resolver.symbolise(text) == reference


def test_values_of_every_shape_are_walked() -> None:
    resolver = Resolver(LEVEL, STORE, LocalAddresses(fixed(LEVEL), "/d", "1", {}))
    value: dict[str, Any] = {"a": ["@kv.client", 1, True], "b": {"c": "@data"}, "d": 1.5}
    done = {"a": ["127.0.0.1:2379", 1, True], "b": {"c": "/d/store"}, "d": 1.5}
    assert resolver.resolve(value) == done
    assert resolver.symbolise(done) == value


@pytest.mark.parametrize(
    "text", ["@", "@kv", "@kv.nope", "@ghost.x", "@kv.client/x", "@version/x", "@store.s3", "@secret.A/B"]
)
def test_broken(text: str) -> None:
    with pytest.raises(ReferenceBroken):
        Resolver(LEVEL, STORE, LocalAddresses(fixed(LEVEL), "/d", "1", {})).resolve(text)


def test_secrets_are_found_everywhere() -> None:
    component = Component(
        "c", (), "", env={"A": "@secret.one"}, config={"x": {"y": ["@secret.two"]}}, files={"/f": "@secret.three"}
    )
    assert secrets_of(component) == ("one", "three", "two")
