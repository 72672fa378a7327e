"""What the decision about the mode changes in the leaves, so that the leaves alone tell the whole story.

A promoted process gets `photon.mode = "hybrid"` with `metadata` and `registry` integrated and the rest local, written
into the leaves with the promoting variable as their origin: printed and loaded again, they give the same process.
"""

from __future__ import annotations

from collections.abc import Mapping

from photoncloud.config.capability_names import INTEGRATED, LOCAL
from photoncloud.config.declaration import CAPABILITIES
from photoncloud.config.leaf import Path
from photoncloud.config.mode import Decision
from photoncloud.config.origin import DEFAULT, Leaf

PROMOTED = ("metadata", "registry")
MODE: Path = ("photon", "mode")


def with_mode(merged: Mapping[Path, Leaf], decision: Decision) -> dict[Path, Leaf]:
    """The merged leaves with the resolved mode (and, when promoted, the choice it stands for) in them."""
    result = dict(merged)
    said = result[MODE]
    if decision.promoted_by is None:
        if said.value is None:
            result[MODE] = Leaf(decision.mode, DEFAULT)
        return result
    origin = decision.promoted_by
    result[MODE] = Leaf(decision.mode, origin).over(said)
    for capability in CAPABILITIES:
        path = ("photon", "hybrid", f"{capability}_backend")
        value = INTEGRATED if capability in PROMOTED else LOCAL
        if result[path].value != value:
            result[path] = Leaf(value, origin).over(result[path])
    # The promoting endpoint counts, not one that a file keeps for its own hybrid half.
    endpoints = ("photon", "hybrid", "chainfire_endpoints")
    if result[endpoints].value:
        result[endpoints] = Leaf((), origin).over(result[endpoints])
    return result
