"""Decisions by table: every file of `decisions/` but `conditions.json`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from photoncloud.backends.auth.iam import arn
from photoncloud.backends.auth.iam.context_keys import principal_facts
from photoncloud.backends.auth.iam.decision import Resource, Verdict
from photoncloud.backends.auth.iam.evaluation import AccessRequest, PolicyLayers, evaluate
from photoncloud.backends.auth.iam.policy import parse_identity_policy, parse_resource_policy, parse_trust_policy
from photoncloud.backends.auth.iam.principal import ANONYMOUS, Principal, PrincipalKind
from photoncloud.backends.auth.iam.statements import BrokenPolicy, Policy, PolicyKind

FOLDER = Path(__file__).parent / "decisions"
ROWS: list[tuple[str, dict[str, Any]]] = [
    (path.stem, row)
    for path in sorted(FOLDER.glob("*.json"))
    if path.stem != "conditions"
    for row in json.loads(path.read_text())
]
OWN, FOREIGN = "111111111111", "222222222222"


def made(kind: PrincipalKind, account: str, name: str, principal_arn: str, **more: str) -> Principal:
    bare = Principal(kind, account, account, principal_arn, "c" * 63 + account[:1], name, user_name=name, **more)
    tags = {"Department": "blue"} if name == "alice" else {}
    return replace(bare, facts=principal_facts(bare, tags))


PRINCIPALS = {
    "root": made(PrincipalKind.ROOT, OWN, "", arn.account_root(OWN)),
    "alice": made(PrincipalKind.USER, OWN, "alice", arn.user_arn(OWN, "alice"), unique_id="AIDAAAAAAAAAAAAAALIC"),
    "bob": made(PrincipalKind.USER, OWN, "bob", arn.user_arn(OWN, "bob"), unique_id="AIDAAAAAAAAAAAAAABOB"),
    "eve": made(PrincipalKind.USER, FOREIGN, "eve", arn.user_arn(FOREIGN, "eve")),
    "foreign root": made(PrincipalKind.ROOT, FOREIGN, "", arn.account_root(FOREIGN)),
    "session": made(
        PrincipalKind.ROLE_SESSION,
        OWN,
        "",
        arn.role_session_arn(OWN, "reader", "s1"),
        source_arn=arn.role_arn(OWN, "reader", "/team/"),
        unique_id="AROAAAAAAAAAAAAAREAD:s1",
    ),
    "foreign session": made(
        PrincipalKind.ROLE_SESSION,
        FOREIGN,
        "",
        arn.role_session_arn(FOREIGN, "reader", "s1"),
        source_arn=arn.role_arn(FOREIGN, "reader"),
    ),
    "federated": made(
        PrincipalKind.FEDERATED_USER,
        OWN,
        "fred",
        arn.federated_user_arn(OWN, "fred"),
        source_arn=arn.user_arn(OWN, "alice"),
    ),
    "service": made(PrincipalKind.SERVICE, "", "logs.photon", ""),
    "anonymous": ANONYMOUS,
    "web identity": replace(ANONYMOUS, facts={"aws:federatedprovider": "arn:aws:iam::111111111111:oidc-provider/idp"}),
    "workload": replace(
        made(PrincipalKind.USER, OWN, "w", arn.user_arn(OWN, "w")), facts={"photon:spiffe": "spiffe://t/photon/w"}
    ),
}


def statement(line: Any) -> dict[str, Any]:
    """One line of a table as a statement."""
    if isinstance(line, str):
        line = {"say": line}
    if "raw" in line:
        return dict(line["raw"])
    effect, action, *rest = line["say"].split()
    built: dict[str, Any] = {"Effect": effect, **element("Action", action)}
    for word in rest:
        if word.lstrip("!").startswith("@"):
            built |= {("NotPrincipal" if word[0] == "!" else "Principal"): principal_element(word.lstrip("!@"))}
        else:
            built |= element("Resource", word)
    if "if" in line:
        built["Condition"] = line["if"]
    if "sid" in line:
        built["Sid"] = line["sid"]
    return built


def element(name: str, word: str) -> dict[str, Any]:
    return {("Not" + name if word[0] == "!" else name): word.lstrip("!").split(",")}


def principal_element(word: str) -> Any:
    if word == "*":
        return "*"
    named: dict[str, list[str]] = {}
    for part in word.split(","):
        kind, _, name = part.partition("=")
        named.setdefault(kind, []).append(name)
    return named


def document(lines: Any, kind: PolicyKind, row: dict[str, Any]) -> Policy:
    if lines == "broken":
        return BrokenPolicy("bad", "no longer parses")
    version = row.get("version", "2012-10-17") if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST) else "2012-10-17"
    text = json.dumps({"Version": version, "Statement": [statement(line) for line in lines]})
    if kind is PolicyKind.RESOURCE:
        return parse_resource_policy(text, "policy")
    if kind is PolicyKind.TRUST:
        return parse_trust_policy(text, "policy")
    return parse_identity_policy(text, "policy", kind=kind)


def layer(row: dict[str, Any], name: str) -> tuple[Policy, ...] | None:
    lines = row.get(name)
    if lines is None:
        return None
    return (document(lines, PolicyKind.IDENTITY, row),) if lines else ()


def levels(row: dict[str, Any], name: str, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
    return tuple((document(lines, kind, row),) if lines else () for lines in row.get(name, []))


def question(row: dict[str, Any]) -> AccessRequest:
    resource_kind = PolicyKind.TRUST if "trust" in row else PolicyKind.RESOURCE
    lines = row.get("trust", row.get("resource"))
    context = {key: tuple(value) if isinstance(value, list) else value for key, value in row.get("context", {}).items()}
    return AccessRequest(
        principal=PRINCIPALS[row.get("as", "alice")],
        action=row["do"],
        resource=Resource(row.get("on", "arn:aws:s3:::b/k"), row.get("owner", OWN)),
        context=context,
        layers=PolicyLayers(
            identity=layer(row, "identity") or (),
            boundary=layer(row, "boundary"),
            session=layer(row, "session"),
            assigned=layer(row, "assigned") or (),
            service_guardrails=levels(row, "service_guardrails", PolicyKind.SERVICE_GUARDRAIL),
            resource_guardrails=levels(row, "resource_guardrails", PolicyKind.RESOURCE_GUARDRAIL),
        ),
        resource_policy=None if lines is None else document(lines, resource_kind, row),
    )


@pytest.mark.parametrize(("rule", "row"), ROWS, ids=[f"{rule}: {row['why']}" for rule, row in ROWS])
def test_decision(rule: str, row: dict[str, Any]) -> None:
    decision = evaluate(question(row))
    assert decision.decision == row["expect"], decision.reason
    assert decision.code == ""
    if "layer" in row:
        assert decision.decisive is not None
        assert decision.decisive.layer == row["layer"]
    if "missing" in row:
        assert list(decision.missing_context) == row["missing"]


def test_every_rule_has_an_allow_and_a_deny() -> None:
    for rule in {rule for rule, _ in ROWS}:
        verdicts = {row["expect"] for named, row in ROWS if named == rule}
        assert Verdict.ALLOWED in verdicts, rule
        assert verdicts - {Verdict.ALLOWED}, rule
