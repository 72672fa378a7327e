"""What is ours, and what was there before."""

from __future__ import annotations

import pytest

from photoncloud.deploy.core.resource_list import Resource, is_ours, left_over, listed


@pytest.mark.parametrize(
    ("kind", "name", "ours"),
    [("link", "photon-br0", True), ("link", "eth0", False), ("nft-table", "photon", True), ("link", "photon", False)],
)
def test_only_our_names_are_ours(kind: str, name: str, ours: bool) -> None:
    assert is_ours(kind, name) is ours


def test_what_was_there_before_is_not_left_over() -> None:
    before = listed({"link": ["lo"], "process": []})
    after = listed({"link": ["lo", "photon-x"], "process": ["7 sleep"]})
    assert left_over(before, after) == (Resource("link", "photon-x"), Resource("process", "7 sleep"))
    assert str(after[0]) == "process 7 sleep"
