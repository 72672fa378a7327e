"""The `auth` port: authenticate (evidence -> principal) and authorize (principal, action, resource -> decision).

Every component is handed one `AuthBackend`. The port's methods are coroutines because an adapter may have to ask
photonauth. An adapter that holds the facts in memory also offers `ImmediateAuth`: the same questions without a
coroutine, for loops that cannot afford one. `local` offers both; an awaited answer from memory never suspends.

Secrets never cross this port: a caller gets the signing key of one day, region and service.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from photoncloud.backends.auth.iam.decision import Decision, Decisive, Layer, Resource, Verdict
from photoncloud.backends.auth.iam.errors import AuthError, AuthUnavailable, SigV4Error
from photoncloud.backends.auth.iam.post_signature import PostForm
from photoncloud.backends.auth.iam.principal import (
    ANONYMOUS,
    NO_CONTEXT,
    Account,
    Context,
    ContextValue,
    Credential,
    Principal,
    PrincipalKind,
)
from photoncloud.backends.auth.iam.sigv4 import ParsedSignature, SignedRequest, SigV4Rules
from photoncloud.backends.auth.iam.statements import Policy

__all__ = [
    "ANONYMOUS",
    "NO_CONTEXT",
    "Account",
    "AccountKey",
    "AuthBackend",
    "AuthError",
    "AuthUnavailable",
    "Authentication",
    "BearerToken",
    "Context",
    "ContextValue",
    "Credential",
    "Decision",
    "Decisive",
    "Evidence",
    "GatewayIdentity",
    "HttpEvidence",
    "ImmediateAuth",
    "Layer",
    "PhotonToken",
    "Policy",
    "PostEvidence",
    "Principal",
    "PrincipalKind",
    "Resource",
    "SigV4Error",
    "SigV4Rules",
    "SignedRequest",
    "Verdict",
    "WorkloadCertificate",
]


@dataclass(frozen=True, slots=True)
class HttpEvidence:
    """An HTTP request with SigV4 in a header or in the query; without either it proves the anonymous caller."""

    request: SignedRequest
    rules: SigV4Rules


@dataclass(frozen=True, slots=True)
class PostEvidence:
    """The fields of a browser form upload that carry its signature."""

    form: PostForm
    rules: SigV4Rules


@dataclass(frozen=True, slots=True)
class PhotonToken:
    """`x-photon-token` of an administrative gRPC call, with the full method it was made for."""

    token: str = field(repr=False)
    full_method: str


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A JWT or a static token from `Authorization: Bearer`, without the scheme."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GatewayIdentity:
    """`X-Photon-Identity` as received over mTLS. `request_sha256` = SHA-256(method + raw target), 32 bytes;
    `peer_certificate` the gateway's own certificate, DER."""

    token: str = field(repr=False)
    request_sha256: bytes
    peer_certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class WorkloadCertificate:
    """A chain the TLS layer received, leaf first, DER."""

    chain: tuple[bytes, ...] = field(repr=False)


Evidence = HttpEvidence | PostEvidence | PhotonToken | BearerToken | GatewayIdentity | WorkloadCertificate


@dataclass(frozen=True, slots=True)
class Authentication:
    """Who the caller is, and the verified signature where there was one (its key continues in chunk signatures)."""

    principal: Principal
    signature: ParsedSignature | None = None
    signing_key: bytes = field(default=b"", repr=False)


class AccountKey(StrEnum):
    """By what an account is looked up: the attributes of `Account`."""

    ID = "account_id"
    CANONICAL_ID = "canonical_id"
    EMAIL = "email"
    NAME = "name"


class AuthBackend(Protocol):
    """What a component asks. All methods are idempotent and may be called concurrently.

    Every method may raise `AuthUnavailable` (nothing is known; answer 503, never "denied"). `now_ns` is Unix time.
    """

    async def resolve(self, access_key_id: str) -> Credential | None:
        """The key's record, enabled or not; `None` when the key is unknown."""
        ...

    async def signing_key(self, access_key_id: str, date: str, region: str, service: str) -> bytes | None:
        """32 bytes: SigV4's `kSigning` for one day (`YYYYMMDD`); `None` when the key is unknown or disabled."""
        ...

    async def authenticate(self, evidence: Evidence, now_ns: int) -> Authentication:
        """Verify; raise `AuthError` (SigV4: `SigV4Error`) when it does not. Bad evidence is never anonymous.

        Evidence of a kind the adapter does not serve raises `AuthError` with code `EvidenceUnsupported`.
        """
        ...

    async def authorize(
        self,
        principal: Principal,
        action: str,
        resource: Resource,
        context: Context = NO_CONTEXT,
        resource_policy: Policy | None = None,
    ) -> Decision:
        """Decide. Never raises for a policy or a context: an error inside is a deny with code `EvaluationError`.

        `context` has lower-case names and holds what the enforcement point itself established; the principal's own
        facts are laid over it. The caller passes `aws:currenttime` and `aws:epochtime`.
        """
        ...

    async def find_account(self, key: AccountKey, value: str) -> Account | None:
        """The account with that id, canonical id, e-mail address (ignoring case) or name."""
        ...

    async def has_principal(self, arn: str) -> bool:
        """Whether a policy may name this account, user or role as a principal."""
        ...

    async def await_revision(self, revision: int, timeout_sec: float) -> bool:
        """Wait until decisions are made at `revision` or newer; False when that did not happen in time."""
        ...

    async def probe(self) -> str:
        """`ok`, or why authentication is degraded, for `/health`."""
        ...


@runtime_checkable
class ImmediateAuth(Protocol):
    """The same answers from memory, without a coroutine."""

    def resolve_now(self, access_key_id: str) -> Credential | None: ...

    def signing_key_now(self, access_key_id: str, date: str, region: str, service: str) -> bytes | None: ...

    def authenticate_now(self, evidence: Evidence, now_ns: int) -> Authentication: ...

    def authorize_now(
        self,
        principal: Principal,
        action: str,
        resource: Resource,
        context: Context = NO_CONTEXT,
        resource_policy: Policy | None = None,
    ) -> Decision: ...
