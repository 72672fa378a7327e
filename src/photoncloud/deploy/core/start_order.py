"""Order by need: who must be there first, who goes last, and cycles by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Needs = Mapping[str, Iterable[str]]


def waves(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """Groups that may start together, in order; within a group as declared. Needs outside the mapping are ignored.

    Raises ValueError for a cycle.
    """
    remaining = {name: {need for need in wanted if need in needs} for name, wanted in needs.items()}
    result: list[tuple[str, ...]] = []
    while remaining:
        wave = tuple(name for name, wanted in remaining.items() if not wanted)
        if not wave:
            raise ValueError(f"cycle: {' -> '.join(_cycle_within(remaining))}")
        result.append(wave)
        remaining = {name: wanted.difference(wave) for name, wanted in remaining.items() if name not in wave}
    return tuple(result)


def ordered(needs: Needs) -> tuple[str, ...]:
    return tuple(name for wave in waves(needs) for name in wave)


def cycle(needs: Needs) -> tuple[str, ...]:
    """One cycle, as `a, b, a`; empty when there is none."""
    remaining = {name: {need for need in wanted if need in needs} for name, wanted in needs.items()}
    while remaining:
        wave = {name for name, wanted in remaining.items() if not wanted}
        if not wave:
            return _cycle_within(remaining)
        remaining = {name: wanted - wave for name, wanted in remaining.items() if name not in wave}
    return ()


def dependents(needs: Needs) -> dict[str, frozenset[str]]:
    """For each name everything that needs it, directly or through others."""
    closure: dict[str, set[str]] = {name: set() for name in needs}
    for name in needs:
        for lower in _reach(needs, name):
            closure.setdefault(lower, set()).add(name)
    return {name: frozenset(names) for name, names in closure.items()}


def _cycle_within(remaining: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Every name of `remaining` needs another of it, so walking along needs must come back."""
    path = [next(iter(remaining))]
    while True:
        follower = min(remaining[path[-1]])
        if follower in path:
            return (*path[path.index(follower) :], follower)
        path.append(follower)


def _reach(needs: Needs, start: str) -> set[str]:
    reached: set[str] = set()
    pending = [start]
    while pending:
        for need in needs.get(pending.pop(), ()):
            if need not in reached:
                reached.add(need)
                pending.append(need)
    return reached - {start}
