"""Key files are made once, stay private, and are never replaced; sealed secrets open only where they belong."""

import os
import stat

import pytest

from photoncloud.lightningstor.adapters.key_files import SecretBox, load_or_create_key
from photoncloud.lightningstor.errors import StoreDamaged


def test_made_once_and_read_again(tmp_path):
    path = tmp_path / "sse-master.key"
    key = load_or_create_key(path, os.urandom)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == key.hex() + "\n"
    assert load_or_create_key(path, lambda count: pytest.fail("must not be made anew")) == key


def test_hex_without_a_line_end_is_read(tmp_path):
    path = tmp_path / "key"
    path.write_text("ab" * 32)
    path.chmod(0o400)
    assert load_or_create_key(path, os.urandom) == b"\xab" * 32


@pytest.mark.parametrize("text", ["", "ab", "ab" * 31, "ab" * 33, "zz" * 32, "ä" * 32])
def test_anything_else_is_refused_and_kept(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(StoreDamaged, match="64 hex digits"):
        load_or_create_key(path, os.urandom)
    assert path.read_text() == text


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_readable_by_others_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    path.write_text("ab" * 32)
    path.chmod(mode)
    with pytest.raises(StoreDamaged, match="readable by others"):
        load_or_create_key(path, os.urandom)


def test_a_missing_directory_is_the_operators_business(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_or_create_key(tmp_path / "absent" / "key", os.urandom)


def test_secrets_are_bound_to_their_access_key():
    box = SecretBox(bytes(32), os.urandom)
    sealed = box.seal("AKIA1", "wJalr")
    assert b"wJalr" not in sealed
    assert box.unseal("AKIA1", sealed) == "wJalr"
    with pytest.raises(StoreDamaged, match="secret of access key AKIA2"):
        box.unseal("AKIA2", sealed)
    with pytest.raises(StoreDamaged):
        SecretBox(bytes(31) + b"1", os.urandom).unseal("AKIA1", sealed)


def test_derived_keys_differ_by_purpose_and_store():
    one, two = SecretBox(bytes(32), os.urandom), SecretBox(b"1" * 32, os.urandom)
    assert len({one.derived_key("tokens"), one.derived_key("other"), two.derived_key("tokens")}) == 3
    assert one.derived_key("tokens") == SecretBox(bytes(32), os.urandom).derived_key("tokens")
