"""From merged leaves and a decided mode to the frozen `Resolved`: overlay, cross-field rules, backends, hash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from photoncloud.config.capability import Choice, choose
from photoncloud.config.capability_names import ADAPTER_ENDPOINT, ENDPOINT_LEAVES
from photoncloud.config.check import nearest_origin, path_at, problem_of
from photoncloud.config.declaration import EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY, Context, Declaration
from photoncloud.config.files import Files
from photoncloud.config.leaf import Path, dotted, unflatten
from photoncloud.config.marks import ConfigModel
from photoncloud.config.mode import STANDALONE, Decision
from photoncloud.config.origin import DEFAULT, Leaf, Origin
from photoncloud.config.overlay import overlay
from photoncloud.config.problem import ConfigurationError, Problem
from photoncloud.config.promotion import with_mode
from photoncloud.config.resolved import Note, Resolved
from photoncloud.config.schema import HEARTBEATS_PER_LEASE, HEARTBEATS_PER_LEASE_MIN, PhotonSettings
from photoncloud.config.secret import Secret
from photoncloud.config.tree import LeafNode, Schema, own_key

HEARTBEAT: Path = ("photon", "integrated", "registration", "heartbeat_interval_sec")
LEASE: Path = ("photon", "integrated", "registration", "lease_ttl_sec")


@dataclass(frozen=True)
class Material:
    """What an assembly is made of beside the leaves: schema, mode, where tables stand, and what was said on the way."""

    schema: Schema
    decision: Decision
    files: Files
    tables: Mapping[Path, Origin] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    read_files: tuple[str, ...] = ()
    allow_example_credentials: bool = False


def assemble(merged: Mapping[Path, Leaf], material: Material) -> Resolved:
    """The frozen result; ConfigurationError when rules across fields, backends or endpoints are broken."""
    schema, decision = material.schema, material.decision
    leaves = with_mode(merged, decision)
    if decision.mode != STANDALONE:
        leaves = overlay(leaves, schema)
    leaves = _with_lease(leaves)
    settings, problems = _settings(leaves, material)
    choice = choose(schema.declaration, decision.mode, lambda table, name: leaves[("photon", table, name)])
    problems += choice.problems
    if problems:
        raise ConfigurationError(problems)
    leaves = _with_engines(leaves, choice)
    photon = _photon(leaves)
    problems += _across_fields(leaves, photon, settings, choice, material)
    if problems:
        raise ConfigurationError(problems)
    notes = (*material.notes, *choice.notes, *_own_notes(leaves, material, choice))
    return Resolved(
        component=schema.component,
        photon=photon,
        settings=settings,
        mode=decision.mode,
        mode_reason=decision.reason,
        stage=choice.stage,
        backends=MappingProxyType(choice.backends),
        engines=MappingProxyType(choice.engines),
        integrated=choice.endpoints,
        hash="",
        notes=notes,
        files=material.read_files,
        schema=schema,
        merged=merged,
        effective=leaves,
        material=material,
    ).hashed()


def _with_lease(leaves: dict[Path, Leaf]) -> dict[Path, Leaf]:
    if leaves[LEASE].value is None:
        leaves[LEASE] = Leaf(HEARTBEATS_PER_LEASE * leaves[HEARTBEAT].value, DEFAULT)
    return leaves


def _with_engines(leaves: dict[Path, Leaf], choice: Choice) -> dict[Path, Leaf]:
    """Engines nobody named, now that the backends are known."""
    for name, engine in choice.engines.items():
        path = ("photon", "standalone", name)
        if leaves[path].value is None:
            leaves[path] = Leaf(engine, DEFAULT)
    return leaves


def values_of(leaves: Mapping[Path, Leaf], table: str) -> dict[str, Any]:
    """The nested values below one top table, as the models take them."""
    return unflatten({path[1:]: leaf.value for path, leaf in leaves.items() if path[0] == table})


def _photon(leaves: Mapping[Path, Leaf]) -> PhotonSettings:
    values = values_of(leaves, "photon")
    values["standalone"] = {name: value for name, value in values["standalone"].items() if value is not None}
    return PhotonSettings.model_validate(values)


def _settings(leaves: Mapping[Path, Leaf], material: Material) -> tuple[Any, list[Problem]]:
    """The component's settings, or what only shows when all layers lie together: required keys that nobody set."""
    schema = material.schema
    tree = values_of(leaves, "standalone")
    try:
        return schema.model.model_validate(tree), []
    except ValidationError as refused:
        errors = refused.errors(include_url=False)
    problems = []
    for error in errors:
        path = ("standalone", *path_at(schema.root.children["standalone"], tree, error["loc"]))
        node = schema.find(path)
        origin = nearest_origin(leaves, material.tables, path)
        problems.append(problem_of(error, path, origin, node if isinstance(node, LeafNode) else None))
    return None, problems


