"""One consumer's position in the memory bus: what is waiting, what is being worked on, what comes again when.

Strict order per subject: while an event of a subject is unanswered, no later one of that subject is handed out.
Pure: time comes in as monotonic nanoseconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class Outstanding:
    """A position that was handed out. `due_ns`: when it comes again; `is_held` = not before that (after a nak)."""

    subject: str
    attempt: int
    due_ns: int


class Group:
    """`waiting` are matched positions in publication order; `has_gap` is told with the next delivery."""

    def __init__(self, pattern: re.Pattern[str], ack_wait_sec: float, max_attempts: int, capacity: int) -> None:
        self.pattern = pattern
        self.ack_wait_ns = int(ack_wait_sec * NANOSECONDS)
        self.max_attempts = max_attempts
        self.has_gap = False
        self._capacity = capacity
        self._waiting: dict[int, str] = {}
        self._outstanding: dict[int, Outstanding] = {}
        self._busy: set[str] = set()

    def offer(self, position: int, subject: str) -> bool:
        """A new event; True if it is for this group."""
        if not self.pattern.fullmatch(subject):
            return False
        self._waiting[position] = subject
        if len(self._waiting) > self._capacity:
            self.forget(next(iter(self._waiting)))
        return True

    def forget(self, position: int) -> None:
        """The bus no longer holds an event that was still waiting."""
        if self._waiting.pop(position, None) is not None:
            self.has_gap = True

    def next(self, now_ns: int) -> tuple[int, int] | None:
        """Hand out (position, attempt): something due again, else the first whose subject is free."""
        for position, entry in self._outstanding.items():
            if entry.due_ns <= now_ns:
                entry.attempt += 1
                entry.due_ns = now_ns + self.ack_wait_ns
                return position, entry.attempt
        for position, subject in self._waiting.items():
            if subject not in self._busy:
                del self._waiting[position]
                self._busy.add(subject)
                self._outstanding[position] = Outstanding(subject, 1, now_ns + self.ack_wait_ns)
                return position, 1
        return None

    def in_flight(self) -> int:
        return len(self._outstanding)

    def next_due_ns(self) -> int | None:
        """When `next` may have something although nothing new happened."""
        return min((entry.due_ns for entry in self._outstanding.values()), default=None)

    def settle(self, position: int) -> bool:
        """Answered for good; False if it was already."""
        entry = self._outstanding.pop(position, None)
        if entry is not None:
            self._busy.discard(entry.subject)
        return entry is not None

    def retry(self, position: int, attempt: int, due_ns: int) -> None:
        """Come again at `due_ns`; an answer to an outdated attempt changes nothing."""
        entry = self._outstanding.get(position)
        if entry is not None and entry.attempt == attempt:
            entry.due_ns = due_ns
