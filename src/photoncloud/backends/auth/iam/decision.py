"""The answer to "may this principal do this to that": verdict, the statement that decided, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicit_deny"
    EXPLICIT_DENY = "explicit_deny"


class Layer(StrEnum):
    """Where a statement stands. The values are the words of messages and of the simulator."""

    SERVICE_GUARDRAIL = "service-guardrail"
    RESOURCE_GUARDRAIL = "resource-guardrail"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Decisive:
    """The statement that decided. `statement` counts from 0; `sid` is empty where the statement has none."""

    layer: Layer
    policy_id: str
    version: str
    sid: str
    statement: int


@dataclass(frozen=True, slots=True)
class Decision:
    """`layers` holds the verdict of every layer that was consulted, each taken alone.

    `missing_context` names condition keys that a statement asked for and the request did not have. `reason` is for the
    operator (`photonctl storage explain`), never for a foreign caller. `code` is empty, or `EvaluationError`.
    """

    decision: Verdict
    decisive: Decisive | None
    reason: str
    layers: Mapping[Layer, Verdict]
    missing_context: tuple[str, ...] = ()
    revision: int = 0
    code: str = ""

    @property
    def is_allowed(self) -> bool:
        return self.decision is Verdict.ALLOWED

    @property
    def is_explicit_deny(self) -> bool:
        return self.decision is Verdict.EXPLICIT_DENY


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on: an ARN, or `*` for actions without a single resource, and the account that owns it."""

    arn: str
    account_id: str
