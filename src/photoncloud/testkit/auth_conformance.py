"""Conformance suite of the auth port: the same tests on every adapter and on every fake.

An adapter's test module subclasses `AuthSuite` and provides the fixture `subject`, a `Subject`:

    class TestLocal(AuthSuite):
        @pytest.fixture
        async def subject(self): ...

The backend under test knows one account with two enabled users, `admin` who may do everything and `reader` who may
`s3:Get*` everywhere, and a third, disabled key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from photoncloud.backends.auth.iam.policy import parse_resource_policy
from photoncloud.backends.auth.iam.signing_key import derive_signing_key
from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.backends.auth.port import (
    ANONYMOUS,
    AccountKey,
    AuthBackend,
    Authentication,
    AuthError,
    BearerToken,
    HttpEvidence,
    ImmediateAuth,
    Layer,
    Principal,
    PrincipalKind,
    Resource,
    SignedRequest,
    SigV4Error,
    SigV4Rules,
    Verdict,
)
from photoncloud.runtime.errors import PhotonError

NOW_NS = int(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp()) * 10**9
DATE, STAMP = "20260304", "20260304T050607Z"
REGION, SERVICE = "us-east-1", "s3"
RULES = SigV4Rules(service=SERVICE, region=REGION)
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class KnownKey:
    access_key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend and what it was told to know. `disable` takes the reader's key away and returns when it holds."""

    backend: AuthBackend
    admin: KnownKey
    reader: KnownKey
    disabled: KnownKey
    disable: Callable[[], Awaitable[None]]


class MemoryKeyStore:
    """A `KeyStore` that forgets at the end of the process, and can be told to fail its next change."""

    def __init__(self, keys: Iterable[StoredKey] = ()) -> None:
        self._keys = {key.access_key_id: key for key in keys}
        self.fails = False

    async def list(self) -> Sequence[StoredKey]:
        return tuple(self._keys.values())

    async def add(self, key: StoredKey) -> None:
        self._fail_when_told()
        if key.access_key_id in self._keys:
            raise PhotonError("key-exists", "create key", key.access_key_id)
        self._keys[key.access_key_id] = key

    async def set_enabled(self, access_key_id: str, is_enabled: bool) -> bool:
        self._fail_when_told()
        if access_key_id not in self._keys:
            return False
        self._keys[access_key_id] = replace(self._keys[access_key_id], is_enabled=is_enabled)
        return True

    async def delete(self, access_key_id: str) -> bool:
        self._fail_when_told()
        return self._keys.pop(access_key_id, None) is not None

    def _fail_when_told(self) -> None:
        if self.fails:
            raise PhotonError("backend-unavailable", "change keys", cause="told to fail")


