from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.events.errors import InvalidEvent
from photoncloud.backends.events.event import Event
from photoncloud.backends.events.subjects import check_subject, compile_pattern, subject_of, token

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "expected"), [("web-1", "web-1"), ("Example.COM", "example_com"), ("a b", "a_20b"), ("ä", "_c3_a4")]
)
def test_tokens(name: str, expected: str) -> None:
    assert token(name) == expected


@pytest.mark.parametrize(
    ("kind", "tenant", "route", "subject"),
    [
        ("photon.dns.zone.changed", "", "", "photon.dns._.zone.changed"),
        ("photon.dns.zone.changed", "Acme", "", "photon.dns.acme.zone.changed"),
        ("photon.dns.zone", "", "photonusage.dns.acme", "photonusage.dns.acme"),
    ],
)
def test_subject_of(kind: str, tenant: str, route: str, subject: str) -> None:
    extensions = {"photontenant": tenant} if tenant else {}
    assert subject_of(Event("1", "/photon/a/b", kind, NOW, extensions=extensions, route=route)) == subject


@pytest.mark.parametrize(
    "subject", ["", "photon", "other.a", "photon..a", "photon.A", "photon." + "a" * 64, ".".join(["photon"] * 9)]
)
def test_refused_subjects(subject: str) -> None:
    with pytest.raises(InvalidEvent):
        check_subject(subject)


@pytest.mark.parametrize(
    ("pattern", "subject", "matches"),
    [
        ("photon.>", "photon.dns", True),
        ("photon.>", "photon.dns._.a", True),
        ("photon.>", "photon", False),
        ("photon.*", "photon.dns", True),
        ("photon.*", "photon.dns.x", False),
        ("photon.*.acme.>", "photon.dns.acme.zone", True),
        ("photon.*.acme.>", "photon.dns.acme", False),
        ("photon.dns", "photon.dnsx", False),
        (">", "photon.dns", True),
    ],
)
def test_patterns(pattern: str, subject: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).fullmatch(subject)) is matches


@given(st.text(min_size=1, max_size=20))
def test_any_name_becomes_a_token(name: str) -> None:
    assert compile_pattern("photon.*").fullmatch(f"photon.{token(name)}")
