"""The `local` adapter: one root key, the users of a credentials file, and keys created at run time.

Everything is in memory; answers never suspend. `prepare` loads anew and returns the switch-over, so that a reload is
all or nothing. Created keys are kept by the component's `KeyStore`; a change is in force before its call returns.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

from photoncloud.backends.auth.credentials_file import DEFAULT_ACCOUNT, is_iam_name
from photoncloud.backends.auth.iam import access_keys, photon_token, sigv4
from photoncloud.backends.auth.iam.canned_policies import CANNED_POLICIES, DEFAULT_POLICY
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.evaluation import AccessRequest, evaluate
from photoncloud.backends.auth.iam.policy import parse_identity_policy
from photoncloud.backends.auth.iam.post_signature import parse_post_form
from photoncloud.backends.auth.iam.signing_key import SigningKeyCache
from photoncloud.backends.auth.key_store import KeyStore, NoKeyStore, StoredKey
from photoncloud.backends.auth.local_facts import NO_FACTS, KeySource, LocalFacts, build_facts
from photoncloud.backends.auth.local_sources import (
    LocalAuthSettings,
    NamedPolicies,
    fixed_sources,
    stored_source,
)
from photoncloud.backends.auth.port import (
    ANONYMOUS,
    NO_CONTEXT,
    Account,
    AccountKey,
    Authentication,
    AuthError,
    Context,
    Credential,
    Decision,
    Evidence,
    HttpEvidence,
    PhotonToken,
    Policy,
    PostEvidence,
    Principal,
    Resource,
)
from photoncloud.config import Secret
from photoncloud.runtime import exit_status
from photoncloud.runtime.errors import FatalError, PhotonError

__all__ = ["CreatedKey", "LocalAuth", "LocalAuthSettings", "open_local"]

Commit = Callable[[], None]


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A new key; the only time its secret is seen."""

    access_key_id: str
    secret: Secret = field(repr=False)


async def open_local(
    settings: LocalAuthSettings, store: KeyStore | None = None, policies: NamedPolicies = CANNED_POLICIES
) -> LocalAuth:
    """Load everything; FatalError 78 when it cannot be used. `policies` are the words a `policy` option may be."""
    auth = LocalAuth(settings, store or NoKeyStore(), policies)
    await auth.reload()
    return auth


