"""Derived keys and the bounded cache of them."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.iam import signing_key
from photoncloud.backends.auth.iam.signing_key import SigningKeyCache, derive_signing_key, dummy_signing_key


def test_the_documented_derivation() -> None:
    """The key of the AWS General Reference's derivation example."""
    key = derive_signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


def test_the_dummy_belongs_to_nobody_and_depends_on_the_scope() -> None:
    assert dummy_signing_key("20260101", "r", "s3") != dummy_signing_key("20260102", "r", "s3")


def test_a_key_is_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def derive(secret: str, date: str, region: str, service: str) -> bytes:
        calls.append(date)
        return date.encode()

    monkeypatch.setattr(signing_key, "derive_signing_key", derive)
    cache = SigningKeyCache(capacity=2)
    for date in ("1", "1", "2", "3", "2", "1"):
        assert cache.derive("AK", "secret", date, "r", "s3") == date.encode()
    assert calls == ["1", "2", "3", "1"]
    assert len(cache) == 2


def test_forgetting_one_key_leaves_the_others() -> None:
    cache = SigningKeyCache()
    cache.derive("A", "old", "1", "r", "s3")
    cache.derive("B", "other", "1", "r", "s3")
    cache.forget("A")
    assert len(cache) == 1
    assert cache.derive("A", "new", "1", "r", "s3") == derive_signing_key("new", "1", "r", "s3")
    cache.clear()
    assert len(cache) == 0
