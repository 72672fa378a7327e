"""Text → verdict: what `check-zone` and every reload run."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core.zone_load import load, origin_of
from photoncloud.flashdns.errors import BadName

DESIGN_ZONE = Path(__file__).parents[5] / "shared" / "design" / "examples" / "example.com.zone"


def test_the_zone_of_the_design_verbatim() -> None:
    verdict = load(DESIGN_ZONE.read_text(), file="example.com.zone", origin=origin_of("example.com"))
    assert verdict.is_accepted
    assert (verdict.serial, verdict.records, verdict.files) == (2024010101, 8, ("example.com.zone",))
    assert [finding for finding in verdict.findings if finding.code != "no_final_newline"] == []


def test_a_discovered_file_finds_its_apex() -> None:
    text = "$TTL 5\n$ORIGIN real.org.\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
    verdict = load(text, file="name.zone", origin=origin_of("name"))
    assert verdict.zone is not None
    assert verdict.zone.apex == origin_of("real.org")
    told = load(text, file="name.zone", origin=origin_of("name"), apex=origin_of("name"))
    assert not told.is_accepted
    assert "soa_missing" in {finding.code for finding in told.findings}


def test_refused_zones_still_tell_their_serial() -> None:
    verdict = load("@ 5 SOA ns h 7 2 3 4 5\n", file="f", origin=origin_of("x"))
    assert (verdict.is_accepted, verdict.serial) == (False, 7)
    assert load("", file="f", origin=origin_of("x")).serial is None


def test_the_worst_comes_first() -> None:
    verdict = load("@ 5 SOA ns h 7 2 3 4 5\n@ NS gone\nbad line\na.other. A 192.0.2.1", file="f", origin=origin_of("x"))
    severities = [finding.severity for finding in verdict.findings]
    assert severities == sorted(severities, key=["fatal", "error", "warning"].index)
    assert severities[0] == "fatal"


def test_names_of_zones() -> None:
    assert origin_of("example.com") == origin_of("example.com.") == names.from_text("example.com.")
    with pytest.raises(BadName):
        origin_of("a..b")
