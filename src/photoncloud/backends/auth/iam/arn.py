"""ARNs of accounts and principals. The partitions `aws` and `photon` compare equal everywhere."""

from __future__ import annotations

_PHOTON = "arn:photon:"
_AWS = "arn:aws:"
_ACCOUNT_DIGITS = 12


def normalize_partition(arn: str) -> str:
    """The same ARN in the partition `aws`, the form in which ARNs are compared."""
    return _AWS + arn[len(_PHOTON) :] if arn.startswith(_PHOTON) else arn


def is_account_id(text: str) -> bool:
    return len(text) == _ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def account_root(account_id: str) -> str:
    return f"arn:aws:iam::{account_id}:root"


def user_arn(account_id: str, name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{account_id}:user{path}{name}"


def role_arn(account_id: str, name: str, path: str = "/") -> str:
    return f"arn:aws:iam::{account_id}:role{path}{name}"


def role_session_arn(account_id: str, role_name: str, session_name: str) -> str:
    return f"arn:aws:sts::{account_id}:assumed-role/{role_name}/{session_name}"


def federated_user_arn(account_id: str, name: str) -> str:
    return f"arn:aws:sts::{account_id}:federated-user/{name}"
