"""The nearest right spelling of a wrong name."""

from __future__ import annotations

from collections.abc import Iterable

# Names longer than any of ours are not compared: the distance is quadratic.
NAME_CHARACTERS_MAX = 128


def distance(a: str, b: str, limit: int) -> int:
    """Damerau-Levenshtein distance (insert, delete, replace, swap of neighbours); `limit + 1` when it is larger."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(last) > limit:
            return limit + 1
        before_last, last = last, row
    return min(last[-1], limit + 1)


def nearest(word: str, names: Iterable[str]) -> str:
    """The nearest of `names` at a distance of at most max(2, length / 3), ties by name; "" when none is near."""
    if len(word) > NAME_CHARACTERS_MAX:
        return ""
    limit = max(2, len(word) // 3)
    ranked = [(distance(word, name, limit), name) for name in names if len(name) <= NAME_CHARACTERS_MAX]
    best = min((pair for pair in ranked if pair[0] <= limit), default=(0, ""))
    return best[1]
