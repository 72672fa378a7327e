"""The `Principal` element: what may stand in it (whom it matches is tabled in conformance)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from photoncloud.backends.auth.iam.principal import ANONYMOUS, Principal, PrincipalKind
from photoncloud.backends.auth.iam.principals import Grant, PrincipalProblem, parse_principal

ACCOUNT = "123456789012"
ALICE = Principal(PrincipalKind.USER, ACCOUNT, "a", f"arn:aws:iam::{ACCOUNT}:user/alice", "c" * 64, "alice")


@pytest.mark.parametrize(
    "element",
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["*", ACCOUNT]},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/a/b/alice"},
        {"AWS": f"arn:photon:iam::{ACCOUNT}:role/r"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s"},
        {"AWS": f"arn:aws:sts::{ACCOUNT}:federated-user/f"},
        {"AWS": "AIDAAAAAAAAAAAAAALIC"},
        {"Service": "logs.photon", "Federated": "arn:aws:iam::1:oidc-provider/x"},
        {"CanonicalUser": "c" * 64},
        {"SPIFFE": "spiffe://t/w"},
    ],
)
def test_accepted(element: Any) -> None:
    assert not parse_principal(element, is_negated=False).is_negated


@pytest.mark.parametrize(
    "element",
    [
        "alice",
        "",
        None,
        5,
        [],
        ["*"],
        {},
        {"AWS": []},
        {"AWS": ""},
        {"AWS": 5},
        {"AWS": [None]},
        {"AWS": {"x": "y"}},
        {"Unknown": "*"},
        {"AWS": "alice"},
        {"AWS": "12345678901"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:user/"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:group/g"},
        {"AWS": "arn:aws:iam::123:user/alice"},
        {"AWS": f"arn:aws:iam:us-east-1:{ACCOUNT}:user/alice"},
        {"AWS": f"arn:aws:s3::{ACCOUNT}:user/alice"},
        {"AWS": "arn:aws:iam"},
        {"Service": "*"},
        {"CanonicalUser": "*"},
        {"SPIFFE": "t/w"},
    ],
)
def test_refused(element: Any) -> None:
    with pytest.raises(PrincipalProblem):
        parse_principal(element, is_negated=False)


def test_grants() -> None:
    assert parse_principal({"AWS": ALICE.arn}, is_negated=False).grant(ALICE) is Grant.DIRECT
    assert parse_principal({"AWS": ACCOUNT}, is_negated=False).grant(ALICE) is Grant.ACCOUNT
    assert parse_principal({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, is_negated=False).grant(ALICE) is Grant.ACCOUNT
    assert parse_principal({"CanonicalUser": "c" * 64}, is_negated=False).grant(ALICE) is Grant.ACCOUNT
    assert parse_principal({"AWS": "999999999999"}, is_negated=False).grant(ALICE) is Grant.NONE
    session = replace(ALICE, arn="arn:aws:sts::1:assumed-role/r/s", source_arn=f"arn:aws:iam::{ACCOUNT}:role/r")
    assert parse_principal({"AWS": session.source_arn}, is_negated=False).grant(session) is Grant.SOURCE


def test_a_negated_element_is_the_complement() -> None:
    element = parse_principal({"AWS": ALICE.arn}, is_negated=True)
    assert element.grant(ALICE) is Grant.NONE
    assert element.grant(ANONYMOUS) is Grant.DIRECT
    assert not element.names_service(ANONYMOUS)
