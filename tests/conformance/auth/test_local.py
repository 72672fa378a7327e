"""The `local` adapter against the port's suite, its keys in all three places."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from photoncloud.backends.auth.key_store import StoredKey
from photoncloud.backends.auth.local import LocalAuth, LocalAuthSettings, open_local
from photoncloud.backends.auth.registry import adapter
from photoncloud.config import Secret
from photoncloud.testkit.auth_conformance import AuthSuite, ImmediateSuite, KnownKey, MemoryKeyStore, Subject

ADMIN = KnownKey("AKIAADMIN", "a" * 40)
READER = KnownKey("AKIAREADER", "r" * 40)
DISABLED = KnownKey("AKIADISABLED", "d" * 40)


def credentials_file(folder: Path) -> str:
    path = folder / "credentials"
    users = (("admin", ADMIN, "admin"), ("reader", READER, "readonly"))
    lines = [
        f"[{user}]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret}\npolicy = {policy}\n"
        for user, key, policy in users
    ]
    path.write_text("".join(lines))
    os.chmod(path, 0o600)
    return str(path)


class TestKeysOfAFile(AuthSuite, ImmediateSuite):
    @pytest.fixture
    async def subject(self, tmp_path: Path) -> Subject:
        store = MemoryKeyStore([StoredKey(DISABLED.access_key_id, Secret(DISABLED.secret), "gone", is_enabled=False)])
        settings = LocalAuthSettings("ROOT", Secret("root-secret"), credentials_file(tmp_path))
        backend = await adapter("local")(settings, store)

        async def disable() -> None:
            path = Path(settings.credentials_file)
            path.write_text(path.read_text().replace("[reader]", "[other]").replace(READER.access_key_id, "AKIAOTHER"))
            assert isinstance(backend, LocalAuth)
            await backend.reload()

        return Subject(backend, ADMIN, READER, DISABLED, disable)


class TestCreatedKeys(AuthSuite, ImmediateSuite):
    @pytest.fixture
    async def subject(self) -> Subject:
        store = MemoryKeyStore(
            [
                StoredKey(ADMIN.access_key_id, Secret(ADMIN.secret), "admin", policy="admin"),
                StoredKey(READER.access_key_id, Secret(READER.secret), "reader", policy="readonly"),
                StoredKey(DISABLED.access_key_id, Secret(DISABLED.secret), "gone", is_enabled=False),
            ]
        )
        backend = await open_local(LocalAuthSettings(), store)

        async def disable() -> None:
            assert await backend.set_key_enabled(READER.access_key_id, False)

        return Subject(backend, ADMIN, READER, DISABLED, disable)
