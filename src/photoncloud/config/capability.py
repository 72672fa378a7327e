"""From a mode to one backend name per capability, the endpoints they need, and the stage of integration.

A mode is a preset and this is where it ends: nothing after this module knows which one was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from photoncloud.config.capability_names import (
    ADAPTER_ENDPOINT,
    ENDPOINT_LEAVES,
    INTEGRATED,
    INTEGRATED_ADAPTERS,
    LOCAL,
    accepted_engines,
)
from photoncloud.config.declaration import CAPABILITIES, Declaration
from photoncloud.config.layer import with_suggestion
from photoncloud.config.leaf import dotted
from photoncloud.config.mode import HYBRID, STANDALONE
from photoncloud.config.mode import INTEGRATED as INTEGRATED_MODE
from photoncloud.config.origin import Leaf
from photoncloud.config.problem import Problem
from photoncloud.config.resolved import Endpoints, Note
from photoncloud.config.suggestion import nearest

# Capabilities that a stage adds to the ones below it.
STAGES = (("S1", ("metadata", "registry")), ("S2", ("auth",)), ("S3", ("network",)), ("S4", ("config",)))

# The leaf for a capability's own key and for endpoints, as ("photon", table, name).
Lookup = Callable[[str, str], Leaf]


@dataclass
class Choice:
    """Backends (capability → name), engines (other leaves of photon.standalone → name), and what was wrong."""

    backends: dict[str, str] = field(default_factory=dict)
    engines: dict[str, str] = field(default_factory=dict)
    endpoints: Endpoints = field(default_factory=Endpoints)
    stage: str = "S0"
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def choose(declaration: Declaration, mode: str, look: Lookup) -> Choice:
    """One backend for each capability of a component. `look(table, name)` gives a leaf of `photon.<table>`."""
    choice = Choice(endpoints=endpoints_of(mode, look))
    for capability in declaration.capabilities:
        choice.backends[capability] = _backend(declaration, capability, mode, look, choice)
    if mode == INTEGRATED_MODE:
        _demand_chainfire(declaration, choice)
    if mode == HYBRID:
        choice.notes += _absent(declaration, look)
    derived = declaration.derive_engines(choice.backends)
    for leaf, names in declaration.standalone_backends.items():
        said = look("standalone", leaf).value
        local = LOCAL if LOCAL in names else names[0]
        choice.engines[leaf] = local if said == LOCAL else said or derived.get(leaf, names[0])
    choice.stage = stage_of(declaration, choice.backends)
    return choice


def _absent(declaration: Declaration, look: Lookup) -> Iterator[Note]:
    """A file may choose for several components at once; what this one lacks is said, not refused."""
    for capability in CAPABILITIES:
        name = look("hybrid", f"{capability}_backend").value
        if capability not in declaration.capabilities and name != LOCAL:
            yield Note("info", "capability_absent", {"capability": capability, "backend": name})


def endpoints_of(mode: str, look: Lookup) -> Endpoints:
    """The endpoints that count: those of `photon.integrated`, in hybrid mode under those of `photon.hybrid`."""
    found: dict[str, Any] = {}
    for name, (integrated, hybrid) in ENDPOINT_LEAVES.items():
        own = look("hybrid", hybrid).value if mode == HYBRID else None
        found[name] = own or look("integrated", integrated).value
    return Endpoints(**found)


def _backend(declaration: Declaration, capability: str, mode: str, look: Lookup, choice: Choice) -> str:
    if mode == STANDALONE:
        return _named(declaration, capability, look("standalone", f"{capability}_backend"), "standalone", choice)
    if mode == HYBRID:
        leaf = look("hybrid", f"{capability}_backend")
        if leaf.value == LOCAL:
            return local_engine(declaration, capability, look)
        return _named(declaration, capability, leaf, "hybrid", choice)
    adapter = _integrated_adapter(capability, choice.endpoints)
    if adapter is not None:
        return adapter
    if capability not in ("metadata", "registry"):
        fields = {"capability": capability, "reason": "no endpoint"}
        choice.notes.append(Note("info", "capability_local", fields))
    return local_engine(declaration, capability, look)


def local_engine(declaration: Declaration, capability: str, look: Lookup) -> str:
    """The component's own engine: the one `photon.standalone` names when it is a local one, else the default."""
    engines = declaration.capabilities[capability]
    said = look("standalone", f"{capability}_backend").value
    return said if said in engines else engines[0]


def _named(declaration: Declaration, capability: str, leaf: Leaf, table: str, choice: Choice) -> str:
    """The backend a leaf names; `integrated` is the standard adapter, and every adapter demands its endpoint."""
    key = f"photon.{table}.{capability}_backend"
    name: str = leaf.value
    if name == LOCAL:
        return declaration.capabilities[capability][0]
    if name == INTEGRATED:
        adapter = _integrated_adapter(capability, choice.endpoints) or INTEGRATED_ADAPTERS[capability][0]
    else:
        adapter = name
    accepted = accepted_engines(declaration, capability)
    if adapter not in accepted:
        names = (LOCAL, INTEGRATED, *(n for n in accepted if n != LOCAL)) if table == "hybrid" else accepted
        message = f'{declaration.component} has no {capability} backend "{name}" ({", ".join(names)})'
        near = nearest(name, names)
        choice.problems.append(Problem("unsupported-backend", key, with_suggestion(message, near), near, leaf.origin))
    elif not _has_endpoint(adapter, choice.endpoints):
        choice.problems.append(_missing(adapter, key, leaf, table))
    return adapter


def _integrated_adapter(capability: str, endpoints: Endpoints) -> str | None:
    """The preferred standard adapter whose endpoint is known."""
    return next((name for name in INTEGRATED_ADAPTERS[capability] if _has_endpoint(name, endpoints)), None)


def _has_endpoint(adapter: str, endpoints: Endpoints) -> bool:
    name = ADAPTER_ENDPOINT.get(adapter)
    return name is None or bool(getattr(endpoints, name))


def _missing(adapter: str, key: str, leaf: Leaf, table: str) -> Problem:
    integrated, hybrid = ENDPOINT_LEAVES[ADAPTER_ENDPOINT[adapter]]
    where = f"photon.integrated.{integrated}"
    if table == "hybrid":
        where = f"photon.hybrid.{hybrid} or {where}"
    return Problem("missing-endpoint", key, f"{key} chooses {adapter}, which needs {where}", origin=leaf.origin)


def _demand_chainfire(declaration: Declaration, choice: Choice) -> None:
    needs = [name for name in ("metadata", "registry") if name in declaration.capabilities]
    if needs and not choice.endpoints.chainfire:
        key = dotted(("photon", "integrated", "chainfire_endpoints"))
        message = f"integrated mode needs {key} ({' and '.join(needs)}: chainfire)"
        choice.problems.append(Problem("missing-endpoint", key, message))


def is_integrated(declaration: Declaration, capability: str, backend: str) -> bool:
    """True when the backend of a capability lives outside this process."""
    return backend not in declaration.capabilities[capability]


def stage_of(declaration: Declaration, backends: Mapping[str, str]) -> str:
    """S0 to S4: the highest stage whose capabilities, and those of all lower ones, are integrated.

    A capability the component lacks counts as met; with nothing integrated at all the stage is S0.
    """
    outside = {name for name, backend in backends.items() if is_integrated(declaration, name, backend)}
    stage = "S0"
    if not outside:
        return stage
    for name, needs in STAGES:
        if any(need in backends and need not in outside for need in needs):
            break
        stage = name
    return stage
