from __future__ import annotations

from photoncloud.config.capability_names import ADAPTER_ENDPOINT, ENDPOINT_LEAVES, INTEGRATED_ADAPTERS, accepted_engines
from photoncloud.config.declaration import CAPABILITIES, Declaration
from photoncloud.config.resolved import Endpoints
from photoncloud.config.schema import Hybrid, Integrated


def test_tables_agree_with_the_models() -> None:
    assert set(INTEGRATED_ADAPTERS) == set(CAPABILITIES)
    assert set(ADAPTER_ENDPOINT.values()) <= set(ENDPOINT_LEAVES)
    assert set(ENDPOINT_LEAVES) == set(Endpoints.__dataclass_fields__)
    assert {leaf for leaf, _ in ENDPOINT_LEAVES.values()} <= set(Integrated.model_fields)
    assert {leaf for _, leaf in ENDPOINT_LEAVES.values()} <= set(Hybrid.model_fields)
    assert {f"{capability}_backend" for capability in CAPABILITIES} <= set(Hybrid.model_fields)


def test_accepted_engines() -> None:
    declaration = Declaration("x", ":1", {"events": ("none", "memory")}, adapters={"events": ("kafka",)})
    assert accepted_engines(declaration, "events") == ("none", "memory", "local", "nats", "chainfire", "kafka")
    assert accepted_engines(declaration, "auth") == ("local", "none")
