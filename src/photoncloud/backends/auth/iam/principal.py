"""Accounts, principals and credentials: who a request is made by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

ContextValue = str | tuple[str, ...]
"""One condition key's value: a `str` is single-valued, a `tuple` is multi-valued (even with one element)."""
Context = Mapping[str, ContextValue]
"""Condition keys of one request, names in lower case."""

NO_CONTEXT: Context = MappingProxyType({})
ACCOUNT_ID_DIGITS = 12


class PrincipalKind(StrEnum):
    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role-session"
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Account:
    """The owner of resources. `account_id` 12 digits, `canonical_id` 64 lower-case hex digits."""

    account_id: str
    name: str
    canonical_id: str
    display_name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller, or the anonymous one.

    `arn` is empty for the anonymous caller. `source_arn` is the long-lived principal behind a temporary one: the role
    of a role session, the user of a federated user; otherwise empty. `unique_id` is `aws:userid`. `facts` are the
    condition keys that hold for this caller whatever the request says; nothing in a request overrides them.
    """

    kind: PrincipalKind
    account_id: str
    account_name: str
    arn: str
    canonical_id: str
    display_name: str
    user_name: str = ""
    access_key_id: str = ""
    unique_id: str = ""
    source_arn: str = ""
    facts: Context = field(default_factory=lambda: NO_CONTEXT, repr=False, compare=False)

    @property
    def is_anonymous(self) -> bool:
        return self.kind is PrincipalKind.ANONYMOUS

    @property
    def is_root(self) -> bool:
        return self.kind is PrincipalKind.ROOT


ANONYMOUS = Principal(
    kind=PrincipalKind.ANONYMOUS,
    account_id="",
    account_name="",
    arn="",
    canonical_id="65a011a29cdf8ec533ec3d1ccaae921c",
    display_name="anonymous",
    facts=MappingProxyType({"aws:principaltype": "Anonymous", "aws:userid": "anonymous"}),
)
"""The caller without credentials; its canonical id is the one S3 shows as owner of anonymous uploads."""


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key as a backend knows it. Disabled and expired keys are returned too, so that the caller can tell why.

    `session_token` belongs to temporary keys and only to them. Secrets are no part of it: signing keys are asked for
    by day, region and service.
    """

    access_key_id: str
    principal: Principal
    is_enabled: bool = True
    is_temporary: bool = False
    session_token: str = field(default="", repr=False)
    expires_at_ns: int | None = None


def derive_account_id(account_name: str) -> str:
    """12 digits from the SHA-256 of the name; two names may collide, which the loader refuses."""
    digest = hashlib.sha256(account_name.encode()).digest()
    return str(int.from_bytes(digest[:8], "big") % 10**ACCOUNT_ID_DIGITS).zfill(ACCOUNT_ID_DIGITS)


def derive_canonical_id(account_name: str) -> str:
    """64 hex digits: SHA-256 of `photon-account:` and the name."""
    return hashlib.sha256(b"photon-account:" + account_name.encode()).hexdigest()


def local_account(name: str, display_name: str = "", email: str = "") -> Account:
    """An account of a standalone component: its ids follow from its name alone."""
    return Account(derive_account_id(name), name, derive_canonical_id(name), display_name or name, email)
