"""Codes are a promise: nobody may change one without changing this table."""

from __future__ import annotations

import pytest

from photoncloud.backends.registry import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidMember("component", "empty"), "registry-invalid"),
        (errors.Fenced("dns-1", "i-2"), "registry-fenced"),
        (errors.BackendUnavailable("down"), "registry-unavailable"),
    ],
)
def test_codes(error: errors.RegistryError, code: str) -> None:
    assert error.code == code
