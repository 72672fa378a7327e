"""Parsed policies: what `policy` and `bucket_policy` produce and `evaluation` reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from photoncloud.backends.auth.iam.conditions import Condition
from photoncloud.backends.auth.iam.matching import (
    ARN_FIELDS,
    ActionPattern,
    ArnPattern,
    RequestedArn,
    compile_arn,
    is_only_wildcards,
    split_action,
    split_arn,
    split_fields,
)
from photoncloud.backends.auth.iam.principals import PrincipalElement
from photoncloud.backends.auth.iam.variables import STAR, Lookup, Tokens, has_variable, substitute, tokenize

VERSION_2012 = "2012-10-17"
VERSION_2008 = "2008-10-17"
ACTIONS_REMEMBERED = 512
"""Actions for which a document remembers its statements: more than S3 and IAM have together."""
ANY_RESOURCE = "*"


class PolicyKind(StrEnum):
    """What a document is attached to; it decides how short ARN patterns are read and which elements it may have."""

    IDENTITY = "identity"
    TRUST = "trust"
    RESOURCE = "resource"
    SERVICE_GUARDRAIL = "service-guardrail"
    RESOURCE_GUARDRAIL = "resource-guardrail"


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One entry of `Resource` or `NotResource`.

    `arn` is compiled; with variables `template`, its six fields, is kept instead. Neither: too few fields, matches
    nothing.
    """

    is_everything: bool
    is_only_wildcards: bool
    arn: ArnPattern | None
    template: tuple[Tokens, ...] | None

    def matches(self, requested: RequestedArn | None, lookup: Lookup) -> bool | None:
        """`requested` is `None` for an action on no single resource. `None`: a variable cannot be resolved."""
        if self.is_everything:
            return True
        if self.arn is not None:
            return requested is not None and self.arn.matches(requested)
        if self.template is None:
            return False
        resolved = [substitute(field, lookup) for field in self.template]
        fields = [field for field in resolved if field is not None]
        if len(fields) != len(resolved):
            return None
        return requested is not None and compile_arn(fields).matches(requested)


def compile_resource(text: str, kind: PolicyKind, *, has_variables: bool) -> ResourcePattern:
    """Compile one pattern; fewer than six fields are padded as the kind of policy allows."""
    tokens = tokenize(text, has_variables=has_variables)
    if tokens == (STAR,):
        return ResourcePattern(True, True, None, None)
    fields = split_fields(tokens)
    if len(fields) < ARN_FIELDS and not _may_pad(kind, tokens):
        return ResourcePattern(False, is_only_wildcards(tokens), None, None)
    if has_variable(tokens):
        return ResourcePattern(False, False, None, tuple(_padded(fields)))
    return ResourcePattern(False, is_only_wildcards(tokens), compile_arn(_padded(fields)), None)


def _padded(fields: list[Tokens]) -> list[Tokens]:
    return fields + [(STAR,)] * (ARN_FIELDS - len(fields))


def _may_pad(kind: PolicyKind, tokens: Tokens) -> bool:
    if kind is PolicyKind.IDENTITY:
        return True
    if kind is PolicyKind.SERVICE_GUARDRAIL:
        return tokens[-1:] == (STAR,)
    if kind is PolicyKind.RESOURCE_GUARDRAIL:
        return False
    return any(not isinstance(token, str) for token in tokens)


@dataclass(frozen=True, slots=True)
class ResourceRequest:
    """What is acted on, taken apart once for all statements."""

    text: str
    arn: RequestedArn | None

    @property
    def is_unspecific(self) -> bool:
        return self.text == ANY_RESOURCE


def request_resource(text: str) -> ResourceRequest:
    return ResourceRequest(text, split_arn(text))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, compiled. `resources` is `None` where the kind of policy has no such element (trust)."""

    index: int
    sid: str
    effect: Effect
    actions: tuple[ActionPattern, ...]
    is_not_action: bool
    resources: tuple[ResourcePattern, ...] | None
    is_not_resource: bool
    principal: PrincipalElement | None
    conditions: tuple[Condition, ...]

    def matches_action(self, prefix: str, name: str) -> bool:
        return any(pattern.matches(prefix, name) for pattern in self.actions) is not self.is_not_action

    def matches_resource(self, request: ResourceRequest, lookup: Lookup) -> bool:
        """An entry whose variable cannot be resolved makes the whole element not match, unless another entry does."""
        if self.resources is None:
            return True
        if request.is_unspecific:
            return any(pattern.is_only_wildcards for pattern in self.resources) is not self.is_not_resource
        has_unresolved = False
        for pattern in self.resources:
            matched = pattern.matches(request.arn, lookup)
            if matched:
                return not self.is_not_resource
            has_unresolved = has_unresolved or matched is None
        return self.is_not_resource and not has_unresolved


@dataclass(frozen=True, slots=True)
class BrokenPolicy:
    """A stored document that no longer parses: an explicit deny for whatever it is attached to, never skipped."""

    policy_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A valid policy. `policy_id` and `policy_version` name it in decisions; `version` is the language's."""

    policy_id: str
    version: str
    kind: PolicyKind
    statements: tuple[Statement, ...]
    policy_version: str = ""
    _by_action: dict[str, tuple[Statement, ...]] = field(default_factory=dict, repr=False, compare=False)

    def statements_for(self, action: str) -> tuple[Statement, ...]:
        """The statements that speak of an action, in order; remembered, because actions come from short lists."""
        found = self._by_action.get(action)
        if found is None:
            prefix, name = split_action(action)
            found = tuple(statement for statement in self.statements if statement.matches_action(prefix, name))
            if len(self._by_action) < ACTIONS_REMEMBERED:
                self._by_action[action] = found
        return found

    def principals(self) -> Iterator[PrincipalElement]:
        return (statement.principal for statement in self.statements if statement.principal is not None)


Policy = PolicyDocument | BrokenPolicy
