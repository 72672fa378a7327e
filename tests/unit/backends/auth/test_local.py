"""The `local` adapter beyond the port's suite: reload, created keys, failures of the store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from photoncloud.backends.auth.iam.access_keys import EXAMPLE_ID, EXAMPLE_SECRET, has_valid_checksum
from photoncloud.backends.auth.iam.photon_token import make_photon_token
from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.backends.auth.local import LocalAuthSettings, open_local
from photoncloud.backends.auth.port import AuthError, PhotonToken, PostEvidence, PrincipalKind, Resource, SigV4Rules
from photoncloud.config import Secret
from photoncloud.runtime.errors import FatalError, PhotonError
from photoncloud.testkit.auth_conformance import NOW_NS, KnownKey, MemoryKeyStore, evidence

ROOT = LocalAuthSettings("ROOT", Secret("root-secret"))
METHOD = "/photon.lightningstor.v1.Admin/GetInfo"
NOW_SEC = NOW_NS // 10**9


async def test_no_key_at_all() -> None:
    with pytest.raises(FatalError) as caught:
        await open_local(LocalAuthSettings())
    assert (caught.value.code, caught.value.exit_status) == ("no-credentials", 78)


async def test_the_example_key_is_seen() -> None:
    assert not (await open_local(ROOT)).uses_example_key()
    assert (await open_local(LocalAuthSettings(EXAMPLE_ID, Secret(EXAMPLE_SECRET)))).uses_example_key()


async def test_root() -> None:
    auth = await open_local(ROOT)
    principal = auth.authenticate_now(evidence(KnownKey("ROOT", "root-secret")), NOW_NS).principal
    assert principal.kind is PrincipalKind.ROOT
    assert auth.authorize_now(principal, "s3:DeleteBucket", Resource("arn:aws:s3:::b", principal.account_id)).is_allowed


async def test_administrative_tokens() -> None:
    auth = await open_local(ROOT)
    token = make_photon_token("ROOT", "root-secret", NOW_SEC, METHOD)
    assert auth.authenticate_now(PhotonToken(token, METHOD), NOW_NS).principal.is_root
    for wrong in (PhotonToken(token, METHOD + "x"), PhotonToken("photon1.NOBODY.1.2", METHOD)):
        with pytest.raises(AuthError):
            auth.authenticate_now(wrong, NOW_NS)


async def test_an_anonymous_form() -> None:
    auth = await open_local(ROOT)
    assert auth.authenticate_now(PostEvidence({"key": "k"}, SigV4Rules()), NOW_NS).principal.is_anonymous


def write_credentials(path: Path, user: str, secret: str) -> None:
    path.write_text(f"[{user}]\naws_access_key_id = AKIA1\naws_secret_access_key = {secret}\n")
    path.chmod(0o600)


async def test_reload_takes_a_new_secret_and_forgets_derived_keys(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_credentials(path, "alice", "old")
    auth = await open_local(LocalAuthSettings(credentials_file=str(path)))
    old, new = KnownKey("AKIA1", "old"), KnownKey("AKIA1", "new")
    auth.authenticate_now(evidence(old), NOW_NS)
    write_credentials(path, "alice", "new")
    await auth.reload()
    auth.authenticate_now(evidence(new), NOW_NS)
    with pytest.raises(AuthError, match="SignatureDoesNotMatch"):
        auth.authenticate_now(evidence(old), NOW_NS)


async def test_a_refused_reload_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_credentials(path, "alice", "old")
    auth = await open_local(LocalAuthSettings(credentials_file=str(path)))
    path.write_text("junk")
    with pytest.raises(FatalError):
        await auth.reload()
    auth.authenticate_now(evidence(KnownKey("AKIA1", "old")), NOW_NS)


async def test_preparing_changes_nothing_until_committed(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_credentials(path, "alice", "old")
    auth = await open_local(ROOT)
    commit = await auth.prepare(LocalAuthSettings(credentials_file=str(path)))
    assert auth.resolve_now("AKIA1") is None
    assert auth.resolve_now("ROOT") is not None
    commit()
    assert auth.resolve_now("AKIA1") is not None
    assert auth.resolve_now("ROOT") is None


async def test_a_key_deleted_between_prepare_and_commit_stays_deleted() -> None:
    store = MemoryKeyStore([StoredKey("AKIA1", Secret("s"), "alice")])
    auth = await open_local(ROOT, store)
    commit = await auth.prepare(ROOT)
    assert await auth.delete_key("AKIA1")
    commit()
    assert auth.resolve_now("AKIA1") is None


async def test_created_keys_work_at_once_and_after_a_restart() -> None:
    store = MemoryKeyStore()
    auth = await open_local(ROOT, store)
    created = await auth.create_key("alice", NOW_NS, policy="readonly")
    assert has_valid_checksum(created.access_key_id)
    assert created.secret.reveal() not in repr(created)
    key = KnownKey(created.access_key_id, created.secret.reveal())
    for running in (auth, await open_local(ROOT, store)):
        principal = running.authenticate_now(evidence(key), NOW_NS).principal
        assert principal.user_name == "alice"
        own = Resource("arn:aws:s3:::b/k", principal.account_id)
        assert running.authorize_now(principal, "s3:GetObject", own).is_allowed
        assert not running.authorize_now(principal, "s3:PutObject", own).is_allowed
    (stored,) = await store.list()
    assert stored.created_at_ns == NOW_NS


async def test_created_keys_can_be_disabled_enabled_and_deleted() -> None:
    auth = await open_local(ROOT, MemoryKeyStore([StoredKey("AKIA1", Secret("s"), "alice")]))
    key = KnownKey("AKIA1", "s")
    assert await auth.set_key_enabled("AKIA1", False)
    with pytest.raises(AuthError, match="InvalidAccessKeyId"):
        auth.authenticate_now(evidence(key), NOW_NS)
    assert await auth.set_key_enabled("AKIA1", True)
    auth.authenticate_now(evidence(key), NOW_NS)
    assert await auth.delete_key("AKIA1")
    assert auth.resolve_now("AKIA1") is None
    assert not await auth.delete_key("AKIA1")
    assert not await auth.set_key_enabled("ROOT", False)
    assert [credential.access_key_id for credential in await auth.list_keys()] == ["ROOT"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"user": "a b"}, "bad-name"),
        ({"user": "a", "account": ""}, "bad-name"),
        ({"user": "a", "policy": "everything"}, "bad-policy"),
    ],
)
async def test_keys_that_are_not_created(arguments: dict[str, str], code: str) -> None:
    store = MemoryKeyStore()
    auth = await open_local(ROOT, store)
    with pytest.raises(PhotonError) as caught:
        await auth.create_key(now_ns=NOW_NS, **arguments)
    assert caught.value.code == code
    assert await store.list() == ()


async def test_a_store_that_fails_leaves_what_is_in_force() -> None:
    store = MemoryKeyStore([StoredKey("AKIA1", Secret("s"), "alice")])
    auth = await open_local(ROOT, store)
    store.fails = True
    for change in (auth.create_key("bob", NOW_NS), auth.delete_key("AKIA1"), auth.set_key_enabled("AKIA1", False)):
        with pytest.raises(PhotonError, match="backend-unavailable"):
            await change
    assert [credential.access_key_id for credential in await auth.list_keys()] == ["ROOT", "AKIA1"]
    auth.authenticate_now(evidence(KnownKey("AKIA1", "s")), NOW_NS)


async def test_a_store_whose_answer_never_comes_leaves_the_key_denied() -> None:
    """The caller gave up while the store was deleting: nobody knows, so the key is not accepted."""

    class SlowStore(MemoryKeyStore):
        async def delete(self, access_key_id: str) -> bool:
            await asyncio.Event().wait()
            return True

    auth = await open_local(ROOT, SlowStore([StoredKey("AKIA1", Secret("s"), "alice")]))
    running = asyncio.create_task(auth.delete_key("AKIA1"))
    await asyncio.sleep(0)
    assert auth.resolve_now("AKIA1") is None
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert auth.resolve_now("AKIA1") is None
    await auth.reload()
    assert auth.resolve_now("AKIA1") is not None


async def test_without_a_store_no_keys_are_created() -> None:
    with pytest.raises(PhotonError, match="keys-not-created-here"):
        await (await open_local(ROOT)).create_key("alice", NOW_NS)


async def test_a_stored_policy_that_went_bad_denies_and_is_reported() -> None:
    auth = await open_local(ROOT, MemoryKeyStore([StoredKey("AKIA1", Secret("s"), "alice", policy="{")]))
    principal = auth.authenticate_now(evidence(KnownKey("AKIA1", "s")), NOW_NS).principal
    decision = auth.authorize_now(principal, "s3:GetObject", Resource("arn:aws:s3:::b/k", principal.account_id))
    assert decision.is_explicit_deny
    assert await auth.probe() == "policies that cannot be read deny everything: key/AKIA1"
