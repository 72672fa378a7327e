"""May this principal do this to that? The one decision procedure (photonauth.md §4.7).

Each layer of policies is read by itself: a matching deny ends it, otherwise a matching allow counts. `evaluate` then
combines the layers. It never raises: an error inside is a deny.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from photoncloud.backends.auth.iam.arn import normalize_partition
from photoncloud.backends.auth.iam.decision import Decision, Decisive, Layer, Resource, Verdict
from photoncloud.backends.auth.iam.principal import NO_CONTEXT, Context, ContextValue, Principal, PrincipalKind
from photoncloud.backends.auth.iam.principals import Grant
from photoncloud.backends.auth.iam.statements import (
    BrokenPolicy,
    Effect,
    Policy,
    ResourceRequest,
    Statement,
    request_resource,
)

EVALUATION_ERROR = "EvaluationError"
_CALLER_IDENTITY = "sts:getcalleridentity"
_TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
    }
)
_ROOT_REPAIRS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
"""What a bucket policy never denies to the root of the bucket's account, so that nobody is locked out for ever."""
_MANAGED_POLICIES = "arn:aws:iam::aws:policy/"
_RESERVED_ROLES = "role/aws-reserved/"
_READING_VERBS = ("get", "list", "simulate", "generate")
_OUTSIDE_PROJECTS = (PrincipalKind.ANONYMOUS, PrincipalKind.SERVICE)
"""Callers with no identity policies and no service guardrails; only a resource policy admits them."""
_MISSING_KEPT = 256  # names in `missing_context`; more than the conditions of any sensible policy ask for
_POLICY_WORDS = {
    Layer.SERVICE_GUARDRAIL: "a service guardrail",
    Layer.RESOURCE_GUARDRAIL: "a resource guardrail",
    Layer.IDENTITY: "an identity-based policy",
    Layer.BOUNDARY: "a permissions boundary policy",
    Layer.SESSION: "a session policy",
    Layer.RESOURCE: "a resource-based policy",
    Layer.BUILT_IN: "a built-in policy",
}
_LACKING_WORDS = {layer: words.split(" ", 1)[1] for layer, words in _POLICY_WORDS.items()}


@dataclass(frozen=True, slots=True)
class PolicyLayers:
    """Everything attached to a principal, and to the levels above it and above the resource.

    `boundary` and `session`: `None` when there is none; an empty one allows nothing. Guardrails: one entry for each
    level, root first; a level without a policy denies. `assigned` are the policies of roles assigned to the principal
    for a scope that holds the resource: they add to identity and count as the resource side's consent there.
    """

    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    assigned: tuple[Policy, ...] = ()
    service_guardrails: tuple[tuple[Policy, ...], ...] = ()
    resource_guardrails: tuple[tuple[Policy, ...], ...] = ()


