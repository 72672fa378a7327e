"""Refusals as replies: status, document, fields. The one place where an error of any kind becomes S3's words."""

from __future__ import annotations

from photoncloud.backends.auth.port import AuthError, AuthUnavailable
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.core.xml_out import CONTENT_TYPE, error_document
from photoncloud.lightningstor.errors import CommitLost, IndexUnavailable, OutOfSpace, S3Error

_WITHOUT_DOCUMENT = frozenset({304})


def error_reply(error: S3Error, request_id: str, host_id: str) -> Reply:
    """The reply for a refusal."""
    status = ERRORS[error.code].status
    headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in error.headers]
    if status in _WITHOUT_DOCUMENT:
        return Reply(status, headers, close=error.close)
    headers.append(CONTENT_TYPE)
    return Reply(status, headers, error_document(error, request_id=request_id, host_id=host_id), close=error.close)


def as_s3_error(error: Exception) -> S3Error | None:
    """How an expected failure below is spoken; None for a defect (500 `InternalError`, reported)."""
    if isinstance(error, S3Error):
        return error
    if isinstance(error, OutOfSpace):
        return S3Error("InsufficientStorage")
    if isinstance(error, IndexUnavailable | AuthUnavailable):
        return S3Error("ServiceUnavailable", headers=(("Retry-After", "1"),))
    if isinstance(error, CommitLost):
        return S3Error("SlowDown", headers=(("Retry-After", "1"),))
    if isinstance(error, AuthError):
        return S3Error(error.code, error.message, fields=dict(error.fields))
    return None
