"""Codes are a promise: nobody may change one without changing this table."""

from __future__ import annotations

import pytest

from photoncloud.backends.events import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BackendUnavailable("down", maybe_applied=True), "events-unavailable"),
        (errors.InvalidEvent("id", "empty"), "events-invalid"),
        (errors.LimitExceeded("data", 2, 1), "events-limit-exceeded"),
        (errors.PermissionDenied("photon.dns"), "events-permission-denied"),
        (errors.Unsupported("queue", "chainfire"), "events-unsupported"),
    ],
)
def test_codes(error: errors.EventsError, code: str) -> None:
    assert error.code == code
