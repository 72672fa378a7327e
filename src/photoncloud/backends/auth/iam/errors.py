"""Refusals of authentication: a stable code, the words clients match, an HTTP status and named fields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class AuthError(Exception):
    """A caller could not be authenticated, or the backend could not tell.

    `code` never changes meaning; `fields` become extra elements of an S3 error document, in order.
    """

    def __init__(self, code: str, message: str, status: int, fields: Mapping[str, str] = NO_FIELDS) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class SigV4Error(AuthError):
    """A signature, or what surrounds it, was refused. Codes and messages are those of Amazon S3."""


class AuthUnavailable(AuthError):
    """The backend cannot answer now; nothing is known about the caller. Never to be read as "denied"."""

    def __init__(self, message: str) -> None:
        super().__init__("AuthUnavailable", message, 503)


class PolicyError(AuthError):
    """A policy document was refused: `MalformedPolicyDocument` (IAM) or `MalformedPolicy` (S3), always 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, 400)
