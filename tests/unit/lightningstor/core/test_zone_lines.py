"""Zone lines for website hosts."""

from __future__ import annotations

import json

import pytest

from photoncloud.lightningstor.core import zone_lines


def test_addresses_choose_the_record_type() -> None:
    assert zone_lines.zone_lines(["b.test", "a.test.", "b.test"], "192.0.2.10") == (
        "a.test. 300 IN A 192.0.2.10\nb.test. 300 IN A 192.0.2.10\n"
    )
    assert zone_lines.zone_lines(["a.test"], "2001:DB8::1", 60) == "a.test. 60 IN AAAA 2001:db8::1\n"


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="not-an-address"):
        zone_lines.zone_lines(["a.test"], "not-an-address")


def test_json() -> None:
    rows = json.loads(zone_lines.json_lines([("a.test", "bucket")], "192.0.2.1"))
    assert rows == [{"host": "a.test", "bucket": "bucket", "target": "192.0.2.1"}]
