from __future__ import annotations

from dataclasses import replace

import pytest

from photoncloud.backends.registry.port import InvalidMember, check_member
from photoncloud.testkit.registry_conformance import member


def test_limits_are_inclusive() -> None:
    check_member(member(component_id="x" * 128, metadata={"k" * 63: "v" * 255}))
    check_member(member(metadata={str(number): "" for number in range(32)}))


@pytest.mark.parametrize("name", ["component", "component_id", "cluster_id", "instance"])
@pytest.mark.parametrize("value", ["", "a/b", "a b", "a\n", "ü", "x" * 129])
def test_names_that_may_not_become_keys(name: str, value: str) -> None:
    with pytest.raises(InvalidMember) as refused:
        check_member(replace(member(), **{name: value}))  # type: ignore[arg-type]
    assert refused.value.object == name
