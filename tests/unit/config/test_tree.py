from __future__ import annotations

import pytest
from config_samples import Dns, Lb, Stor

from photoncloud.config.leaf import Item
from photoncloud.config.tree import LeafNode, TableNode, leaves_below, own_key, schema_of, second_name_target


def test_both_halves_are_one_node() -> None:
    root = schema_of(Stor).root
    assert root.children["standalone"] is root.children["integrated"]
    assert schema_of(Stor) is schema_of(Stor)


def test_paths_through_named_entries_are_found() -> None:
    schema = schema_of(Lb)
    node = schema.find(("standalone", "loadbalancers", Item("web"), "backends", Item("1"), "port"))
    assert isinstance(node, LeafNode)
    assert isinstance(schema.find(("standalone", "loadbalancers", Item("web"), "tls")), TableNode)
    assert schema.find(("standalone", "nothing", "below")) is None
    assert schema.find(("standalone", "server", "grpc_addr", "deeper")) is None
    with pytest.raises(KeyError):
        schema.leaf(("standalone", "server"))


def test_second_names_have_a_twin_below_integrated() -> None:
    schema = schema_of(Stor)
    for half in ("standalone", "integrated"):
        assert second_name_target(schema, (half, "server", "log_level")) == ("photon", "logging", "level")
    assert second_name_target(schema, ("photon", "integrated", "heartbeat_interval_sec")) is not None
    assert second_name_target(schema, ("standalone", "server", "s3_addr")) is None


def test_secrets_are_known_wherever_they_are() -> None:
    assert schema_of(Stor).is_secret(("standalone", "auth", "secret_key"))
    assert not schema_of(Stor).is_secret(("integrated", "server", "log_level"))
    policy = schema_of(Dns).leaf(("standalone", "updates", "policy"))
    assert policy.holds_secret
    assert not policy.is_secret


def test_engines_come_from_the_declaration() -> None:
    engines = schema_of(Stor).find(("photon", "standalone"))
    assert engines is not None
    leaves = {path[-1]: leaf for path, leaf in leaves_below(engines)}
    assert leaves["storage_backend"].type.choices == ("filesystem", "s3", "local")
    assert leaves["metadata_backend"].type.choices == ("rocksdb", "memory", "local", "chainfire")
    assert leaves["auth_backend"].type.choices == ("local", "photonauth", "dual")
    assert leaves["network_backend"].type.choices == ("local", "none")


def test_own_keys() -> None:
    assert own_key("server.s3_addr") == ("standalone", "server", "s3_addr")
    assert own_key("photon.ops.addr") == ("photon", "ops", "addr")
    assert own_key("integrated.server.s3_addr") == ("integrated", "server", "s3_addr")