def _across_fields(
    leaves: Mapping[Path, Leaf], photon: PhotonSettings, settings: ConfigModel, choice: Choice, material: Material
) -> list[Problem]:
    def find_origin(key: str) -> Origin:
        return nearest_origin(leaves, material.tables, own_key(key))

    declaration = material.schema.declaration
    context = Context(
        photon, choice.backends, choice.engines, material.files, material.allow_example_credentials, find_origin
    )
    problems = [*_lease_problems(photon, context), *_pair_problems(photon, context)]
    problems += _example_problems(leaves, declaration, context)
    return problems + list(declaration.validate(settings, context))


def _lease_problems(photon: PhotonSettings, context: Context) -> Iterable[Problem]:
    registration = photon.integrated.registration
    least = HEARTBEATS_PER_LEASE_MIN * registration.heartbeat_interval_sec
    if registration.lease_ttl_sec is not None and registration.lease_ttl_sec < least:
        key = dotted(LEASE)
        message = f"{key} should be at least {HEARTBEATS_PER_LEASE_MIN} heartbeats ({least}), not "
        yield context.problem(key, "out-of-range", f"{message}{registration.lease_ttl_sec}")


def _pair_problems(photon: PhotonSettings, context: Context) -> Iterable[Problem]:
    if bool(photon.tls.cert_file) != bool(photon.tls.key_file):
        there, lacking = ("cert_file", "key_file") if photon.tls.cert_file else ("key_file", "cert_file")
        message = f"photon.tls.{there} is set but photon.tls.{lacking} is not"
        yield context.problem(f"photon.tls.{there}", "missing-key", message)


def _example_problems(leaves: Mapping[Path, Leaf], declaration: Declaration, context: Context) -> Iterable[Problem]:
    """The world-known key pair behind a listener that others reach."""
    if context.allow_example_credentials:
        return
    uses = declaration.example_credentials
    public = [name for name in uses.listeners if _is_public(leaves.get(own_key(name)), context)]
    for name in uses.keys if public else ():
        path = own_key(name)
        leaf = leaves.get(path)
        if leaf is not None and is_example_credential(leaf.value):
            message = (
                f"{dotted(path)} is the published example, and {dotted(own_key(public[0]))} is reachable from other "
                "hosts; set credentials of your own, listen on 127.0.0.1, or give --allow-example-credentials"
            )
            yield context.problem(dotted(path), "example-credentials", message)


def is_example_credential(value: Any) -> bool:
    """True for either half of the key pair that every document about S3 prints."""
    text = value.reveal() if isinstance(value, Secret) else value
    return text in (EXAMPLE_ACCESS_KEY, EXAMPLE_SECRET_KEY)


def _is_public(leaf: Leaf | None, context: Context) -> bool:
    if leaf is None or leaf.value is None:
        return False
    addresses = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return any(context.is_public(address) for address in addresses)


def _own_notes(leaves: Mapping[Path, Leaf], material: Material, choice: Choice) -> Iterable[Note]:
    decision = material.decision
    if decision.promoted_by is not None:
        yield Note("info", "mode_promoted", {"reason": decision.reason, "backends": dict(choice.backends)})
    component_id = leaves[("photon", "component_id")]
    if component_id.origin.kind == "default" and decision.mode != STANDALONE:
        yield Note("warning", "component_id_defaulted", {"component_id": component_id.value})
    ignored = sorted(dotted(path) for path in _idle_endpoints(leaves, choice))
    if ignored and (decision.mode == STANDALONE or decision.promoted_by is not None):
        yield Note("info", "config_endpoint_ignored", {"keys": ignored, "mode": decision.mode})


def _idle_endpoints(leaves: Mapping[Path, Leaf], choice: Choice) -> Iterable[Path]:
    """Endpoints that were set and serve no chosen backend of a standalone (or promoted) process."""
    used = {ADAPTER_ENDPOINT.get(backend) for backend in choice.backends.values()}
    for name, (integrated, _hybrid) in ENDPOINT_LEAVES.items():
        path = ("photon", "integrated", integrated)
        if name not in used and leaves[path].value:
            yield path
