"""Keys a zone needs before it can be signed."""

from __future__ import annotations

from photoncloud.flashdns.core.dnskey import ZoneKey
from photoncloud.flashdns.core.key_schedule import active_keys, missing_roles

KSK, ZSK, OTHER = ZoneKey("ksk", 13, b"k"), ZoneKey("zsk", 13, b"z"), ZoneKey("zsk", 15, b"o")


def test_missing_roles() -> None:
    assert missing_roles([], 13) == ("ksk", "zsk")
    assert missing_roles([KSK, OTHER], 13) == ("zsk",)
    assert missing_roles([KSK, ZSK], 13) == ()


def test_the_oldest_of_each_role_signs() -> None:
    newer = ZoneKey("zsk", 13, b"n")
    assert active_keys([ZSK, newer, KSK, OTHER], 13) == (KSK, ZSK)
    assert active_keys([OTHER], 13) == ()
