"""Is a recorded history of one register linearizable? The checker of crash and concurrency tests.

A *register* is one key of a store: writes set its value (a delete writes `None`), reads return it. Every operation has
the moment it was sent and the moment its answer came. An operation whose answer never came (`certain=False`: the
server was killed) may have taken effect at any moment until `end`, the last one at which it still could, or never.

The search is the classic one (Wing and Gong 1993, with the memory of Lowe 2017): take operations that no unfinished
one must precede, follow every choice, and remember which (set of taken operations, value) were tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Value = str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """`value` is what was written or what was read. Times are of one monotonic clock, any unit."""

    kind: Literal["write", "read"]
    value: Value
    start: float
    end: float
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Violation:
    """No order of the operations explains what was read. `stuck` are those that could not be placed."""

    placed: int
    stuck: tuple[Operation, ...]


def check(operations: Iterable[Operation], initial: Value = None) -> Violation | None:
    """The violation that makes the history impossible, or None when some order explains it."""
    history = sorted(
        (each for each in operations if each.certain or each.kind == "write"), key=lambda each: (each.start, each.end)
    )
    return _Search(history, initial).run()


class _Search:
    def __init__(self, history: Sequence[Operation], initial: Value) -> None:
        self._history = history
        self._initial = initial
        self._needed = sum(1 << number for number, each in enumerate(history) if each.certain)
        self._deepest = 0
        self._deepest_mask = 0

    def run(self) -> Violation | None:
        seen: set[tuple[int, Value]] = set()
        stack: list[tuple[int, Value, float]] = [(0, self._initial, float("-inf"))]
        while stack:
            mask, value, latest_start = stack.pop()
            if mask & self._needed == self._needed:
                return None
            if (mask, value) in seen:
                continue
            seen.add((mask, value))
            self._remember(mask)
            for number in self._choices(mask, value, latest_start):
                each = self._history[number]
                new_value = each.value if each.kind == "write" else value
                stack.append((mask | 1 << number, new_value, max(latest_start, each.start)))
        return self._violation()

    def _choices(self, mask: int, value: Value, latest_start: float) -> list[int]:
        """What to try next, the likeliest last. A read that fits now may always come now: it changes nothing."""
        writes = []
        for number in self._candidates(mask, latest_start):
            each = self._history[number]
            if each.kind == "write":
                writes.append(number)
            elif each.value == value:
                return [number]
        return sorted(writes, key=lambda number: (self._history[number].certain, -self._history[number].end))

    def _candidates(self, mask: int, latest_start: float) -> list[int]:
        """Operations that may be next: sent before every unplaced certain one was answered, and not too late."""
        found = []
        bound = float("inf")
        for number, each in enumerate(self._history):
            if mask >> number & 1:
                continue
            if each.start > bound:
                break  # sorted by start: nothing later can be next
            if each.certain:
                bound = min(bound, each.end)
                found.append(number)
            elif each.end >= latest_start:
                found.append(number)
        return [number for number in found if self._history[number].start <= bound]

    def _remember(self, mask: int) -> None:
        depth = (mask & self._needed).bit_count()
        if depth >= self._deepest:
            self._deepest, self._deepest_mask = depth, mask

    def _violation(self) -> Violation:
        left = (each for number, each in enumerate(self._history) if not self._deepest_mask >> number & 1)
        return Violation(self._deepest, tuple(each for each in left if each.certain)[:8])
