"""Who may update what (flashdns.md §3, `.update_policy`). Permission to transfer gives none here, nor the reverse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr

Match = Literal["exact", "subdomain", "self", "acme"]
_ACME_LABEL = b"\x0f_acme-challenge"


@dataclass(frozen=True, slots=True)
class UpdateGrant:
    """One row: `key` may change records at names that match, of these types (none listed: all).

    exact      the name itself
    subdomain  the name and all below it
    self       the name that is the key's own
    acme       `_acme-challenge` below the name (or the name's own), TXT only
    """

    key: bytes
    match: Match
    name: bytes = names.ROOT
    types: frozenset[int] = frozenset()

    def covers(self, key_name: bytes, owner: bytes, rtype: int) -> bool:
        """All names folded."""
        if key_name != self.key or (self.types and rtype not in self.types):
            return False
        if self.match == "exact":
            return owner == self.name
        if self.match == "subdomain":
            return names.is_under(owner, self.name)
        if self.match == "self":
            return owner == key_name
        return rtype == rr.TXT and owner.startswith(_ACME_LABEL) and names.is_under(owner, self.name)


def is_granted(grants: Iterable[UpdateGrant], key_name: bytes | None, changes: Iterable[tuple[bytes, int]]) -> bool:
    """Whether a key may make every one of the changes (folded owner, type); an update is all or nothing."""
    rows = list(grants)
    if key_name is None:
        return False
    return all(any(row.covers(key_name, owner, rtype) for row in rows) for owner, rtype in changes)
