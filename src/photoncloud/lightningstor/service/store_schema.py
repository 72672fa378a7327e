"""Which layout of rows a store has: written once, looked at before anything else is read."""

from __future__ import annotations

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Compare, Put, Transaction
from photoncloud.lightningstor.errors import CommitLost
from photoncloud.lightningstor.ports import Index
from photoncloud.runtime.errors import PhotonError

SCHEMA = 1
"""Raised when rows change in a way that an older program would misread."""

TOO_NEW = "store-newer"
_ROW = key_space.system("schema")


async def require_schema(index: Index, where: str) -> None:
    """Mark a new store; raises PhotonError `store-newer` for one that a later release wrote. `where` names it."""
    row = await index.get(_ROW)
    if row is None:
        try:
            await index.commit(Transaction((Compare(_ROW, 0),), (Put(_ROW, str(SCHEMA).encode()),)))
        except CommitLost:
            await require_schema(index, where)
        return
    found = int(row.value)
    if found > SCHEMA:
        cause = f"its rows have layout {found}, this program knows {SCHEMA}"
        raise PhotonError(TOO_NEW, "open the index", where, cause, "use the release that wrote it")
