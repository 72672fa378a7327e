"""The `Principal` element: whom a statement of a resource or trust policy names (photonauth.md §4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from photoncloud.backends.auth.iam.arn import account_root, is_account_id, normalize_partition
from photoncloud.backends.auth.iam.principal import Principal, PrincipalKind

EVERYONE = "*"
_AWS, _SERVICE, _FEDERATED, _CANONICAL, _SPIFFE = "AWS", "Service", "Federated", "CanonicalUser", "SPIFFE"
_KINDS = frozenset({_AWS, _SERVICE, _FEDERATED, _CANONICAL, _SPIFFE})
_UNIQUE_ID_PREFIXES = ("AIDA", "AROA", "AKIA", "ASIA")
_UNIQUE_ID_LENGTH = 20
_SPIFFE_SCHEME = "spiffe://"


class Grant(IntEnum):
    """How closely a statement names a principal; the closest of several statements counts."""

    NONE = 0
    ACCOUNT = 1
    """The whole account: delegates to its identity policies."""
    SOURCE = 2
    """The role behind a role session, the user behind a federated user."""
    DIRECT = 3
    """The principal itself, or everyone."""


class PrincipalProblem(ValueError):
    """The element names something that cannot be a principal; `kind` and `value` say what."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f"{kind}: {value}")
        self.kind = kind
        self.value = value


@dataclass(frozen=True, slots=True)
class PrincipalElement:
    """Names by kind; `arns` have the partition `aws`, accounts stand as their 12 digits."""

    is_negated: bool
    is_everyone: bool
    accounts: frozenset[str]
    arns: frozenset[str]
    unique_ids: frozenset[str]
    services: frozenset[str]
    federated: frozenset[str]
    canonical_ids: frozenset[str]
    spiffe_ids: frozenset[str]

    def grant(self, principal: Principal) -> Grant:
        """For `NotPrincipal`: everyone who is not named, directly."""
        named = self._named(principal)
        if self.is_negated:
            return Grant.DIRECT if named is Grant.NONE else Grant.NONE
        return named

    def names_service(self, principal: Principal) -> bool:
        """Whether a service principal is named as such, which `*` does not do."""
        return not self.is_negated and principal.user_name in self.services

    def _named(self, principal: Principal) -> Grant:
        if self.is_everyone:
            return Grant.DIRECT
        if principal.kind is PrincipalKind.SERVICE:
            return Grant.DIRECT if principal.user_name in self.services else Grant.NONE
        if self._names_itself(principal):
            return Grant.DIRECT
        if self._names_source(principal):
            return Grant.SOURCE
        if principal.account_id in self.accounts or (principal.arn and principal.canonical_id in self.canonical_ids):
            return Grant.ACCOUNT
        return Grant.NONE

    def _names_itself(self, principal: Principal) -> bool:
        if self.arns and principal.arn and normalize_partition(principal.arn) in self.arns:
            return True
        if principal.unique_id and principal.unique_id in self.unique_ids:
            return True
        if self.federated and principal.facts.get("aws:federatedprovider") in self.federated:
            return True
        return bool(self.spiffe_ids) and principal.facts.get("photon:spiffe") in self.spiffe_ids

    def _names_source(self, principal: Principal) -> bool:
        if not principal.source_arn:
            return False
        owner_id = principal.unique_id.partition(":")[0]
        return normalize_partition(principal.source_arn) in self.arns or owner_id in self.unique_ids


def parse_principal(element: Any, *, is_negated: bool) -> PrincipalElement:
    """Raises `PrincipalProblem`."""
    names = _names_by_kind(element)
    aws = names[_AWS]
    arns = {normalize_partition(name) for name in aws if name.startswith("arn:")}
    accounts = {account for name in aws if (account := _account_of(name)) is not None}
    unique_ids = frozenset(name for name in aws if _is_unique_id(name))
    for name in aws:
        if name != EVERYONE and name not in unique_ids and _account_of(name) is None and not _is_principal_arn(name):
            raise PrincipalProblem(_AWS, name)
    for name in names[_SPIFFE]:
        if not name.startswith(_SPIFFE_SCHEME):
            raise PrincipalProblem(_SPIFFE, name)
    return PrincipalElement(
        is_negated=is_negated,
        is_everyone=EVERYONE in aws,
        accounts=frozenset(accounts),
        arns=frozenset(arn for arn in arns if _account_of(arn) is None),
        unique_ids=unique_ids,
        services=names[_SERVICE],
        federated=names[_FEDERATED],
        canonical_ids=names[_CANONICAL],
        spiffe_ids=names[_SPIFFE],
    )


def _names_by_kind(element: Any) -> Mapping[str, frozenset[str]]:
    if element == EVERYONE:
        element = {_AWS: EVERYONE}
    if not isinstance(element, dict) or not element:
        raise PrincipalProblem("Principal", str(element))
    names: dict[str, frozenset[str]] = dict.fromkeys(_KINDS, frozenset())
    for kind, value in element.items():
        listed = [value] if isinstance(value, str) else value
        if kind not in _KINDS or not isinstance(listed, list) or not listed:
            raise PrincipalProblem(kind, str(value))
        for name in listed:
            if not isinstance(name, str) or not name:
                raise PrincipalProblem(kind, str(name))
            if "*" in name and (kind != _AWS or name != EVERYONE):
                raise PrincipalProblem(kind, name)
        names[kind] = frozenset(listed)
    return names


def _account_of(name: str) -> str | None:
    """The account that `123456789012` or `arn:aws:iam::123456789012:root` names."""
    if is_account_id(name):
        return name
    parts = normalize_partition(name).split(":")
    is_root = len(parts) > 4 and is_account_id(parts[4]) and normalize_partition(name) == account_root(parts[4])
    return parts[4] if is_root else None


def _is_unique_id(name: str) -> bool:
    return name.startswith(_UNIQUE_ID_PREFIXES) and len(name) == _UNIQUE_ID_LENGTH and name.isalnum()


def _is_principal_arn(name: str) -> bool:
    parts = normalize_partition(name).split(":", 5)
    if len(parts) != 6 or parts[:2] != ["arn", "aws"] or parts[3] or not is_account_id(parts[4]):
        return False
    kind, slash, rest = parts[5].partition("/")
    if not slash or not rest:
        return False
    if parts[2] == "iam":
        return kind in ("user", "role")
    return parts[2] == "sts" and kind in ("assumed-role", "federated-user")
