"""Errors keep their codes: operators and other programs match them."""

from __future__ import annotations

from photoncloud.flashdns import errors


def test_codes() -> None:
    assert errors.BadName("x").code == "bad_name"
    assert errors.BadRdata("x").code == "bad_rdata"
    assert errors.BadRdata("x", code="svcb_duplicate_key").code == "svcb_duplicate_key"
    assert errors.BadMessage("x").code == "bad_message"
    assert errors.ImageDamaged("x").code == "image_damaged"
    assert errors.ChangeConflict("x").code == "change_conflict"
    refused = errors.ZoneRefused("no SOA", ("finding",), where="zone:1")
    assert (refused.code, refused.findings) == ("zone_refused", ("finding",))
    assert str(refused) == "zone:1: zone_refused: no SOA"


def test_everything_is_a_flashdns_error() -> None:
    leaves = [
        value for value in vars(errors).values() if isinstance(value, type) and value.__module__ == errors.__name__
    ]
    assert all(issubclass(leaf, errors.FlashdnsError) for leaf in leaves)
