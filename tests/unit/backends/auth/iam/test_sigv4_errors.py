"""Refusals show what a client needs and nothing of the right signature (test_sigv4 has the table of words)."""

from __future__ import annotations

from photoncloud.backends.auth.iam import sigv4_errors as refuse


def test_bytes_that_are_no_text_are_replaced() -> None:
    error = refuse.signature_mismatch("AK", b"a\xff", b"\xfe")
    assert error.fields["StringToSign"] == "a\ufffd"
    assert error.fields["StringToSignBytes"] == "61 ff"
    assert "CanonicalRequest" not in error.fields


def test_several_unsigned_headers_are_listed_in_order() -> None:
    assert refuse.headers_not_signed([b"x-amz-b", b"host"]).fields["HeadersNotSigned"] == "host, x-amz-b"


def test_an_unsupported_scheme_is_named_without_its_secret() -> None:
    fields = refuse.unsupported_authorization(b"Basic c2VjcmV0").fields
    assert fields["ArgumentValue"] == "Basic"
