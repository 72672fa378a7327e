"""Ids of local accounts, and what a principal shows of itself."""

from __future__ import annotations

import hashlib

from photoncloud.backends.auth.iam import principal
from photoncloud.backends.auth.iam.principal import ANONYMOUS, Credential, Principal, PrincipalKind


def test_ids_follow_from_the_name() -> None:
    account = principal.local_account("default", email="a@b")
    assert account.canonical_id == hashlib.sha256(b"photon-account:default").hexdigest()
    assert len(account.account_id) == 12
    assert account.account_id.isdigit()
    assert account == principal.local_account("default", email="a@b")
    assert account.display_name == "default"
    assert principal.local_account("other").account_id != account.account_id


def test_kinds() -> None:
    root = Principal(PrincipalKind.ROOT, "1" * 12, "a", "arn:aws:iam::111111111111:root", "c", "a")
    assert root.is_root
    assert not root.is_anonymous
    assert ANONYMOUS.is_anonymous
    assert ANONYMOUS.arn == ""


def test_secrets_are_not_shown() -> None:
    shown = repr(Credential("AK", ANONYMOUS, session_token="the-token"))
    assert "the-token" not in shown
