from __future__ import annotations

from typing import Any

from config_samples import Dns, Lb, Stor

from photoncloud.config.arguments import Assignment, parse_arguments
from photoncloud.config.flags import read_assignments
from photoncloud.config.layer import Layer
from photoncloud.config.leaf import dotted
from photoncloud.config.tree import schema_of


def read(*argv: str, model: Any = Stor) -> Layer:
    schema = schema_of(model)
    return read_assignments(parse_arguments(argv, schema.declaration.flags).assignments, schema)


def values(layer: Layer) -> dict[str, Any]:
    assert layer.problems == []
    return {dotted(path): leaf.value for path, leaf in layer.leaves.items()}


def test_set_is_coerced_and_the_last_wins() -> None:
    layer = read("--set", "photon.grace_timeout_sec=1m", "--set", "photon.grace_timeout_sec=2m", "--mode", "hybrid")
    assert values(layer) == {"photon.grace_timeout_sec": 120, "photon.mode": "hybrid"}
    assert layer.leaves[("photon", "mode")].origin.describe() == "flag --mode"


def test_typed_flags_set_both_halves() -> None:
    assert values(read("--s3-addr", ":1", "--versioning")) == {
        "standalone.server.s3_addr": ":1",
        "integrated.server.s3_addr": ":1",
        "standalone.features.versioning": True,
        "integrated.features.versioning": True,
    }
    assert values(read("--dns-addr", ":53", model=Dns))["integrated.server.dns_addr"] == (":53",)


def test_a_wrong_typed_flag_is_one_problem() -> None:
    assert [problem.code for problem in read("--s3-addr", "x").problems] == ["bad-value"]


def test_second_names_work() -> None:
    assert values(read("--set", "standalone.server.log_level=debug")) == {"photon.logging.level": "debug"}
    assert values(read("--set", "photon.standalone.dataplane=ipvs", model=Lb)) == {"standalone.dataplane.type": "ipvs"}


def test_keys_of_entries_are_not_set_one_by_one() -> None:
    (problem,) = read("--set", "standalone.loadbalancers.port=1", model=Lb).problems
    assert (problem.code, "as JSON" in problem.message) == ("unknown-key", True)
    layer = read("--set", 'standalone.loadbalancers=[{"name": "a", "port": 1}]', model=Lb)
    assert values(layer) == {"standalone.loadbalancers[a].name": "a", "standalone.loadbalancers[a].port": 1}


def test_what_is_refused() -> None:
    for key, code, hint in (
        ("standalone.auth.secret_key", "secret-on-command-line", "command lines are public"),
        ("integrated.auth.secret_key", "secret-on-command-line", "command lines are public"),
        ("standalone.server", "wrong-type", "is a table"),
        ("standalone.sever.s3_addr", "unknown-key", '"server"'),
        ("standalone.server.s3_adr", "unknown-key", '"s3_addr"'),
        ("standalone.server.s3_addr.x", "unknown-key", "standalone.server.s3_addr.x"),
        ("nonsense", "unknown-key", "nonsense"),
    ):
        layer = read_assignments([Assignment(key, "planted", f"--set {key}")], schema_of(Stor))
        assert [problem.code for problem in layer.problems] == [code], key
        assert hint in layer.problems[0].message
        assert "planted" not in layer.problems[0].render()
