"""Secrets are made once, private, and in the forms their readers want."""

from __future__ import annotations

import configparser
import datetime
import re
import stat
from pathlib import Path

import pytest

from photoncloud.backends.auth.iam.access_keys import EXAMPLE_ID, has_valid_checksum, project_hint
from photoncloud.deploy.errors import DataDirectoryUnusable, TopologyInvalid
from photoncloud.deploy.service.secret_store import SecretStore

NOW = datetime.datetime.now(datetime.UTC)


def section(path: Path, name: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(path.read_text())
    assert parser.sections() == [name]
    return dict(parser[name])


def test_one_key_pair_in_the_two_forms(tmp_path: Path) -> None:
    made = SecretStore(tmp_path).prepare(["lightningstor"], ["s3-credentials"], NOW)
    assert made == ["ca.pem", "lightningstor.pem", "admin-token", "s3-credentials", "aws-credentials"]
    server = section(tmp_path / "secrets" / "s3-credentials", "admin")
    client = section(tmp_path / "secrets" / "aws-credentials", "default")
    assert server["policy"] == "admin"
    assert client["region"] == "us-east-1"
    assert server["aws_access_key_id"] == client["aws_access_key_id"]
    assert server["aws_secret_access_key"] == client["aws_secret_access_key"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", client["aws_access_key_id"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", client["aws_secret_access_key"])
    assert has_valid_checksum(client["aws_access_key_id"])
    assert project_hint(client["aws_access_key_id"]) == bytes(5)
    assert client["aws_access_key_id"] != EXAMPLE_ID


def test_made_once_and_private(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)
    store.prepare(["a"], ["s3-credentials"], NOW)
    before = {path.name: path.read_bytes() for path in store.folder.iterdir()}
    assert store.prepare(["a"], ["s3-credentials"], NOW) == []
    assert {path.name: path.read_bytes() for path in store.folder.iterdir()} == before
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()} == {0o600}


def test_due_certificates_are_renewed_by_the_same_authority(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)
    store.prepare(["a"], [], NOW)
    authority = store.path("ca.pem").read_bytes()
    assert store.prepare(["a"], [], NOW + datetime.timedelta(days=300)) == ["a.pem"]
    assert store.path("ca.pem").read_bytes() == authority


def test_refusals(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)
    with pytest.raises(TopologyInvalid, match="secret 'mine' is not one we make"):
        store.prepare([], ["mine"], NOW)
    store.path("mine").write_text("x")
    assert store.prepare([], ["mine"], NOW) == []
    store.folder.chmod(0o755)
    with pytest.raises(DataDirectoryUnusable, match="open to others"):
        store.prepare([], [], NOW)
