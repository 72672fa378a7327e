"""The registry of condition keys."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.iam import context_keys
from photoncloud.backends.auth.iam.context_keys import CONTEXT_KEYS, KeyType, SetBy
from photoncloud.backends.auth.iam.principal import ANONYMOUS, Principal, PrincipalKind


def user(kind: PrincipalKind, **more: str) -> Principal:
    return Principal(kind, "1" * 12, "a", "arn:aws:iam::111111111111:user/u", "c", "u", user_name="u", **more)


def test_names_are_found_without_regard_to_case() -> None:
    key = context_keys.find_key("AWS:sourceIP")
    assert key is not None
    assert (key.name, key.type, key.set_by) == ("aws:SourceIp", KeyType.IP, SetBy.ENFORCEMENT_POINT)


@pytest.mark.parametrize("name", ["aws:PrincipalTag/Department", "s3:ExistingObjectTag/a/b", "aws:requesttag/x"])
def test_families(name: str) -> None:
    key = context_keys.find_key(name)
    assert key is not None
    assert key.name.endswith("/*")


def test_unknown_names() -> None:
    assert context_keys.find_key("aws:NoSuchKey") is None
    assert context_keys.find_key("accounts.example.com:aud") is None


def test_every_listed_key_has_a_reserved_prefix() -> None:
    assert all(name.startswith(context_keys.RESERVED_PREFIXES) for name in CONTEXT_KEYS)
    assert all(name == key.name.lower() for name, key in CONTEXT_KEYS.items())


def test_what_a_client_sends_under_reserved_prefixes_is_dropped() -> None:
    sent = {"AWS:SourceIp": "10.0.0.1", "s3:prefix": "x", "idp.example:aud": "me", "Photon:Stage": "S4"}
    assert context_keys.drop_reserved(sent) == {"idp.example:aud": "me"}


def test_time() -> None:
    assert context_keys.time_context(1_772_600_767_999_999_999) == {
        "aws:currenttime": "2026-03-04T05:06:07Z",
        "aws:epochtime": "1772600767",
    }


def test_facts_of_principals() -> None:
    facts = context_keys.principal_facts(user(PrincipalKind.USER, unique_id="AIDA1"), {"Team": "x"})
    assert facts["aws:principaltype"] == "User"
    assert facts["aws:principalarn"] == "arn:aws:iam::111111111111:user/u"
    assert facts["aws:principalaccount"] == "1" * 12
    assert (facts["aws:userid"], facts["aws:username"]) == ("AIDA1", "u")
    assert facts["aws:principaltag/team"] == "x"
    assert facts["aws:principalisawsservice"] == "false"
    assert "aws:multifactorauthpresent" not in facts


def test_a_role_session_shows_its_role_and_no_user_name() -> None:
    facts = context_keys.principal_facts(user(PrincipalKind.ROLE_SESSION, source_arn="arn:aws:iam::1:role/r"))
    assert facts["aws:principalarn"] == "arn:aws:iam::1:role/r"
    assert facts["aws:principaltype"] == "AssumedRole"
    assert "aws:username" not in facts


def test_services_and_nobody() -> None:
    service = context_keys.principal_facts(user(PrincipalKind.SERVICE))
    assert (service["aws:principalservicename"], service["aws:principalisawsservice"]) == ("u", "true")
    assert dict(context_keys.principal_facts(ANONYMOUS)) == {"aws:principaltype": "Anonymous"}
