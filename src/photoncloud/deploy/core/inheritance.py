"""`extends`: a level adds components to its parent's and overrides them leaf by leaf.

Works on documents (nested mappings), before they become topologies, so that a child may set a single leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Far above any real chain (0a < 1 < 2 < 3 < 4); ends an endless one.
EXTENDS_DEPTH_MAX = 16


class InheritanceBroken(ValueError):
    """The chain of `extends` is circular, too long or names a level that does not exist."""


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merge, everything else of `over` replaces; the order of `base` is kept and new keys follow."""
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        both_tables = isinstance(known, Mapping) and isinstance(value, Mapping)
        result[key] = merged(known, value) if both_tables and known is not None else value
    return result


def flattened(document: Mapping[str, Any], parent_of: Callable[[str], Mapping[str, Any] | None]) -> dict[str, Any]:
    """The document with everything it inherits; `parent_of` gives the document of a level, or None."""
    chain = [document]
    seen = [str(_level(document).get("name", ""))]
    while parent := _level(chain[-1]).get("extends"):
        if parent in seen:
            raise InheritanceBroken(f"levels extend each other: {' -> '.join([*seen, str(parent)])}")
        found = parent_of(str(parent))
        if found is None:
            raise InheritanceBroken(f"level {seen[-1]!r} extends {parent!r}, which does not exist")
        chain.append(found)
        seen.append(str(parent))
        if len(chain) > EXTENDS_DEPTH_MAX:
            raise InheritanceBroken(f"more than {EXTENDS_DEPTH_MAX} levels extend each other")
    result: dict[str, Any] = {}
    for part in reversed(chain):
        result = merged(result, part)
    return result


def _level(document: Mapping[str, Any]) -> Mapping[str, Any]:
    level = document.get("level", {})
    return level if isinstance(level, Mapping) else {}
