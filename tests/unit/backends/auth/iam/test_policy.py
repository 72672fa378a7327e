"""Messages of IAM for policy documents, and their order where several faults apply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from photoncloud.backends.auth.iam import policy
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.policy import (
    load_policy,
    parse_identity_policy,
    parse_resource_policy,
    parse_trust_policy,
)
from photoncloud.backends.auth.iam.statements import BrokenPolicy, PolicyDocument, PolicyKind

GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
SYNTAX = "Syntax errors in policy."
VERSION = "Policy document must be version 2012-10-17 or greater."
LEGACY = "The policy failed legacy parsing"
ACTIONS = "Policy statement must contain actions."
RESOURCES = "Policy statement must contain resources."
PREFIX = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
COLONS = "Actions/Condition can contain only one colon."
SIDS = "Statement IDs (SID) in a single policy must be unique."
BAD_DATE = {"DateLessThan": {"aws:CurrentTime": "never"}}


def text(*statements: dict[str, Any], version: str | None = "2012-10-17") -> str:
    document: dict[str, Any] = {"Statement": list(statements)}
    return json.dumps(document if version is None else {"Version": version} | document)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("not JSON", SYNTAX),
        (text(GOOD, version="2013-01-01"), SYNTAX),
        (text(GOOD, version=None), VERSION),
        (text(GOOD, version="2008-10-17"), VERSION),
        (text(GOOD | {"Effect": "ALLOW"}), LEGACY),
        (text(GOOD | {"Condition": BAD_DATE}), LEGACY),
        (text(GOOD | {"Condition": {"DateEquals": {"k": True}}}), LEGACY),
        (text(GOOD | {"Condition": {"ForAllValues:DateEqualsIfExists": {"k": ["2020", "x"]}}}), LEGACY),
        (text(GOOD | {"Resource": "arn:aws:s3::b"}), LEGACY),
        (text(without("Action")), ACTIONS),
        (text(GOOD | {"Action": []}), ACTIONS),
        (text(GOOD | {"Action": "GetObject"}), PREFIX),
        (text(GOOD | {"Action": ""}), PREFIX),
        (text(GOOD | {"Action": ["s3:GetObject", "x"]}), PREFIX),
        (text(without("Action") | {"NotAction": "x"}), PREFIX),
        (text(GOOD | {"Action": "s3:Get:Object"}), COLONS),
        (text(GOOD | {"Action": "photon:lightningstor:Get:Info"}), COLONS),
        (text(GOOD | {"Action": "s 3:GetObject"}), "Vendor s 3 is not valid"),
        (text(GOOD | {"Action": "s*:GetObject"}), "Vendor s* is not valid"),
        (text(without("Resource")), RESOURCES),
        (text(GOOD | {"Resource": []}), RESOURCES),
        (text(GOOD | {"Resource": "b"}), 'Resource b must be in ARN format or "*".'),
        (text(GOOD | {"Sid": "a"}, GOOD | {"Sid": "a"}), SIDS),
        (text(GOOD | {"Principal": "*"}), "Policy document should not specify a principal."),
    ],
)
def test_messages(document: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_identity_policy(document)
    assert (caught.value.code, caught.value.status, caught.value.message) == ("MalformedPolicyDocument", 400, message)


def test_our_own_actions_name_component_and_method() -> None:
    for action in ("photon:lightningstor:GetInfo", "photon:*"):
        parse_identity_policy(text(GOOD | {"Action": action, "Resource": "*"}))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (text(GOOD | {"Effect": "allow"}, version=None), VERSION),
        (text(GOOD | {"Effect": "maybe"}, version=None), SYNTAX),
        (text({"Effect": "Allow", "Condition": BAD_DATE}), LEGACY),
        (text({"Effect": "Allow", "Resource": "arn:aws:s3::b"}), LEGACY),
        (text(GOOD | {"Resource": "arn:mars:s3:::b", "Condition": BAD_DATE}), LEGACY),
        (text(GOOD | {"Sid": "a"}, {"Effect": "Allow", "Sid": "a"}), SIDS),
        (text({"Effect": "Allow"}), ACTIONS),
        (text(GOOD | {"Action": "x:y:z", "Resource": "b"}), 'Resource b must be in ARN format or "*".'),
        (text({"Effect": "Allow", "Action": "x"}), PREFIX),
        (
            text(GOOD | {"Resource": ["arn:x:s3:::z", "arn:x:s3:::a"]}),
            'Partition "x" is not valid for resource "arn:x:s3:::a".',
        ),
    ],
)
def test_the_first_of_several_faults(document: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_identity_policy(document)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "statement",
    [
        GOOD,
        GOOD | {"Action": "*", "Resource": "*"},
        GOOD | {"Action": "*:*"},
        GOOD | {"Action": "s3: odd name "},
        GOOD | {"Resource": ["arn:aws:s3:::b", None]},
        GOOD | {"Condition": {}},
        GOOD | {"Condition": {"Unknown": {}}},
        GOOD | {"Condition": {"StringEquals": {"k": []}}},
        GOOD | {"Condition": {"NumericLessThan": {"k": 5}}},
        GOOD | {"Sid": ""},
    ],
)
def test_accepted(statement: dict[str, Any]) -> None:
    document = parse_identity_policy(text(statement), "id", "v1")
    assert (document.policy_id, document.policy_version, document.kind) == ("id", "v1", PolicyKind.IDENTITY)
    assert len(document.statements) == 1


def test_empty_ids_of_statements_need_not_be_unique() -> None:
    assert len(parse_identity_policy(text(GOOD | {"Sid": ""}, GOOD | {"Sid": ""})).statements) == 2


def test_guardrails() -> None:
    parse_identity_policy(text(GOOD | {"Principal": "*"}), kind=PolicyKind.RESOURCE_GUARDRAIL)
    with pytest.raises(PolicyError):
        parse_identity_policy(text(GOOD | {"Principal": "*"}), kind=PolicyKind.SERVICE_GUARDRAIL)


def test_resource_policies() -> None:
    document = parse_resource_policy(text(GOOD | {"Principal": "*"}, version=None))
    assert document.version == "2008-10-17"
    with pytest.raises(PolicyError, match="Missing required field Principal"):
        parse_resource_policy(text(GOOD))
    with pytest.raises(PolicyError, match='Invalid principal in policy: "AWS":"bob"'):
        parse_resource_policy(text(GOOD | {"Principal": {"AWS": "bob"}}))


TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (TRUST | {"Resource": "*"}, "Has prohibited field Resource."),
        (
            TRUST | {"Action": "s3:GetObject"},
            "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and "
            "sts:AssumeRoleWithWebIdentity",
        ),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "Missing required field Principal"),
        (
            {"Effect": "Allow", "Action": "sts:AssumeRole", "NotPrincipal": {"AWS": "*"}},
            "Has prohibited field NotPrincipal.",
        ),
    ],
)
def test_trust_policies(statement: dict[str, Any], message: str) -> None:
    assert parse_trust_policy(text(TRUST, version="2008-10-17")).kind is PolicyKind.TRUST
    with pytest.raises(PolicyError) as caught:
        parse_trust_policy(text(statement))
    assert caught.value.message == message


def test_a_stored_document_that_no_longer_parses_is_broken() -> None:
    assert isinstance(load_policy(text(GOOD), parse_identity_policy, "p"), PolicyDocument)
    assert load_policy("{", parse_identity_policy, "p") == BrokenPolicy("p", SYNTAX)


def test_sizes_do_not_count_white_space() -> None:
    assert policy.counted_characters(' {"a": \n 1} ') == len('{"a":1}')
