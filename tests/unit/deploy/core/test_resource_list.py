"""What is ours, and how it is listed."""

from __future__ import annotations

import pytest

from photoncloud.deploy.core.resource_list import is_ours, listed


@pytest.mark.parametrize(
    ("kind", "name", "ours"),
    [("link", "photon-br0", True), ("link", "eth0", False), ("nft-table", "photon", True), ("link", "photon", False)],
)
def test_only_our_names_are_ours(kind: str, name: str, ours: bool) -> None:
    assert is_ours(kind, name) is ours


def test_a_listing_is_sorted_by_kind_then_name() -> None:
    found = listed({"link": ["photon-b", "photon-a", "photon-a"], "process": ["7 sleep"]})
    assert [str(resource) for resource in found] == ["process 7 sleep", "link photon-a", "link photon-b"]