class LocalAuth:
    """Implements `AuthBackend` and `ImmediateAuth` over facts that are replaced as a whole."""

    def __init__(self, settings: LocalAuthSettings, store: KeyStore, policies: NamedPolicies) -> None:
        self._settings = settings
        self._store = store
        self._policies = policies
        self._fixed: tuple[KeySource, ...] = ()
        self._stored: tuple[StoredKey, ...] = ()
        self._facts = NO_FACTS
        self._signing_keys = SigningKeyCache()
        self._changes = asyncio.Lock()  # changes of the store and what is remembered of it go in the same order

    # Loading

    async def prepare(self, settings: LocalAuthSettings) -> Commit:
        """Read everything under new settings; FatalError refuses. The commit switches over; run it soon."""
        fixed = await asyncio.to_thread(lambda: tuple(fixed_sources(settings, self._policies)))
        async with self._changes:
            stored = self._stored = tuple(await self._store.list())
        facts = self._build(fixed, stored)
        if not facts.keys:
            hint = "set auth.access_key and auth.secret_key, or auth.credentials_file"
            status = exit_status.CONFIGURATION
            raise FatalError("no-credentials", "load credentials", "", "there is no key", hint, exit_status=status)

        def commit() -> None:
            self._settings = settings
            self._fixed = fixed
            self._adopt(facts if self._stored is stored else self._build(fixed, self._stored))

        return commit

    async def reload(self) -> None:
        """The same settings again: the file and the store may have changed."""
        (await self.prepare(self._settings))()

    def uses_example_key(self) -> bool:
        """Whether the key pair that every manual prints is accepted here."""
        return access_keys.EXAMPLE_ID in self._facts.keys

    def _build(self, fixed: tuple[KeySource, ...], stored: tuple[StoredKey, ...]) -> LocalFacts:
        created = (stored_source(key, self._policies) for key in stored)
        return build_facts((*fixed, *created), self._facts.revision + 1)

    def _adopt(self, facts: LocalFacts) -> None:
        self._facts = facts
        self._signing_keys.clear()

    # Created keys. A grant is in force once the store has it, a denial before the store has it.

    async def list_keys(self) -> list[Credential]:
        """Every key, of whatever place, in order."""
        return [key.credential for key in self._facts.keys.values()]

    async def create_key(
        self, user: str, now_ns: int, *, account: str = DEFAULT_ACCOUNT, policy: str = DEFAULT_POLICY
    ) -> CreatedKey:
        """`policy` is a canned name or an IAM policy as JSON. PhotonError `bad-name`, `bad-policy`, `key-exists`."""
        self._check_new(user, account, policy)
        kind = access_keys.KeyKind.LONG_LIVED
        access_key_id = access_keys.make_access_key_id(kind, secrets.token_bytes(access_keys.RANDOM_BYTES))
        secret = Secret(access_keys.make_secret(secrets.token_bytes(access_keys.SECRET_BYTES)))
        key = StoredKey(access_key_id, secret, user, account, policy, created_at_ns=now_ns)
        async with self._changes:
            facts = self._build(self._fixed, (*self._stored, key))  # refuses collisions before anything is kept
            await self._store.add(key)
            self._stored = (*self._stored, key)
            self._adopt(facts)
        return CreatedKey(access_key_id, secret)

    async def set_key_enabled(self, access_key_id: str, is_enabled: bool) -> bool:
        """False when it is no created key: keys of files and settings are changed there."""
        async with self._changes:
            changed = [
                replace(key, is_enabled=is_enabled) if key.access_key_id == access_key_id else key
                for key in self._stored
            ]
            if not is_enabled:
                return await self._deny(changed, self._store.set_enabled(access_key_id, is_enabled))
            is_known = await self._store.set_enabled(access_key_id, is_enabled)
            self._remember(changed)
        return is_known

    async def delete_key(self, access_key_id: str) -> bool:
        """False when it was no created key. Requests still running with the key are denied from here on."""
        async with self._changes:
            others = [key for key in self._stored if key.access_key_id != access_key_id]
            return await self._deny(others, self._store.delete(access_key_id))

    async def _deny(self, remaining: Iterable[StoredKey], change: Awaitable[bool]) -> bool:
        """Deny first. When the store fails, what it still holds is in force again; until it can say, the denial is."""
        self._remember(remaining)
        try:
            return await change
        except Exception:
            self._remember(await self._store.list())
            raise

    def _check_new(self, user: str, account: str, policy: str) -> None:
        for kind, name in (("user", user), ("account", account)):
            if not is_iam_name(name):
                raise PhotonError("bad-name", "create key", name, f"not a {kind} name")
        if policy in self._policies:
            return
        try:
            parse_identity_policy(policy)
        except PolicyError as fault:
            raise PhotonError("bad-policy", "create key", user, fault.message) from None

    def _remember(self, stored: Iterable[StoredKey]) -> None:
        self._stored = tuple(stored)
        self._adopt(self._build(self._fixed, self._stored))

    # The port, from memory

    def resolve_now(self, access_key_id: str) -> Credential | None:
        key = self._facts.keys.get(access_key_id)
        return key.credential if key is not None else None

    def signing_key_now(self, access_key_id: str, date: str, region: str, service: str) -> bytes | None:
        secret = self._secret(access_key_id)
        return None if secret is None else self._signing_keys.derive(access_key_id, secret, date, region, service)

    def authenticate_now(self, evidence: Evidence, now_ns: int) -> Authentication:
        if isinstance(evidence, HttpEvidence):
            return self._authenticate_signature(sigv4.parse(evidence.request, evidence.rules, now_ns), now_ns)
        if isinstance(evidence, PostEvidence):
            return self._authenticate_signature(parse_post_form(evidence.form, evidence.rules, now_ns), now_ns)
        if isinstance(evidence, PhotonToken):
            parsed = photon_token.parse_photon_token(evidence.token, now_ns)
            secret = self._secret(parsed.access_key_id)
            photon_token.verify_photon_token(parsed, secret, evidence.full_method)
            return Authentication(self._facts.keys[parsed.access_key_id].credential.principal)
        raise AuthError("EvidenceUnsupported", f"this server does not accept {type(evidence).__name__}", 401)

    def authorize_now(
        self,
        principal: Principal,
        action: str,
        resource: Resource,
        context: Context = NO_CONTEXT,
        resource_policy: Policy | None = None,
    ) -> Decision:
        facts = self._facts
        layers = facts.layers_of(principal)
        return evaluate(AccessRequest(principal, action, resource, context, layers, resource_policy, facts.revision))

    def _secret(self, access_key_id: str) -> str | None:
        """Of a key that is enabled."""
        key = self._facts.keys.get(access_key_id)
        return key.secret.reveal() if key is not None and key.credential.is_enabled else None

    def _authenticate_signature(self, parsed: sigv4.ParsedSignature | None, now_ns: int) -> Authentication:
        if parsed is None:
            return Authentication(ANONYMOUS)
        signing_key = sigv4.verify(
            parsed, self.signing_key_now(parsed.access_key_id, parsed.date, parsed.region, parsed.service)
        )
        credential = self._facts.keys[parsed.access_key_id].credential
        sigv4.check_credential(parsed, credential, now_ns)
        return Authentication(credential.principal, parsed, signing_key)

    # The port

    async def resolve(self, access_key_id: str) -> Credential | None:
        return self.resolve_now(access_key_id)

    async def signing_key(self, access_key_id: str, date: str, region: str, service: str) -> bytes | None:
        return self.signing_key_now(access_key_id, date, region, service)

    async def authenticate(self, evidence: Evidence, now_ns: int) -> Authentication:
        return self.authenticate_now(evidence, now_ns)

    async def authorize(
        self,
        principal: Principal,
        action: str,
        resource: Resource,
        context: Context = NO_CONTEXT,
        resource_policy: Policy | None = None,
    ) -> Decision:
        return self.authorize_now(principal, action, resource, context, resource_policy)

    async def find_account(self, key: AccountKey, value: str) -> Account | None:
        return self._facts.find_account(key, value)

    async def has_principal(self, arn: str) -> bool:
        return self._facts.has_principal(arn)

    async def await_revision(self, revision: int, timeout_sec: float) -> bool:
        return self._facts.revision >= revision

    async def probe(self) -> str:
        broken = self._facts.broken
        return f"policies that cannot be read deny everything: {', '.join(broken)}" if broken else "ok"
