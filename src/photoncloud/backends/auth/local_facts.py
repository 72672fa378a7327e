"""What the `local` adapter knows at one revision: keys, users, accounts. Immutable; replaced as a whole."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from photoncloud.backends.auth.credentials_file import DEFAULT_ACCOUNT
from photoncloud.backends.auth.iam.arn import account_root, is_account_id, normalize_partition, user_arn
from photoncloud.backends.auth.iam.context_keys import principal_facts
from photoncloud.backends.auth.iam.evaluation import NO_LAYERS, PolicyLayers
from photoncloud.backends.auth.iam.principal import (
    Account,
    Credential,
    Principal,
    PrincipalKind,
    local_account,
)
from photoncloud.backends.auth.iam.statements import BrokenPolicy, Policy
from photoncloud.backends.auth.port import AccountKey
from photoncloud.config import Secret
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError

ROOT_USER = ""
_UNIQUE_ID_CHARACTERS = 16
_KEY_HOLDERS = (PrincipalKind.ROOT, PrincipalKind.USER)
_GONE = PolicyLayers(identity=(BrokenPolicy("", "the access key no longer exists"),))


@dataclass(frozen=True, slots=True)
class KeySource:
    """A key from any of the three places, its policy already read. The root key has the user `""`.

    `origin` says where it stands, for errors.
    """

    access_key_id: str
    secret: Secret = field(repr=False)
    origin: str
    user: str = ROOT_USER
    account: str = DEFAULT_ACCOUNT
    policy: Policy | None = None
    is_enabled: bool = True
    display_name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class LocalKey:
    credential: Credential
    secret: Secret = field(repr=False)
    layers: PolicyLayers


@dataclass(frozen=True, slots=True)
class LocalFacts:
    """`principal_arns` are those a policy may name; `broken` names the policies that cannot be read and so deny."""

    keys: Mapping[str, LocalKey]
    accounts: tuple[Account, ...]
    accounts_by_email: Mapping[str, Account]
    principal_arns: frozenset[str]
    broken: tuple[str, ...]
    revision: int

    def find_account(self, key: AccountKey, value: str) -> Account | None:
        if key is AccountKey.EMAIL:
            return self.accounts_by_email.get(value.lower())
        return next((account for account in self.accounts if getattr(account, key) == value), None)

    def has_principal(self, name: str) -> bool:
        arn = account_root(name) if is_account_id(name) else normalize_partition(name)
        return arn in self.principal_arns

    def layers_of(self, principal: Principal) -> PolicyLayers:
        """The policies of the key the caller came with; a key that has gone denies what is still running with it."""
        if principal.kind not in _KEY_HOLDERS:
            return NO_LAYERS
        key = self.keys.get(principal.access_key_id)
        return key.layers if key is not None and key.credential.is_enabled else _GONE


NO_FACTS = LocalFacts({}, (), {}, frozenset(), (), 0)


def build_facts(sources: Iterable[KeySource], revision: int) -> LocalFacts:
    """Put the places together; FatalError 78 for an id that stands twice and for accounts whose ids collide."""
    listed = list(sources)
    accounts = _accounts(listed)
    _refuse_collisions(accounts.values())
    keys: dict[str, LocalKey] = {}
    origins: dict[str, str] = {}
    for source in listed:
        if source.access_key_id in keys:
            both = f"in {origins[source.access_key_id]} and in {source.origin}"
            raise _refused("duplicate-access-key", source.access_key_id, both)
        origins[source.access_key_id] = source.origin
        keys[source.access_key_id] = _key(source, accounts[source.account])
    users = {key.credential.principal.arn for key in keys.values()}
    roots = {account_root(account.account_id) for account in accounts.values()}
    return LocalFacts(
        keys=keys,
        accounts=tuple(accounts.values()),
        accounts_by_email={source.email.lower(): accounts[source.account] for source in listed if source.email},
        principal_arns=frozenset(users | roots),
        broken=tuple(source.policy.policy_id for source in listed if isinstance(source.policy, BrokenPolicy)),
        revision=revision,
    )


def _refused(code: str, named: str, cause: str) -> FatalError:
    return FatalError(code, "load credentials", named, cause, exit_status=exit_status.CONFIGURATION)


def _accounts(sources: Iterable[KeySource]) -> dict[str, Account]:
    """By name; `default` is always there. The first display name and e-mail address in an account are the account's."""
    accounts = {DEFAULT_ACCOUNT: local_account(DEFAULT_ACCOUNT)}
    owners: dict[str, str] = {}
    for source in sources:
        account = accounts.setdefault(source.account, local_account(source.account))
        if source.email and owners.setdefault(source.email.lower(), source.account) != source.account:
            raise _refused("duplicate-email", source.email, f"in the accounts of {source.origin} and of another user")
        accounts[source.account] = replace(
            account,
            email=account.email or source.email,
            display_name=source.display_name if account.display_name == account.name else account.display_name,
        )
    return {name: replace(account, display_name=account.display_name or name) for name, account in accounts.items()}


def _refuse_collisions(accounts: Iterable[Account]) -> None:
    by_id: dict[str, str] = {}
    for account in accounts:
        other = by_id.setdefault(account.account_id, account.name)
        if other != account.name:
            cause = f"the account names {other} and {account.name} give the same id; rename one"
            raise _refused("account-id-collision", account.account_id, cause)


def _key(source: KeySource, account: Account) -> LocalKey:
    principal = _root(source, account) if source.user == ROOT_USER else _user(source, account)
    principal = replace(principal, facts=principal_facts(principal))
    layers = PolicyLayers() if source.policy is None else PolicyLayers(identity=(source.policy,))
    return LocalKey(Credential(source.access_key_id, principal, source.is_enabled), source.secret, layers)


def _root(source: KeySource, account: Account) -> Principal:
    return Principal(
        kind=PrincipalKind.ROOT,
        account_id=account.account_id,
        account_name=account.name,
        arn=account_root(account.account_id),
        canonical_id=account.canonical_id,
        display_name=account.display_name,
        access_key_id=source.access_key_id,
        unique_id=account.account_id,
    )


def _user(source: KeySource, account: Account) -> Principal:
    return Principal(
        kind=PrincipalKind.USER,
        account_id=account.account_id,
        account_name=account.name,
        arn=user_arn(account.account_id, source.user),
        canonical_id=account.canonical_id,
        display_name=source.display_name or source.user,
        user_name=source.user,
        access_key_id=source.access_key_id,
        unique_id=_unique_id(account.name, source.user),
    )


def _unique_id(account: str, user: str) -> str:
    """`AIDA` and 16 characters that follow from the names: a local user has no record that could keep a random one."""
    digest = hashlib.sha256(f"photon-user:{account}/{user}".encode()).digest()
    return "AIDA" + base64.b32encode(digest).decode()[:_UNIQUE_ID_CHARACTERS]
