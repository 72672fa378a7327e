"""Codes are a promise: nobody may change one without changing this table."""

from __future__ import annotations

import pytest

from photoncloud.backends.metadata import errors

CASES = [
    (errors.RevisionMismatch(b"k", 3, 4), "revision-mismatch"),
    (errors.BackendUnavailable("down", maybe_applied=True), "metadata-unavailable"),
    (errors.OutOfSpace("/data"), "metadata-out-of-space"),
    (errors.Compacted(7), "metadata-compacted"),
    (errors.FutureRevision(9, 7), "metadata-future-revision"),
    (errors.PermissionDenied("/photon/dns/"), "metadata-permission-denied"),
    (errors.LimitExceeded("value", 2, 1), "metadata-limit-exceeded"),
    (errors.InvalidRequest("empty key"), "metadata-invalid-request"),
    (errors.LeaseNotFound(5), "metadata-lease-not-found"),
    (errors.Unsupported("leases", "rocksdb"), "metadata-unsupported"),
]


@pytest.mark.parametrize(("error", "code"), CASES, ids=[code for _, code in CASES])
def test_codes(error: errors.MetadataError, code: str) -> None:
    assert error.code == code
    assert code in str(error)


def test_a_lost_race_is_not_an_unknown_outcome() -> None:
    assert not issubclass(errors.RevisionMismatch, errors.BackendUnavailable)
    assert not issubclass(errors.BackendUnavailable, errors.RevisionMismatch)


def test_an_invalid_request_is_a_value_error() -> None:
    assert issubclass(errors.InvalidRequest, ValueError)
