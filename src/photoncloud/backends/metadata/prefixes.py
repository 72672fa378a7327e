"""Ranges of keys and the key space all components share.

A range is `(start, end)` as in etcd: `end == b""` is the single key `start`; `end == OPEN_END` is every key from
`start` on; otherwise `start <= key < end`. An `end` at or below `start` is an empty range.
"""

from __future__ import annotations

OPEN_END = b"\0"

# Common prefixes; every component owns `component_prefix(<short name>)` besides and never touches another's.
REGISTRY = b"/photon/registry/"
SERVICES = b"/photon/services/"
LEADER = b"/photon/leader/"
ELECTION = b"/photon/election/"
EVENT_LOG = b"/photon/eventlog/"


def component_prefix(short_name: str) -> bytes:
    """The prefix under which one component keeps its keys, e.g. `dns` -> `/photon/dns/v1/`."""
    return b"/photon/" + short_name.encode("ascii") + b"/v1/"


def prefix_end(prefix: bytes) -> bytes:
    """The `end` that makes `(prefix, end)` the range of all keys beginning with `prefix`."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,)) if trimmed else OPEN_END


def contains(start: bytes, end: bytes, key: bytes) -> bool:
    """Whether `key` lies in the range `(start, end)`."""
    if not end:
        return key == start
    return key >= start and (end == OPEN_END or key < end)


def upper_bound(start: bytes, end: bytes) -> bytes | None:
    """The exclusive upper bound of a range as plain bytes; None when the range is open."""
    if not end:
        return start + b"\0"
    return None if end == OPEN_END else end
