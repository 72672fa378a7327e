"""The mode of a process, as a pure function of what was said, what is known and what a probe answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from photoncloud.config.origin import Leaf, Origin

STANDALONE = "standalone"
HYBRID = "hybrid"
INTEGRATED = "integrated"


@dataclass(frozen=True)
class ProbeAnswer:
    """What a control plane said: `named` is "resource-manager X.Y" when it named itself, else `cause` says why not."""

    named: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Decision:
    """The resolved mode, why, and the origin of the chainfire endpoint that promoted it (None = not promoted)."""

    mode: str
    reason: str
    promoted_by: Origin | None = None


def decide(
    said: Leaf, control_plane: str, chainfire: Leaf, probe: Callable[[str], ProbeAnswer], probed_url: str = ""
) -> Decision:
    """The table of the specification: an explicit mode, else one probe of a known control plane, else standalone.

    Whatever resolves to standalone becomes hybrid when a chainfire endpoint came from a variable or a flag: a level-2
    compose file says `standalone` and hands over an endpoint in one breath.
    """
    decision = _unpromoted(said, control_plane, probe, probed_url or f"{control_plane}/health")
    by_hand = chainfire.value and chainfire.origin.kind in ("env", "flag")
    if decision.mode != STANDALONE or not by_hand:
        return decision
    return Decision(HYBRID, f"standalone promoted by {chainfire.origin.describe()}", chainfire.origin)


def _unpromoted(said: Leaf, control_plane: str, probe: Callable[[str], ProbeAnswer], url: str) -> Decision:
    if said.value is not None:
        return Decision(said.value, said.origin.describe())
    if not control_plane:
        return Decision(STANDALONE, "default")
    answer = probe(url)
    if answer.named:
        return Decision(INTEGRATED, f"probe {url}: {answer.named}")
    return Decision(STANDALONE, f"probe {url} failed: {answer.cause}")
