"""Grants of dynamic update."""

from __future__ import annotations

import pytest

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.update_policy import UpdateGrant, is_granted

KEY = names.from_text("host.example.")
ZONE, SUB = names.from_text("example."), names.from_text("sub.example.")


@pytest.mark.parametrize(
    ("grant", "owner", "rtype", "granted"),
    [
        (UpdateGrant(KEY, "exact", SUB), "sub.example.", rr.A, True),
        (UpdateGrant(KEY, "exact", SUB), "a.sub.example.", rr.A, False),
        (UpdateGrant(KEY, "subdomain", SUB), "a.b.sub.example.", rr.A, True),
        (UpdateGrant(KEY, "subdomain", SUB), "xsub.example.", rr.A, False),
        (UpdateGrant(KEY, "subdomain", SUB, frozenset({rr.TXT})), "sub.example.", rr.A, False),
        (UpdateGrant(KEY, "subdomain", SUB, frozenset({rr.TXT})), "sub.example.", rr.TXT, True),
        (UpdateGrant(KEY, "self"), "host.example.", rr.A, True),
        (UpdateGrant(KEY, "self"), "other.example.", rr.A, False),
        (UpdateGrant(KEY, "acme", ZONE), "_acme-challenge.www.example.", rr.TXT, True),
        (UpdateGrant(KEY, "acme", ZONE), "_acme-challenge.example.", rr.TXT, True),
        (UpdateGrant(KEY, "acme", ZONE), "_acme-challenge.www.example.", rr.A, False),
        (UpdateGrant(KEY, "acme", ZONE), "www.example.", rr.TXT, False),
        (UpdateGrant(KEY, "acme", SUB), "_acme-challenge.www.example.", rr.TXT, False),
    ],
)
def test_rows(grant: UpdateGrant, owner: str, rtype: int, granted: bool) -> None:
    change = names.from_text(owner), rtype
    assert is_granted([grant], KEY, [change]) is granted
    assert not is_granted([grant], names.from_text("else."), [change])
    assert not is_granted([grant], None, [change])


def test_all_or_nothing() -> None:
    rows = [UpdateGrant(KEY, "exact", SUB), UpdateGrant(KEY, "exact", ZONE)]
    assert is_granted(rows, KEY, [(SUB, rr.A), (ZONE, rr.A)])
    assert not is_granted(rows, KEY, [(SUB, rr.A), (names.from_text("x.example."), rr.A)])
    assert not is_granted([], KEY, [(SUB, rr.A)])
