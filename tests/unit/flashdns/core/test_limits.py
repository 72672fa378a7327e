"""Limits that follow from others."""

from __future__ import annotations

from photoncloud.flashdns.core import limits


def test_relations() -> None:
    zone, transfer = limits.ZoneLimits(), limits.TransferLimits()
    assert zone.entry_octets >= 2 * 65535, "the longest data as hexadecimal fits an entry"
    assert zone.max_records == transfer.max_records
    assert limits.TRANSFER_MESSAGE_OCTETS <= 0x4000, "every octet of a transfer message can be pointed to"
    assert limits.UDP_OCTETS_PLAIN < limits.UDP_OCTETS_DEFAULT < 1280 - 40