NO_LAYERS = PolicyLayers()


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One question. `context` has lower-case names; `revision` is that of the facts and is passed on."""

    principal: Principal
    action: str
    resource: Resource
    context: Context = field(default_factory=lambda: NO_CONTEXT)
    layers: PolicyLayers = NO_LAYERS
    resource_policy: Policy | None = None
    revision: int = 0


class _Outcome(NamedTuple):
    """One layer read alone. `grant` is how closely the allowing statements of a resource policy name the caller."""

    verdict: Verdict
    decisive: Decisive | None = None
    grant: Grant = Grant.NONE

    @property
    def is_allowed(self) -> bool:
        return self.verdict is Verdict.ALLOWED


_SILENT = _Outcome(Verdict.IMPLICIT_DENY)
_UNLIMITED = _Outcome(Verdict.ALLOWED)
_ROOT = _Outcome(Verdict.ALLOWED, Decisive(Layer.BUILT_IN, "root", "", "", 0))
_BUILT_IN = Decisive(Layer.BUILT_IN, "", "", "", 0)


def evaluate(request: AccessRequest) -> Decision:
    """The decision; an exception inside becomes an explicit deny with code `EvaluationError`."""
    try:
        return _Evaluation(request).decide()
    except Exception as problem:
        reason = f"evaluation failed: {type(problem).__name__}: {problem}"
        return Decision(Verdict.EXPLICIT_DENY, None, reason, {}, (), request.revision, EVALUATION_ERROR)


class _Evaluation:
    """State of one decision: the request taken apart, verdicts by layer, keys that were asked for and missing."""

    __slots__ = ("_action", "_missing", "_principal", "_request", "_resource", "_verdicts")

    def __init__(self, request: AccessRequest) -> None:
        self._request = request
        self._principal = request.principal
        self._action = request.action.lower()
        self._resource: ResourceRequest = request_resource(request.resource.arn)
        self._verdicts: dict[Layer, Verdict] = {}
        self._missing: dict[str, None] = {}

    def decide(self) -> Decision:
        built_in = self._built_in()
        if built_in is not None:
            return built_in
        outcomes: dict[Layer, _Outcome] = {}
        for layer, outcome in self._outcomes():
            self._verdicts[layer] = outcome.verdict
            if outcome.verdict is Verdict.EXPLICIT_DENY:
                return self._explicit_deny(layer, outcome)
            outcomes[layer] = outcome
        for layer in (Layer.SERVICE_GUARDRAIL, Layer.RESOURCE_GUARDRAIL):
            if layer in outcomes and not outcomes[layer].is_allowed:
                return self._implicit_deny(layer)
        return self._combine(outcomes)

    def _outcomes(self) -> Iterator[tuple[Layer, _Outcome]]:
        """Every layer that applies, read alone, in the order in which a deny is reported."""
        layers = self._request.layers
        if layers.service_guardrails and self._principal.kind not in _OUTSIDE_PROJECTS:
            yield Layer.SERVICE_GUARDRAIL, self._guardrail(Layer.SERVICE_GUARDRAIL, layers.service_guardrails)
        if layers.resource_guardrails:
            yield Layer.RESOURCE_GUARDRAIL, self._guardrail(Layer.RESOURCE_GUARDRAIL, layers.resource_guardrails)
        yield Layer.IDENTITY, self._identity()
        if layers.boundary is not None:
            yield Layer.BOUNDARY, self._read(Layer.BOUNDARY, layers.boundary)
        if layers.session is not None:
            yield Layer.SESSION, self._read(Layer.SESSION, layers.session)
        if self._request.resource_policy is not None:
            yield Layer.RESOURCE, self._resource_policy(self._request.resource_policy)

    def _combine(self, outcomes: dict[Layer, _Outcome]) -> Decision:
        """No layer denies. Who must allow depends on the kind of principal and on whose resource it is."""
        resource = outcomes.get(Layer.RESOURCE, _SILENT)
        if self._principal.kind in _OUTSIDE_PROJECTS:
            return self._allow(resource) if resource.grant is Grant.DIRECT else self._implicit_deny(Layer.RESOURCE)
        is_own = self._principal.account_id == self._request.resource.account_id
        if is_own and resource.grant is Grant.DIRECT:
            return self._allow(resource)
        for layer in (Layer.BOUNDARY, Layer.SESSION):
            if not outcomes.get(layer, _UNLIMITED).is_allowed:
                return self._implicit_deny(layer)
        if is_own and resource.grant is Grant.SOURCE:
            return self._allow(resource)
        identity = outcomes[Layer.IDENTITY]
        if not identity.is_allowed:
            return self._implicit_deny(Layer.IDENTITY)
        if resource.grant is not Grant.NONE:
            return self._allow(identity)
        is_trust = self._action in _TRUST_ACTIONS and Layer.RESOURCE in outcomes
        if (is_own and not is_trust) or self._is_assigned():
            return self._allow(identity)
        return self._implicit_deny(Layer.RESOURCE)

    def _built_in(self) -> Decision | None:
        """Rules that no policy changes: everybody may ask who they are, nobody changes what is reserved."""
        if self._action == _CALLER_IDENTITY and not self._principal.is_anonymous:
            self._verdicts[Layer.BUILT_IN] = Verdict.ALLOWED
            return self._allow(_Outcome(Verdict.ALLOWED, _BUILT_IN))
        if self._action.startswith("iam:") and self._is_reserved():
            self._verdicts[Layer.BUILT_IN] = Verdict.EXPLICIT_DENY
            return self._explicit_deny(Layer.BUILT_IN, _Outcome(Verdict.EXPLICIT_DENY, _BUILT_IN))
        return None

    def _is_reserved(self) -> bool:
        if self._action.removeprefix("iam:").startswith(_READING_VERBS):
            return False
        if normalize_partition(self._resource.text).startswith(_MANAGED_POLICIES):
            return True
        arn = self._resource.arn
        return arn is not None and arn.fields[2] == "iam" and arn.tail.startswith(_RESERVED_ROLES)

    def _guardrail(self, layer: Layer, levels: Sequence[Sequence[Policy]]) -> _Outcome:
        """Every level must contain an allow; any deny counts."""
        readings = [self._read(layer, policies) for policies in levels]
        for reading in readings:
            if reading.verdict is Verdict.EXPLICIT_DENY:
                return reading
        return readings[-1] if all(reading.is_allowed for reading in readings) else _SILENT

    def _identity(self) -> _Outcome:
        layers = self._request.layers
        found = self._read(Layer.IDENTITY, layers.identity + layers.assigned)
        return _ROOT if self._principal.is_root and found.verdict is Verdict.IMPLICIT_DENY else found

    def _is_assigned(self) -> bool:
        assigned = self._request.layers.assigned
        return bool(assigned) and self._read(Layer.IDENTITY, assigned).is_allowed

    def _resource_policy(self, policy: Policy) -> _Outcome:
        found = self._read(Layer.RESOURCE, (policy,))
        if found.verdict is Verdict.EXPLICIT_DENY and self._principal.is_root and self._action in _ROOT_REPAIRS:
            is_own = self._principal.account_id == self._request.resource.account_id
            return _SILENT if is_own else found
        return found

    def _read(self, layer: Layer, policies: Sequence[Policy]) -> _Outcome:
        """One layer alone. A broken policy denies: nobody knows what it said."""
        best = _SILENT
        for policy in policies:
            if isinstance(policy, BrokenPolicy):
                return _Outcome(Verdict.EXPLICIT_DENY, Decisive(layer, policy.policy_id, "", "", 0))
            for statement in policy.statements_for(self._action):
                if best.grant is Grant.DIRECT and statement.effect is Effect.ALLOW:
                    continue  # nothing allows more than that; only denies still matter
                grant = self._applies(layer, statement)
                if grant is Grant.NONE:
                    continue
                decisive = Decisive(layer, policy.policy_id, policy.policy_version, statement.sid, statement.index)
                if statement.effect is Effect.DENY:
                    return _Outcome(Verdict.EXPLICIT_DENY, decisive)
                if grant > best.grant:
                    best = _Outcome(Verdict.ALLOWED, decisive, grant)
        return best

    def _applies(self, layer: Layer, statement: Statement) -> Grant:
        """How closely the statement speaks of this principal, resource and context; `NONE`: it does not."""
        grant = self._grant(statement) if layer is Layer.RESOURCE else Grant.DIRECT
        if grant is Grant.NONE or not statement.matches_resource(self._resource, self._lookup):
            return Grant.NONE
        for condition in statement.conditions:
            if not condition.matches(self._lookup):
                return Grant.NONE
        return grant

    def _grant(self, statement: Statement) -> Grant:
        """`NotPrincipal` in a deny hits everyone who has a permission boundary; an allow must name a service."""
        element = statement.principal
        if element is None:
            return Grant.NONE
        is_deny = statement.effect is Effect.DENY
        if is_deny and element.is_negated and self._request.layers.boundary is not None:
            return Grant.DIRECT
        if not is_deny and self._principal.kind is PrincipalKind.SERVICE:
            return Grant.DIRECT if element.names_service(self._principal) else Grant.NONE
        return element.grant(self._principal)

    def _lookup(self, key: str) -> ContextValue | None:
        """A condition key: the principal's facts first, then the resource's account, then the request's."""
        value = self._principal.facts.get(key)
        if value is None and key == "aws:resourceaccount":
            value = self._request.resource.account_id or None
        if value is None:
            value = self._request.context.get(key)
        if value is None and len(self._missing) < _MISSING_KEPT:
            self._missing[key] = None
        return value

    def _allow(self, outcome: _Outcome) -> Decision:
        return self._decision(Verdict.ALLOWED, outcome.decisive, "")

    def _explicit_deny(self, layer: Layer, outcome: _Outcome) -> Decision:
        return self._decision(
            Verdict.EXPLICIT_DENY,
            outcome.decisive,
            f"{self._refusal()} with an explicit deny in {_POLICY_WORDS[layer]}",
        )

    def _implicit_deny(self, layer: Layer) -> Decision:
        action = self._request.action
        reason = f"{self._refusal()} because no {_LACKING_WORDS[layer]} allows the {action} action"
        return self._decision(Verdict.IMPLICIT_DENY, None, reason)

    def _refusal(self) -> str:
        caller = self._principal.arn or "anonymous"
        return f"User: {caller} is not authorized to perform: {self._request.action} on resource: {self._resource.text}"

    def _decision(self, verdict: Verdict, decisive: Decisive | None, reason: str) -> Decision:
        return Decision(verdict, decisive, reason, self._verdicts, tuple(self._missing), self._request.revision)
