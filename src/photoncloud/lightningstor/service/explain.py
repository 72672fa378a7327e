"""Why a request was refused, kept for the operator: the latest refusals by request id. Never shown to the caller."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from photoncloud.backends.auth.port import Decision
from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.errors import S3Error

REFUSALS_KEPT = 4096
"""Some 8 MiB at 2 KiB each: hours of a busy day's refusals."""
TEXT_LIMIT = 4096
"""One canonical request; longer ones are cut, the beginning is what differs."""
_SHOWN_FIELDS = ("AWSAccessKeyId", "StringToSign", "CanonicalRequest", "HeadersNotSigned", "RequestTime", "ServerTime")
"""What a signature error says besides the signature itself, which is never kept."""
_SECRET_FIELDS = (b"x-amz-security-token:", b"authorization:", b"-customer-key:")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request. `signature` holds what was signed here, `policy` the statement that decided."""

    request_id: str
    time_ns: int
    method: str
    target: str
    peer: str
    operation: str
    principal: str
    code: str
    message: str
    reason: str
    signature: dict[str, str] = field(default_factory=dict)
    policy: dict[str, str] = field(default_factory=dict)
    missing_context: tuple[str, ...] = ()


class Explanations:
    """A ring of refusals."""

    def __init__(self, capacity: int = REFUSALS_KEPT) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Refusal] = OrderedDict()

    def keep(self, refusal: Refusal) -> None:
        self._kept[refusal.request_id] = refusal
        if len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def find(self, request_id: str) -> Refusal | None:
        return self._kept.get(request_id)


def refusal_of(
    request: Request, error: S3Error, *, operation: str, principal: str, reason: str, decision: Decision | None
) -> Refusal:
    """What is kept of one refusal; signatures, tokens and keys are left out."""
    policy: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    if decision is not None:
        missing = decision.missing_context
        policy = {str(layer): str(verdict) for layer, verdict in decision.layers.items()}
        if decision.decisive is not None:
            policy["statement"] = f"{decision.decisive.policy_id}#{decision.decisive.statement} {decision.decisive.sid}"
    shown = {name: _without_secrets(error.fields[name]) for name in _SHOWN_FIELDS if name in error.fields}
    return Refusal(
        request_id=request.request_id,
        time_ns=request.received_ns,
        method=request.method,
        target=redacted_target(request.target),
        peer=request.peer,
        operation=operation,
        principal=principal,
        code=error.code,
        message=error.message or "",
        reason=reason,
        signature=shown,
        policy=policy,
        missing_context=missing,
    )


def redacted_target(target: bytes) -> str:
    """A request target fit for logs: values of signatures and tokens replaced."""
    path, mark, query = target.partition(b"?")
    if not mark:
        return target.decode("latin-1")
    pairs = [_redacted_pair(pair) for pair in query.split(b"&")]
    return (path + b"?" + b"&".join(pairs)).decode("latin-1")


def _redacted_pair(pair: bytes) -> bytes:
    name = pair.partition(b"=")[0]
    return name + b"=REDACTED" if name.lower() in _SECRET_PARAMETERS else pair


_SECRET_PARAMETERS = frozenset({b"x-amz-signature", b"x-amz-security-token", b"signature"})


def _without_secrets(text: str) -> str:
    lines = [line for line in text.split("\n") if not _is_secret(line)]
    return "\n".join(lines)[:TEXT_LIMIT]


def _is_secret(line: str) -> bool:
    lowered = line.lower().encode()
    return any(lowered.startswith(name) or name in lowered[:80] for name in _SECRET_FIELDS)
