"""What a decision tells beside its verdict (verdicts are tabled in conformance)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import evaluation
from photoncloud.backends.auth.iam.decision import Decisive, Layer, Resource, Verdict
from photoncloud.backends.auth.iam.evaluation import AccessRequest, PolicyLayers, evaluate
from photoncloud.backends.auth.iam.policy import parse_identity_policy, parse_resource_policy
from photoncloud.backends.auth.iam.principal import ANONYMOUS, Principal, PrincipalKind
from photoncloud.backends.auth.iam.statements import PolicyDocument

ACCOUNT = "1" * 12
ALICE = Principal(PrincipalKind.USER, ACCOUNT, "a", f"arn:aws:iam::{ACCOUNT}:user/alice", "c", "alice")
OBJECT = Resource("arn:aws:s3:::b/k", ACCOUNT)


def identity(*statements: dict[str, Any], policy_id: str = "p", version: str = "v2") -> PolicyDocument:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return parse_identity_policy(text, policy_id, version)


def say(effect: str, action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def test_the_decisive_statement_and_every_layer() -> None:
    policy = identity(say("Allow", "ec2:*"), say("Allow", "s3:*", Sid="Reading"))
    layers = PolicyLayers(identity=(policy,), boundary=(identity(say("Allow", "*")),))
    decision = evaluate(AccessRequest(ALICE, "s3:GetObject", OBJECT, layers=layers, revision=7))
    assert decision.is_allowed
    assert decision.decisive == Decisive(Layer.IDENTITY, "p", "v2", "Reading", 1)
    assert dict(decision.layers) == {Layer.IDENTITY: Verdict.ALLOWED, Layer.BOUNDARY: Verdict.ALLOWED}
    assert (decision.revision, decision.reason, decision.code) == (7, "", "")


def test_words_of_an_implicit_deny() -> None:
    decision = evaluate(AccessRequest(ALICE, "s3:GetObject", OBJECT))
    assert decision.decisive is None
    assert decision.reason == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: s3:GetObject on resource: "
        "arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
    )


def test_words_of_an_explicit_deny() -> None:
    everyone = say("Deny", "s3:*") | {"Principal": "*"}
    policy = parse_resource_policy(json.dumps({"Version": "2012-10-17", "Statement": [everyone]}))
    decision = evaluate(AccessRequest(ANONYMOUS, "s3:GetObject", OBJECT, resource_policy=policy))
    assert decision.is_explicit_deny
    assert decision.reason == (
        "User: anonymous is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k with an explicit "
        "deny in a resource-based policy"
    )


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (PolicyLayers(boundary=()), "no permissions boundary policy allows"),
        (PolicyLayers(session=()), "no session policy allows"),
        (PolicyLayers(service_guardrails=((),)), "no service guardrail allows"),
        (PolicyLayers(resource_guardrails=((),)), "no resource guardrail allows"),
    ],
)
def test_the_layer_that_lacks_an_allow_is_named(layers: PolicyLayers, words: str) -> None:
    assert words in evaluate(AccessRequest(ALICE, "s3:GetObject", OBJECT, layers=layers)).reason


def test_layers_are_judged_alone_for_those_who_combine_them_further() -> None:
    """ACLs of other accounts need to know what identity alone said."""
    layers = PolicyLayers(identity=(identity(say("Allow", "s3:*")),))
    decision = evaluate(AccessRequest(ALICE, "s3:GetObject", Resource(OBJECT.arn, "2" * 12), layers=layers))
    assert decision.decision is Verdict.IMPLICIT_DENY
    assert decision.layers[Layer.IDENTITY] is Verdict.ALLOWED


def test_an_error_inside_is_a_deny(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> None:
        raise RuntimeError("broken " + text)

    monkeypatch.setattr(evaluation, "request_resource", fail)
    decision = evaluate(AccessRequest(ALICE, "s3:GetObject", OBJECT, revision=3))
    assert (decision.decision, decision.code) == (Verdict.EXPLICIT_DENY, "EvaluationError")
    assert "broken arn:aws:s3:::b/k" in decision.reason
    assert decision.revision == 3


def test_missing_keys_are_bounded() -> None:
    conditions = {"StringEqualsIfExists": {f"k{number}": "x" for number in range(300)}}
    layers = PolicyLayers(identity=(identity(say("Allow", "*", Condition=conditions)),))
    decision = evaluate(AccessRequest(ALICE, "s3:GetObject", OBJECT, layers=layers))
    assert decision.is_allowed
    assert len(decision.missing_context) == 256


effects = st.sampled_from(["Allow", "Deny"])
actions = st.sampled_from(["s3:*", "s3:Get*", "s3:PutObject", "*"])
resources = st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", "arn:aws:s3:::c/*"])
statements = st.lists(st.builds(say, effects, actions, resources), min_size=1, max_size=4)


@settings(max_examples=200)
@given(statements, statements, st.sampled_from(["s3:GetObject", "s3:PutObject"]))
def test_more_layers_never_grant_more(first: list[Any], second: list[Any], action: str) -> None:
    """A boundary or a session policy can only take away."""
    alone = PolicyLayers(identity=(identity(*first),))
    limited = evaluate(
        AccessRequest(ALICE, action, OBJECT, layers=PolicyLayers(alone.identity, boundary=(identity(*second),)))
    )
    if limited.is_allowed:
        assert evaluate(AccessRequest(ALICE, action, OBJECT, layers=alone)).is_allowed
        as_identity = PolicyLayers(identity=(identity(*second),))
        assert evaluate(AccessRequest(ALICE, action, OBJECT, layers=as_identity)).is_allowed


@settings(max_examples=200)
@given(statements, st.sampled_from(["s3:GetObject", "s3:PutObject"]))
def test_order_of_statements_does_not_matter(listed: list[Any], action: str) -> None:
    forward = evaluate(AccessRequest(ALICE, action, OBJECT, layers=PolicyLayers((identity(*listed),))))
    backward = evaluate(AccessRequest(ALICE, action, OBJECT, layers=PolicyLayers((identity(*reversed(listed)),))))
    assert forward.decision is backward.decision
