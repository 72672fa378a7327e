"""Refusals carry a code, words, a status and fields."""

from __future__ import annotations

from photoncloud.backends.auth.iam.errors import AuthError, AuthUnavailable, PolicyError, SigV4Error


def test_kinds() -> None:
    error = SigV4Error("SignatureDoesNotMatch", "words", 403, {"a": "b"})
    assert isinstance(error, AuthError)
    assert str(error) == "SignatureDoesNotMatch: words"
    assert dict(error.fields) == {"a": "b"}
    assert (AuthUnavailable("gone").code, AuthUnavailable("gone").status) == ("AuthUnavailable", 503)
    assert (PolicyError("MalformedPolicy", "x").status, dict(PolicyError("c", "m").fields)) == (400, {})
