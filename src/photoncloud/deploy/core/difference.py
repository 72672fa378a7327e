"""What changes between two plans, and the gentlest way to apply it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from photoncloud.deploy.core.run_plan import Program, RunPlan

# Fields that a running process takes from outside: a change of any other one needs a new process.
_NEUTRAL = frozenset({"config", "needs", "start_timeout_sec", "stop_timeout_sec", "restart", "extra", "log_path"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Names by what happens to them; `reasons` says what changed (dotted leaves, or field names)."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.restart or self.reload)


def difference(old: RunPlan, new: RunPlan, reloadable: Mapping[str, Collection[str]]) -> Difference:
    """Compare two plans; `reloadable` maps a component to the configuration leaves it takes on SIGHUP."""
    before = {program.name: program for program in old.programs}
    after = {program.name: program for program in new.programs}
    restart: list[str] = []
    reload: list[str] = []
    unchanged: list[str] = []
    reasons: dict[str, tuple[str, ...]] = {}
    for name in (name for name in after if name in before):
        changed = tuple(_changed_fields(before[name], after[name]))
        leaves = tuple(changed_leaves(before[name].config, after[name].config))
        if not changed and not leaves:
            unchanged.append(name)
            continue
        reasons[name] = (*changed, *leaves)
        can_reload = not changed and set(leaves) <= set(reloadable.get(name, ()))
        (reload if can_reload else restart).append(name)
    return Difference(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        restart=tuple(restart),
        reload=tuple(reload),
        unchanged=tuple(unchanged),
        reasons=reasons,
    )


def changed_leaves(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Dotted paths of leaves that differ, are new, or are gone."""
    for key in sorted({*old, *new}):
        here = f"{path}.{key}" if path else key
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from changed_leaves(before, after, here)
        elif before is None or after is None:
            yield from _all_leaves(after if before is None else before, here)
        elif before != after:
            yield here


def _all_leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _all_leaves(item, f"{path}.{key}")
    else:
        yield path


def _changed_fields(old: Program, new: Program) -> Iterator[str]:
    for each in fields(Program):
        if each.name not in _NEUTRAL and getattr(old, each.name) != getattr(new, each.name):
            yield each.name
