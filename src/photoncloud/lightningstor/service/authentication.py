"""Who calls, and how the body was signed: evidence to the auth backend, its answer in this component's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from photoncloud.backends.auth.iam import payload_hash as hashes
from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain
from photoncloud.backends.auth.iam.sigv4 import Mechanism, ParsedSignature, SignedRequest, SigV4Rules
from photoncloud.backends.auth.port import (
    AuthBackend,
    Authentication,
    AuthError,
    AuthUnavailable,
    Evidence,
    HttpEvidence,
    ImmediateAuth,
    PostEvidence,
    Principal,
)
from photoncloud.lightningstor.core.access_conditions import SignatureFacts
from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.call import Payload
from photoncloud.lightningstor.service.presigned_memory import PresignedMemory

_AUTH_TYPES = {Mechanism.HEADER: "REST-HEADER", Mechanism.QUERY: "REST-QUERY-STRING", Mechanism.POST: "POST"}
_STREAMING = {
    hashes.STREAMING_SIGNED: "streaming-signed",
    hashes.STREAMING_SIGNED_TRAILER: "streaming-signed-trailer",
    hashes.STREAMING_UNSIGNED_TRAILER: "streaming-unsigned-trailer",
}
_ECDSA = frozenset({hashes.STREAMING_ECDSA, hashes.STREAMING_ECDSA_TRAILER})
_UNSIGNED = Payload("unsigned")
_NO_SIGNATURE = SignatureFacts()


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated (or anonymous) caller."""

    principal: Principal
    payload: Payload
    signature: SignatureFacts


class Authenticator:
    """Turns requests and forms into callers."""

    def __init__(self, auth: AuthBackend, rules: SigV4Rules) -> None:
        self._auth = auth
        self._immediate = cast(ImmediateAuth, auth) if isinstance(auth, ImmediateAuth) else None
        self.follow(rules)

    def follow(self, rules: SigV4Rules) -> None:
        """Judge by these rules from now on (regions are reloadable)."""
        self._rules = rules
        self._memory = None if self._immediate is None else PresignedMemory(self._immediate, rules.max_skew_sec)

    async def authenticate(self, request: Request) -> Caller:
        """The caller of a request. Raises S3Error; bad evidence is never anonymous."""
        found = None if self._memory is None else self._memory.recall(request)
        if found is None:
            path, _, query = request.target.partition(b"?")
            signed = SignedRequest(request.method.encode(), path, query, request.headers)
            found = await self._ask(HttpEvidence(signed, self._rules), request.received_ns)
            if self._memory is not None:
                self._memory.remember(request, found)
        signature = found.signature
        if signature is None:
            return Caller(found.principal, _anonymous_payload(request), _NO_SIGNATURE)
        return Caller(found.principal, _payload(found, signature), _facts(signature, request.received_ns))

    async def authenticate_form(self, form: Mapping[str, str], now_ns: int) -> Caller:
        """The caller of a browser form (field names in lower case). Raises S3Error."""
        found = await self._ask(PostEvidence(form, self._rules), now_ns)
        if found.signature is None:
            return Caller(found.principal, _UNSIGNED, _NO_SIGNATURE)
        return Caller(found.principal, _UNSIGNED, _facts(found.signature, now_ns))

    async def _ask(self, evidence: Evidence, now_ns: int) -> Authentication:
        try:
            if self._immediate is not None:
                return self._immediate.authenticate_now(evidence, now_ns)
            return await self._auth.authenticate(evidence, now_ns)
        except AuthUnavailable as error:
            raise S3Error("ServiceUnavailable") from error
        except AuthError as error:
            raise S3Error(error.code, error.message, fields=dict(error.fields)) from error


def _facts(signature: ParsedSignature, now_ns: int) -> SignatureFacts:
    age_ms = now_ns // 1_000_000 - signature.signed_at_sec * 1000
    return SignatureFacts(_AUTH_TYPES[signature.mechanism], signature.region, max(age_ms, 0))


def _payload(found: Authentication, signature: ParsedSignature) -> Payload:
    """What the signature says about the body. In a presigned request streaming keywords have no meaning."""
    value = signature.payload_hash
    if value == hashes.UNSIGNED_PAYLOAD:
        return _UNSIGNED
    if hashes.is_sha256_hex(value):
        return Payload("hash", bytes.fromhex(value.decode()), value.decode())
    if signature.mechanism is Mechanism.QUERY:
        return Payload("hash", b"", value.decode("latin-1"))
    if value in _ECDSA:
        raise S3Error("NotImplemented", fields={"Header": "x-amz-content-sha256"})
    streaming = _STREAMING[value]
    if streaming == "streaming-unsigned-trailer":
        return Payload(streaming)
    return Payload(streaming, chunk_signatures=ChunkSignatureChain(signature, found.signing_key))


def _anonymous_payload(request: Request) -> Payload:
    value = request.fields.get(b"x-amz-content-sha256")
    if value is None or value == hashes.UNSIGNED_PAYLOAD:
        return _UNSIGNED
    if hashes.is_sha256_hex(value):
        return Payload("hash", bytes.fromhex(value.decode()), value.decode())
    if value == hashes.STREAMING_UNSIGNED_TRAILER:
        return Payload(_STREAMING[value])
    try:
        hashes.check_s3_payload_hash(value)
    except AuthError as error:
        raise S3Error(error.code, error.message, fields=dict(error.fields)) from error
    raise S3Error("AccessDenied")  # a signed stream without a signature
