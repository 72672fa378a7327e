"""A change of the index as a value: what the `plan_*` rules return and the port `Index` commits."""

from __future__ import annotations

from typing import NamedTuple


class Compare(NamedTuple):
    """A demand of a transaction: the row's modification revision is `revision` (0: the row does not exist)."""

    key: bytes
    revision: int


class Put(NamedTuple):
    key: bytes
    value: bytes


class Delete(NamedTuple):
    key: bytes


class Transaction(NamedTuple):
    """All or nothing: every compare holds, then every change happens at one revision. At most 128 operations.

    One key is changed at most once. `makes_room`: it deletes, and what it puts besides is small (a marker, a
    candidate of the collector, the version that takes the place), so that a full disk still takes it.
    """

    compares: tuple[Compare, ...]
    changes: tuple[Put | Delete, ...]
    makes_room: bool = False


OPERATION_LIMIT = 100
"""Operations of one transaction this component builds: below every backend's 128, with room for fencing compares."""
