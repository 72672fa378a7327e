"""Compiled documents: what is remembered, and how short resource patterns are read."""

from __future__ import annotations

import json

from photoncloud.backends.auth.iam import statements
from photoncloud.backends.auth.iam.policy import parse_identity_policy
from photoncloud.backends.auth.iam.statements import PolicyKind, compile_resource, request_resource


def document(*actions: str) -> statements.PolicyDocument:
    listed = [{"Effect": "Allow", "Action": action, "Resource": "*"} for action in actions]
    return parse_identity_policy(json.dumps({"Version": "2012-10-17", "Statement": listed}))


def test_statements_of_an_action_in_order() -> None:
    policy = document("s3:Get*", "ec2:*", "s3:GetObject")
    assert [statement.index for statement in policy.statements_for("s3:getobject")] == [0, 2]
    assert policy.statements_for("s3:getobject") is policy.statements_for("s3:getobject")


def test_what_is_remembered_is_bounded() -> None:
    policy = document("s3:*")
    for number in range(statements.ACTIONS_REMEMBERED + 50):
        assert len(policy.statements_for(f"s3:action{number}")) == 1
    assert len(policy._by_action) == statements.ACTIONS_REMEMBERED


def test_padding_depends_on_the_kind_of_policy() -> None:
    zone = request_resource("arn:aws:dns:r:1:zone/a")

    def matches(text: str, kind: PolicyKind) -> bool | None:
        return compile_resource(text, kind, has_variables=True).matches(zone.arn, {}.get)

    assert matches("arn:aws:dns", PolicyKind.IDENTITY)
    assert not matches("arn:aws:dns", PolicyKind.RESOURCE)
    assert matches("arn:aws:d?s", PolicyKind.RESOURCE)
    assert matches("arn:aws:dns*", PolicyKind.SERVICE_GUARDRAIL)
    assert not matches("arn:aws:*:r", PolicyKind.SERVICE_GUARDRAIL)
    assert not matches("arn:aws:dns*", PolicyKind.RESOURCE_GUARDRAIL)
    assert all(matches("*", kind) for kind in PolicyKind)


def test_a_variable_that_cannot_be_resolved_says_so() -> None:
    pattern = compile_resource("arn:aws:s3:::${k}/*", PolicyKind.IDENTITY, has_variables=True)
    arn = request_resource("arn:aws:s3:::b/x").arn
    assert pattern.matches(arn, {}.get) is None
    assert pattern.matches(arn, {"k": "b"}.get) is True
    assert pattern.matches(arn, {"k": "*"}.get) is False


def test_principals() -> None:
    assert list(document("s3:*").principals()) == []
