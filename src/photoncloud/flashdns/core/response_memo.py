"""A bounded memo of two generations: what is used lives on, what is not is forgotten with its generation."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ResponseMemo(Generic[Key, Value]):
    """At most `entries` in each of two dictionaries; hits in the old one move to the hot one."""

    __slots__ = ("_entries", "hot", "old")

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self.hot: dict[Key, Value] = {}
        self.old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        found = self.hot.get(key)
        if found is None:
            found = self.old.pop(key, None)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: Key, value: Value) -> None:
        if len(self.hot) >= self._entries:
            self.old, self.hot = self.hot, {}
        self.hot[key] = value

    def clear(self) -> None:
        self.hot = {}
        self.old = {}
