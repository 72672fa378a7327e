"""Serial number arithmetic (RFC 1982, 32 bits) and the serials we serve (flashdns.md §4.6)."""

from __future__ import annotations

from typing import Literal

SerialPolicy = Literal["keep", "increment", "unixtime"]
_HALF = 1 << 31
_MASK = 0xFFFFFFFF


def is_newer(one: int, other: int) -> bool:
    """Whether `one` comes after `other`. Equal serials and those exactly half the ring apart do not."""
    return 0 < (one - other) & _MASK < _HALF


def after(serial: int) -> int:
    """The next serial; 0 follows the highest."""
    return (serial + 1) & _MASK


def served(policy: SerialPolicy, source: int, last_served: int | None, now_sec: int) -> int:
    """The serial to serve for a new version whose source says `source`.

    `keep` serves the source's. The others never go back: the later of their wish and the one after the last served.
    """
    if policy == "keep":
        return source
    wish = now_sec & _MASK if policy == "unixtime" else source
    if last_served is None or is_newer(wish, last_served):
        return wish
    return after(last_served)
