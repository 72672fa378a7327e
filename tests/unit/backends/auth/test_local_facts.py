"""What follows from keys: principals, accounts, and what does not fit together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from photoncloud.backends.auth import local_facts
from photoncloud.backends.auth.iam.canned_policies import CANNED_POLICIES
from photoncloud.backends.auth.iam.principal import ANONYMOUS, Account, PrincipalKind, local_account
from photoncloud.backends.auth.iam.statements import BrokenPolicy
from photoncloud.backends.auth.local_facts import KeySource, build_facts
from photoncloud.backends.auth.port import AccountKey
from photoncloud.config import Secret
from photoncloud.runtime.errors import FatalError

ROOT = KeySource("ROOT", Secret("s"), "auth.access_key")
ALICE = KeySource("ALICE", Secret("s"), "[alice]", "alice", policy=CANNED_POLICIES["readonly"], email="A@x.org")
EVE = KeySource("EVE", Secret("s"), "[eve]", "eve", "shop", CANNED_POLICIES["admin"], display_name="Eve E")


def test_root_is_root_of_the_account_default() -> None:
    principal = build_facts([ROOT], 1).keys["ROOT"].credential.principal
    account = local_account("default")
    assert principal.kind is PrincipalKind.ROOT
    assert principal.arn == f"arn:aws:iam::{account.account_id}:root"
    assert (principal.canonical_id, principal.account_name) == (account.canonical_id, "default")
    assert principal.facts["aws:principaltype"] == "Account"


def test_users() -> None:
    facts = build_facts([ROOT, ALICE, EVE], 5)
    alice, eve = (facts.keys[name].credential.principal for name in ("ALICE", "EVE"))
    assert alice.arn == f"arn:aws:iam::{local_account('default').account_id}:user/alice"
    assert (alice.display_name, eve.display_name, eve.account_name) == ("alice", "Eve E", "shop")
    assert alice.facts["aws:username"] == "alice"
    assert alice.unique_id.startswith("AIDA")
    assert len(alice.unique_id) == 20
    assert alice.unique_id != eve.unique_id
    assert facts.revision == 5
    assert facts.keys["ALICE"].layers.identity == (CANNED_POLICIES["readonly"],)


def test_accounts() -> None:
    facts = build_facts([ALICE, EVE], 1)
    shop = local_account("shop")
    assert [account.name for account in facts.accounts] == ["default", "shop"]
    assert facts.find_account(AccountKey.EMAIL, "a@X.ORG") == facts.accounts[0]
    assert facts.find_account(AccountKey.CANONICAL_ID, shop.canonical_id) == facts.accounts[1]
    assert facts.find_account(AccountKey.ID, shop.account_id) == facts.accounts[1]
    assert facts.accounts[1].display_name == "Eve E"
    assert facts.accounts[0].display_name == "default"
    assert facts.find_account(AccountKey.NAME, "nobody") is None


def test_the_account_default_is_always_there() -> None:
    assert build_facts([EVE], 1).find_account(AccountKey.NAME, "default") is not None


def test_the_same_id_twice() -> None:
    with pytest.raises(FatalError) as caught:
        build_facts([ROOT, replace(ALICE, access_key_id="ROOT")], 1)
    assert (caught.value.code, caught.value.exit_status) == ("duplicate-access-key", 78)
    assert "auth.access_key" in caught.value.cause
    assert "[alice]" in caught.value.cause


def test_accounts_whose_ids_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    def colliding(name: str) -> Account:
        return Account("1" * 12, name, name, name)

    monkeypatch.setattr(local_facts, "local_account", colliding)
    with pytest.raises(FatalError) as caught:
        build_facts([ALICE, EVE], 1)
    assert (caught.value.code, caught.value.exit_status) == ("account-id-collision", 78)
    assert "default and shop" in caught.value.cause


def test_one_address_in_two_accounts() -> None:
    with pytest.raises(FatalError) as caught:
        build_facts([ALICE, replace(EVE, email="a@x.org")], 1)
    assert caught.value.code == "duplicate-email"


def test_names_in_policies() -> None:
    facts = build_facts([ROOT, ALICE], 1)
    arn = facts.keys["ALICE"].credential.principal.arn
    account_id = local_account("default").account_id
    for name in (arn, arn.replace("aws", "photon"), account_id, f"arn:aws:iam::{account_id}:root"):
        assert facts.has_principal(name)
    assert not facts.has_principal(local_account("shop").account_id)


def test_layers() -> None:
    facts = build_facts([ROOT, ALICE, replace(EVE, is_enabled=False)], 1)
    alice, eve = (facts.keys[name].credential.principal for name in ("ALICE", "EVE"))
    assert facts.layers_of(alice).identity == (CANNED_POLICIES["readonly"],)
    assert facts.layers_of(ANONYMOUS).identity == ()
    for gone in (eve, replace(alice, access_key_id="GONE")):
        assert isinstance(facts.layers_of(gone).identity[0], BrokenPolicy)


def test_broken_policies_are_counted() -> None:
    assert build_facts([replace(ALICE, policy=BrokenPolicy("key/ALICE", "x"))], 1).broken == ("key/ALICE",)


def test_secrets_are_not_shown() -> None:
    facts = build_facts([replace(ALICE, secret=Secret("the-secret"))], 1)
    assert "the-secret" not in repr(facts) + repr(ALICE)
