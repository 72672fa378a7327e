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

    One key is changed at most once.
    """

    compares: tuple[Compare, ...]
    changes: tuple[Put | Delete, ...]


OPERATION_LIMIT = 100
"""Operations of one transaction this component builds: below every backend's 128, with room for fencing compares."""
