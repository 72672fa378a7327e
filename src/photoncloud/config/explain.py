"""Why a key has its value: where it comes from, what it overrode, what it brings about."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

from photoncloud.config.capability_names import ADAPTER_ENDPOINT, ENDPOINT_LEAVES
from photoncloud.config.environment import variables_of
from photoncloud.config.leaf import Path, dotted, path_of
from photoncloud.config.origin import DEFAULT, Leaf
from photoncloud.config.plain import masked
from photoncloud.config.printing import leaf_json
from photoncloud.config.problem import printable
from photoncloud.config.resolved import Resolved
from photoncloud.config.suggestion import nearest
from photoncloud.config.toml_text import toml_value
from photoncloud.config.tree import second_name_target

GLOB_CHARACTERS = "*?"


def matching(resolved: Resolved, key: str) -> dict[Path, Leaf]:
    """The leaves a key means: itself, its second name, all below a prefix, or all a glob matches.

    `server.s3_addr` may stand for `standalone.server.s3_addr`. KeyError, with the nearest key in its text, when
    nothing matches.
    """
    for wanted in (key, f"standalone.{key}"):
        found = {path: leaf for path, leaf in resolved.effective.items() if _means(wanted, dotted(path))}
        if found:
            return found
    target = second_name_target(resolved.schema, path_of(key))
    if target is not None:
        return {target: resolved.effective[target]}
    unset = {path: Leaf(None, DEFAULT) for path in resolved.schema.leaves if _means(key, dotted(path))}
    if unset:
        return unset
    near = nearest(key, [dotted(path) for path in resolved.schema.leaves])
    raise KeyError(f'unknown key "{key}"' + (f'; did you mean "{near}"?' if near else ""))


def _means(wanted: str, key: str) -> bool:
    if any(c in wanted for c in GLOB_CHARACTERS):
        return fnmatchcase(key, wanted)
    return key == wanted or key.startswith((f"{wanted}.", f"{wanted}["))


def explain_text(resolved: Resolved, key: str) -> str:
    """The explanation of every leaf a key means, as a person reads it."""
    return "\n".join(_text(resolved, path, leaf) for path, leaf in matching(resolved, key).items())


def explain_json(resolved: Resolved, key: str) -> list[dict[str, Any]]:
    """The same as plain data: `printing.leaf_json` and the effect."""
    found = matching(resolved, key)
    return [
        {**leaf_json(path, leaf, resolved.schema), "effect": effect(resolved, path)} for path, leaf in found.items()
    ]


def _text(resolved: Resolved, path: Path, leaf: Leaf) -> str:
    node = resolved.schema.leaf_or_second_name(path)

    def show(value: Any) -> str:
        plain = masked(value, node.is_secret)
        return "(not set)" if plain is None else toml_value(plain)

    lines = [f"{dotted(path)} = {show(leaf.value)}", f"  from    {printable(leaf.origin.describe())}"]
    lines += [f"  over    {printable(origin.describe())}  {show(value)}" for value, origin in leaf.overridden]
    brings = effect(resolved, path)
    if brings:
        lines.append(f"  effect  {brings}")
    names = node.marks.env or variables_of(path, resolved.schema)
    kind = f"{node.type.describe()}; reload: {'yes' if node.marks.reload else 'no'}"
    lines.append(f"  type    {kind}" + (f"; variables: {' '.join(names)}" if names else ""))
    return "\n".join(lines) + "\n"


def effect(resolved: Resolved, path: Path) -> str:
    """What a leaf of `[photon]` decides: the mode, backends that use an endpoint, or the backend of a capability."""
    if path[0] != "photon":
        return ""
    reason = f"{resolved.mode}: {resolved.mode_reason.removeprefix('standalone ')}"
    if path == ("photon", "mode"):
        return f"mode={resolved.mode} stage={resolved.stage} ({resolved.mode_reason})"
    if len(path) != 3:
        return ""
    names = list(_served(resolved, path))
    text = " ".join(f"{name}={resolved.backends[name]}" for name in names)
    engine = resolved.engines.get(path[2]) if path[1] == "standalone" else None
    return f"{text} ({reason})" if text else (engine and f"{path[2]}={engine}") or ""


def _served(resolved: Resolved, path: Path) -> Iterable[str]:
    _photon, table, name = path
    for capability, backend in resolved.backends.items():
        if name == f"{capability}_backend":
            yield capability
        elif backend in ADAPTER_ENDPOINT:
            integrated, hybrid = ENDPOINT_LEAVES[ADAPTER_ENDPOINT[backend]]
            if name == {"integrated": integrated, "hybrid": hybrid}.get(table):
                yield capability
