from __future__ import annotations

import pytest

from photoncloud.backends.auth.port import AuthUnavailable, SigV4Error
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace, S3Error, StoreDamaged
from photoncloud.lightningstor.service.error_replies import as_s3_error, error_reply


@pytest.mark.parametrize("code", ERRORS)
def test_every_code_can_be_spoken(code: str) -> None:
    reply = error_reply(S3Error(code), "R", "H")
    assert reply.status == ERRORS[code].status
    assert isinstance(reply.body, bytes)
    assert (f"<Code>{code}</Code>".encode() in reply.body) is (reply.status != 304)


def test_fields_of_the_reply() -> None:
    reply = error_reply(S3Error("MethodNotAllowed", headers=(("Allow", "GET"),), close=True), "R", "H")
    assert reply.headers == [(b"Allow", b"GET"), (b"content-type", b"application/xml")]
    assert reply.close


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OutOfSpace(), "InsufficientStorage"),
        (IndexUnavailable("x", maybe_applied=False), "ServiceUnavailable"),
        (AuthUnavailable("x"), "ServiceUnavailable"),
        (CommitLost(), "SlowDown"),
        (SigV4Error("AccessDenied", "x", 403), "AccessDenied"),
    ],
)
def test_expected_failures(error: Exception, code: str) -> None:
    spoken = as_s3_error(error)
    assert spoken is not None
    assert spoken.code == code


def test_defects_are_not_spoken_for() -> None:
    assert as_s3_error(ValueError()) is None
    assert as_s3_error(StoreDamaged("a", "b")) is None
    refusal = S3Error("NoSuchKey")
    assert as_s3_error(refusal) is refusal
