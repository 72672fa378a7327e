"""Reading keys: who else may read or write the files, and policies named by path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from photoncloud.backends.auth import local_sources
from photoncloud.backends.auth.iam.canned_policies import CANNED_POLICIES
from photoncloud.backends.auth.iam.statements import BrokenPolicy, PolicyDocument
from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.backends.auth.local_facts import KeySource
from photoncloud.backends.auth.local_sources import LocalAuthSettings, fixed_sources, stored_source
from photoncloud.config import Secret
from photoncloud.runtime.errors import FatalError

POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}


def write(folder: Path, text: str, mode: int = 0o600, name: str = "credentials") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def entry(policy: str = "readonly") -> str:
    return f"[alice]\naws_access_key_id = AKIA1\naws_secret_access_key = s\npolicy = {policy}\n"


def load(path: Path, **settings: str) -> list[KeySource]:
    return list(fixed_sources(LocalAuthSettings(credentials_file=str(path), **settings), CANNED_POLICIES))


def refusal(path: Path) -> FatalError:
    with pytest.raises(FatalError) as caught:
        load(path)
    assert caught.value.exit_status == 78
    return caught.value


def test_root_comes_first(tmp_path: Path) -> None:
    settings = LocalAuthSettings("ROOT", Secret("s"), str(write(tmp_path, entry())))
    root, alice = fixed_sources(settings, CANNED_POLICIES)
    assert (root.access_key_id, root.user, root.policy) == ("ROOT", "", None)
    assert (alice.user, alice.policy) == ("alice", CANNED_POLICIES["readonly"])
    assert str(tmp_path) in alice.origin


@pytest.mark.parametrize(("access_key", "secret"), [("ROOT", ""), ("", "s")])
def test_half_a_root_key(access_key: str, secret: str) -> None:
    with pytest.raises(FatalError, match="go together") as caught:
        list(fixed_sources(LocalAuthSettings(access_key, Secret(secret)), CANNED_POLICIES))
    assert caught.value.exit_status == 78


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o606])
def test_a_file_that_others_may_read_or_write(tmp_path: Path, mode: int) -> None:
    error = refusal(write(tmp_path, entry(), mode))
    assert error.code == "credentials-readable-by-others"
    assert f"{mode:04o}" in error.cause


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_a_file_for_owner_and_group(tmp_path: Path, mode: int) -> None:
    assert len(load(write(tmp_path, entry(), mode))) == 1


def test_files_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(tmp_path / "missing").code == "credentials-unreadable"
    assert refusal(tmp_path).code == "credentials-unreadable"
    (tmp_path / "latin").write_bytes(b"[a]\nx = \xff\n")
    (tmp_path / "latin").chmod(0o600)
    assert refusal(tmp_path / "latin").code == "credentials-not-utf8"
    path = write(tmp_path, entry())
    monkeypatch.setattr(local_sources, "FILE_BYTES_MAX", 10)
    assert refusal(path).code == "credentials-too-large"


def test_a_policy_by_path_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path, json.dumps(POLICY), 0o644, "alice.json")
    (source,) = load(write(tmp_path, entry("alice.json")))
    assert isinstance(source.policy, PolicyDocument)
    assert source.policy.policy_id == str(tmp_path / "alice.json")


def test_policies_that_cannot_be_used(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, entry("readwrit")))
    assert error.code == "credentials-unknown-policy"
    assert "readwrite" in error.hint
    write(tmp_path, "{", 0o644, "bad.json")
    assert refusal(write(tmp_path, entry("bad.json"))).code == "credentials-bad-policy"
    write(tmp_path, json.dumps(POLICY), 0o646, "open.json")
    assert refusal(write(tmp_path, entry("open.json"))).code == "policy-writable-by-others"


def test_created_keys() -> None:
    key = StoredKey("AKIA2", Secret("s"), "bob", "shop", "admin", False, 5, "Bob", "b@c")
    source = stored_source(key, CANNED_POLICIES)
    assert (source.access_key_id, source.user, source.account, source.is_enabled) == ("AKIA2", "bob", "shop", False)
    assert source.policy is CANNED_POLICIES["admin"]
    own = stored_source(StoredKey("A", Secret("s"), "bob", policy=json.dumps(POLICY)), CANNED_POLICIES)
    assert isinstance(own.policy, PolicyDocument)


def test_a_stored_policy_that_went_bad_denies() -> None:
    source = stored_source(StoredKey("A", Secret("s"), "bob", policy="{"), CANNED_POLICIES)
    assert source.policy == BrokenPolicy("key/A", "Syntax errors in policy.")