def signed_request(key: KnownKey, path: str = "/bucket/key") -> SignedRequest:
    """A header-signed GET, built from the rules of AWS's manual without any code of the library under test."""
    headers = {"host": "h", "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": STAMP}
    names = ";".join(headers)
    canonical = "\n".join(
        ("GET", path, "", *(f"{name}:{value}" for name, value in headers.items()), "", names, EMPTY_SHA256)
    )
    scope = f"{DATE}/{REGION}/{SERVICE}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{STAMP}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing_key = b"AWS4" + key.secret.encode()
    for part in (DATE, REGION, SERVICE, "aws4_request"):
        signing_key = hmac.digest(signing_key, part.encode(), "sha256")
    signature = hmac.digest(signing_key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    return SignedRequest(b"GET", path.encode(), b"", fields)


def evidence(key: KnownKey) -> HttpEvidence:
    return HttpEvidence(signed_request(key), RULES)


async def authenticated(subject: Subject, key: KnownKey) -> Authentication:
    return await subject.backend.authenticate(evidence(key), NOW_NS)


def object_of(principal: Principal) -> Resource:
    return Resource("arn:aws:s3:::bucket/key", principal.account_id)


class AuthSuite:
    """What every adapter does."""

    async def test_known_keys_resolve(self, subject: Subject) -> None:
        credential = await subject.backend.resolve(subject.reader.access_key_id)
        assert credential is not None
        assert credential.is_enabled
        assert credential.principal.access_key_id == subject.reader.access_key_id
        assert subject.reader.secret not in repr(credential)

    async def test_a_disabled_key_resolves_and_says_so(self, subject: Subject) -> None:
        credential = await subject.backend.resolve(subject.disabled.access_key_id)
        assert credential is not None
        assert not credential.is_enabled

    async def test_an_unknown_key_does_not_resolve(self, subject: Subject) -> None:
        assert await subject.backend.resolve("AKIANOBODYKNOWSTHIS1") is None

    async def test_signing_keys(self, subject: Subject) -> None:
        backend, reader = subject.backend, subject.reader
        key = await backend.signing_key(reader.access_key_id, DATE, REGION, SERVICE)
        assert key == derive_signing_key(reader.secret, DATE, REGION, SERVICE)
        other_day = await backend.signing_key(reader.access_key_id, "20260305", REGION, SERVICE)
        assert other_day == derive_signing_key(reader.secret, "20260305", REGION, SERVICE)

    async def test_no_signing_key_for_disabled_and_unknown_keys(self, subject: Subject) -> None:
        for access_key_id in (subject.disabled.access_key_id, "AKIANOBODYKNOWSTHIS1"):
            assert await subject.backend.signing_key(access_key_id, DATE, REGION, SERVICE) is None

    async def test_a_signed_request_is_its_user(self, subject: Subject) -> None:
        result = await authenticated(subject, subject.reader)
        principal = result.principal
        assert principal.kind is PrincipalKind.USER
        assert principal.arn.endswith("/reader")
        assert principal.access_key_id == subject.reader.access_key_id
        assert len(principal.account_id) == 12
        assert len(principal.canonical_id) == 64
        assert result.signature is not None
        assert result.signing_key == derive_signing_key(subject.reader.secret, DATE, REGION, SERVICE)
        assert subject.reader.secret not in repr(result)

    async def test_a_request_without_credentials_is_anonymous(self, subject: Subject) -> None:
        request = SignedRequest(b"GET", b"/bucket/key", b"", [(b"host", b"h")])
        result = await subject.backend.authenticate(HttpEvidence(request, RULES), NOW_NS)
        assert result.principal is ANONYMOUS
        assert result.signature is None

    @pytest.mark.parametrize("which", ["disabled", "unknown"])
    async def test_disabled_and_unknown_keys_look_the_same(self, subject: Subject, which: str) -> None:
        key = subject.disabled if which == "disabled" else KnownKey("AKIANOBODYKNOWSTHIS1", "s" * 40)
        with pytest.raises(SigV4Error) as caught:
            await subject.backend.authenticate(evidence(key), NOW_NS)
        assert (caught.value.code, caught.value.status) == ("InvalidAccessKeyId", 403)

    async def test_a_wrong_secret(self, subject: Subject) -> None:
        wrong = KnownKey(subject.reader.access_key_id, "w" * 40)
        with pytest.raises(SigV4Error) as caught:
            await subject.backend.authenticate(evidence(wrong), NOW_NS)
        assert caught.value.code == "SignatureDoesNotMatch"
        assert subject.reader.secret not in str(dict(caught.value.fields))

    async def test_evidence_of_an_unknown_kind_is_refused_and_not_anonymous(self, subject: Subject) -> None:
        with pytest.raises(AuthError):
            await subject.backend.authenticate(BearerToken("nonsense"), NOW_NS)

    async def test_policies_decide(self, subject: Subject) -> None:
        reader = (await authenticated(subject, subject.reader)).principal
        admin = (await authenticated(subject, subject.admin)).principal
        for principal, action, verdict in (
            (reader, "s3:GetObject", Verdict.ALLOWED),
            (reader, "s3:PutObject", Verdict.IMPLICIT_DENY),
            (admin, "s3:PutObject", Verdict.ALLOWED),
            (ANONYMOUS, "s3:GetObject", Verdict.IMPLICIT_DENY),
        ):
            decision = await subject.backend.authorize(principal, action, object_of(reader))
            assert decision.decision is verdict, (principal.arn, action)
        refused = await subject.backend.authorize(reader, "s3:PutObject", object_of(reader))
        assert reader.arn in refused.reason
        assert refused.layers[Layer.IDENTITY] is Verdict.IMPLICIT_DENY

    async def test_resource_policies_decide_too(self, subject: Subject) -> None:
        reader = (await authenticated(subject, subject.reader)).principal
        everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/*"}
        nobody = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
        policy = parse_resource_policy(json.dumps({"Version": "2012-10-17", "Statement": [everyone, nobody]}))
        allowed = await subject.backend.authorize(reader, "s3:PutObject", object_of(reader), {}, policy)
        denied = await subject.backend.authorize(reader, "s3:GetObject", object_of(reader), {}, policy)
        assert allowed.is_allowed
        assert denied.is_explicit_deny

    async def test_a_request_cannot_set_facts_about_its_caller(self, subject: Subject) -> None:
        reader = (await authenticated(subject, subject.reader)).principal
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::bucket/*",
            "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}},
        }
        policy = parse_resource_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))
        forged = {"aws:principaltype": "Account"}
        decision = await subject.backend.authorize(reader, "s3:PutObject", object_of(reader), forged, policy)
        assert not decision.is_allowed

    async def test_a_key_that_was_taken_away_is_refused_at_once(self, subject: Subject) -> None:
        """Both the next request and the one that is still running."""
        reader = (await authenticated(subject, subject.reader)).principal
        await subject.disable()
        with pytest.raises(SigV4Error, match="InvalidAccessKeyId"):
            await authenticated(subject, subject.reader)
        decision = await subject.backend.authorize(reader, "s3:GetObject", object_of(reader))
        assert decision.is_explicit_deny

    async def test_accounts_are_found(self, subject: Subject) -> None:
        reader = (await authenticated(subject, subject.reader)).principal
        by_id = await subject.backend.find_account(AccountKey.ID, reader.account_id)
        assert by_id is not None
        assert by_id.canonical_id == reader.canonical_id
        for key, value in (
            (AccountKey.CANONICAL_ID, by_id.canonical_id),
            (AccountKey.NAME, reader.account_name),
        ):
            assert await subject.backend.find_account(key, value) == by_id
        assert await subject.backend.find_account(AccountKey.CANONICAL_ID, "0" * 64) is None
        assert await subject.backend.find_account(AccountKey.EMAIL, "nobody@example.com") is None

    async def test_principals_that_policies_may_name(self, subject: Subject) -> None:
        reader = (await authenticated(subject, subject.reader)).principal
        for name in (reader.arn, reader.arn.replace(":aws:", ":photon:"), reader.account_id):
            assert await subject.backend.has_principal(name)
        for name in (reader.arn + "x", "000000000000", "nonsense"):
            assert not await subject.backend.has_principal(name)

    async def test_revisions(self, subject: Subject) -> None:
        reader = (await authenticated(subject, subject.reader)).principal
        revision = (await subject.backend.authorize(reader, "s3:GetObject", object_of(reader))).revision
        assert await subject.backend.await_revision(revision, 0.01)
        assert not await subject.backend.await_revision(revision + 1_000_000, 0.01)

    async def test_probe(self, subject: Subject) -> None:
        assert await subject.backend.probe() == "ok"


class ImmediateSuite:
    """Adapters that answer from memory give the same answers there."""

    async def test_the_same_answers_without_a_coroutine(self, subject: Subject) -> None:
        backend = subject.backend
        assert isinstance(backend, ImmediateAuth)
        reader = subject.reader
        assert backend.resolve_now(reader.access_key_id) == await backend.resolve(reader.access_key_id)
        scope = (reader.access_key_id, DATE, REGION, SERVICE)
        assert backend.signing_key_now(*scope) == await backend.signing_key(*scope)
        result = backend.authenticate_now(evidence(reader), NOW_NS)
        assert result == await backend.authenticate(evidence(reader), NOW_NS)
        asked = (result.principal, "s3:GetObject", object_of(result.principal))
        assert backend.authorize_now(*asked) == await backend.authorize(*asked)
