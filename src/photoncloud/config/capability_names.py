"""Table: capability → standard integrated adapters, and adapter → the endpoint it needs."""

from __future__ import annotations

from photoncloud.config.declaration import Declaration

LOCAL = "local"
INTEGRATED = "integrated"
NONE = "none"

# The standard integrated adapters of a capability, the preferred first.
INTEGRATED_ADAPTERS = {
    "metadata": ("chainfire",),
    "auth": ("photonauth",),
    "events": ("nats", "chainfire"),
    "registry": ("chainfire",),
    "config": ("control-plane",),
    "network": ("photonnet",),
    "telemetry": ("nightlight",),
}

# Adapter → field of `Endpoints` it cannot work without. Adapters that are not here need none.
ADAPTER_ENDPOINT = {
    "chainfire": "chainfire",
    "photonauth": "auth",
    "dual": "auth",
    "nats": "event_bus",
    "control-plane": "control_plane",
    "photonnet": "network",
}

# Field of `Endpoints` → (leaf of photon.integrated, leaf of photon.hybrid).
ENDPOINT_LEAVES = {
    "chainfire": ("chainfire_endpoints", "chainfire_endpoints"),
    "auth": ("auth_service_endpoint", "auth_endpoint"),
    "event_bus": ("event_bus_endpoint", "event_bus_endpoint"),
    "control_plane": ("control_plane_endpoint", "control_plane_endpoint"),
    "network": ("network_service_endpoint", "network_endpoint"),
    "telemetry": ("telemetry_endpoint", "telemetry_endpoint"),
}


def accepted_engines(declaration: Declaration, capability: str) -> tuple[str, ...]:
    """Names `photon.standalone.<capability>_backend` accepts; a capability the component lacks is local or none."""
    if capability not in declaration.capabilities:
        return (LOCAL, NONE)
    names = (
        *declaration.capabilities[capability],
        LOCAL,
        *INTEGRATED_ADAPTERS[capability],
        *declaration.adapters.get(capability, ()),
    )
    return tuple(dict.fromkeys(names))
