"""A whole S3 service without a network: every use case behind the pipeline, on a memory index."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes
from xml.etree import ElementTree

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from photoncloud.backends.auth.local import open_local
from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.config import Secret
from photoncloud.lightningstor.adapters.blobs_filesystem.store import FilesystemBlobs
from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher
from photoncloud.lightningstor.adapters.events_bus import NoTargets
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.adapters.key_files import SecretBox
from photoncloud.lightningstor.bootstrap.engines import Engines, local_auth_settings
from photoncloud.lightningstor.bootstrap.services import Services, build_services
from photoncloud.lightningstor.core.http_message import FileSlice, Reply, Request
from photoncloud.lightningstor.service.access_keys import IndexKeyStore
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.clock import SystemClock

USERS = {
    "alice": ("default", "readwrite"),
    "reader": ("default", "readonly"),
    "stranger": ("other", "admin"),
    "powerless": ("default", "nothing.json"),
}
NOTHING = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::-"}]}'
)
ROOT_KEY = "AKIAROOTROOTROOTROOT"


def secret_of(access_key: str) -> str:
    return hashlib.sha256(access_key.encode()).hexdigest()[:40]


def access_key_of(user: str) -> str:
    return ROOT_KEY if user == "root" else f"AKIA{user.upper():2<16}"


@dataclass
class Received:
    """A reply with its body collected."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return (ElementTree.fromstring(self.body).findtext("Code") or "") if b"<Error>" in self.body else ""

    def text(self, name: str) -> str | None:
        """Text of the first element of this local name."""
        for element in ElementTree.fromstring(self.body).iter():
            if element.tag.rpartition("}")[2] == name:
                return element.text or ""
        return None

    def texts(self, name: str) -> list[str]:
        found = ElementTree.fromstring(self.body).iter()
        return [element.text or "" for element in found if element.tag.rpartition("}")[2] == name]


class HeldBody:
    """A request's body in memory; remembers whether anybody looked at it."""

    def __init__(self, content: bytes, has_length: bool = True) -> None:
        self._content = content
        self.length = len(content) if has_length else None
        self.was_read = False

    async def read(self) -> bytes:
        self.was_read = True
        content, self._content = self._content, b""
        return content

    async def read_all(self, limit: int) -> bytes:
        return await self.read()


class _Signer(S3SigV4Auth):
    def _normalize_url_path(self, path: str) -> str:
        return quote(unquote_to_bytes(path), safe="/~")

    def _canonical_query_string_url(self, parts: Any) -> str:
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(pairs))


@dataclass
class S3World:
    """`send` asks as a user of USERS, as `root`, or (with an empty name) as nobody."""

    services: Services
    engines: Engines
    index: LocalIndex
    bodies: list[HeldBody] = field(default_factory=list)
    count: int = 0

    async def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        user: str = "root",
        fields: dict[str, str] | None = None,
        secure: bool = False,
        framing: str = "length",
        region: str = "us-east-1",
        payload: str = "",
    ) -> Received:
        headers = {"Host": "localhost", **(fields or {})}
        if body and not {"content-md5"} & {name.lower() for name in headers} and method == "POST":
            headers["x-amz-checksum-sha256"] = _base64(hashlib.sha256(body).digest())
        if user:
            headers = _signed(user, method, target, body, headers, region, payload)
        if framing == "length" and method in ("PUT", "POST"):
            headers["Content-Length"] = str(len(body))
        elif framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        return await self.ask(method, target, headers, body, secure=secure, has_coding=framing == "chunked")

    async def ask(
        self,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes = b"",
        *,
        secure: bool = False,
        has_coding: bool = False,
    ) -> Received:
        """Send exactly these headers."""
        self.count += 1
        held = HeldBody(body, has_length=not has_coding)
        self.bodies.append(held)
        listed = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
        fields: dict[bytes, bytes] = {}
        for name, value in listed:
            fields.setdefault(name, value)
        request = Request(
            method=method,
            target=target.encode(),
            headers=listed,
            fields=fields,
            body=held,
            peer="192.0.2.1",
            secure=secure,
            request_id=f"REQUEST{self.count:09d}",
            received_ns=time.time_ns(),
            has_transfer_encoding=has_coding,
        )
        return await _received(await self.services.pipeline.handle(request))

    def presigned(self, method: str, target: str, user: str = "root", expires: int = 60) -> str:
        """The target of a presigned request."""
        request = AWSRequest(method, f"http://localhost{target}")
        S3SigV4QueryAuth(_credentials(user), "s3", "us-east-1", expires=expires).add_auth(request)
        return request.url.removeprefix("http://localhost")

    async def put_policy(self, bucket: str, *statements: dict[str, Any]) -> None:
        import json

        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).encode()
        reply = await self.send("PUT", f"/{bucket}?policy", policy)
        assert reply.status == 204, reply.body


def _base64(raw: bytes) -> str:
    import base64

    return base64.b64encode(raw).decode()


def _credentials(user: str) -> Credentials:
    access_key = access_key_of(user)
    return Credentials(access_key, secret_of(access_key))


def _signed(
    user: str, method: str, target: str, body: bytes, headers: dict[str, str], region: str, payload: str
) -> dict[str, str]:
    request = AWSRequest(method, f"http://localhost{target}", headers=headers)
    request.headers["X-Amz-Content-SHA256"] = payload or hashlib.sha256(body).hexdigest()
    request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    auth = _Signer(_credentials(user), "s3", region)
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    auth._inject_signature_to_request(request, signature)
    return dict(request.headers.items())


async def _received(reply: Reply) -> Received:
    body = reply.body
    if not isinstance(body, bytes):
        collected = b""
        async for piece in body:
            collected += (
                os.pread(piece.fileno, piece.length, piece.offset) if isinstance(piece, FileSlice) else bytes(piece)
            )
        body = collected
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in reply.headers}
    return Received(reply.status, headers, body)


@pytest.fixture
def s3_world_settings(tmp_path: Path) -> Settings:
    """Tests that need other settings override this fixture or use `model_copy`."""
    credentials = tmp_path / "credentials"
    (tmp_path / "nothing.json").write_text(NOTHING)
    lines = []
    for user, (account, policy) in USERS.items():
        key = access_key_of(user)
        lines += [
            f"[{user}]",
            f"aws_access_key_id = {key}",
            f"aws_secret_access_key = {secret_of(key)}",
            f"account = {account}",
            f"policy = {policy}",
            f"email = {user}@example.com" if user == "stranger" else "",
        ]
    credentials.write_text("\n".join(lines))
    credentials.chmod(0o600)
    return Settings.model_validate(
        {
            "auth": {
                "access_key": ROOT_KEY,
                "secret_key": Secret(secret_of(ROOT_KEY)),
                "credentials_file": str(credentials),
            },
            "features": {"versioning": True, "lifecycle": True},
            "storage": {"min_free_bytes": 0},
        }
    )


@pytest.fixture
async def s3_world(tmp_path: Path, s3_world_settings: Settings) -> AsyncIterator[S3World]:
    with ThreadPoolExecutor(2) as threads:
        store = MemoryMetadata()
        index = LocalIndex(store)
        box = SecretBox(b"k" * 32, os.urandom)
        keys = IndexKeyStore(index, box)
        blobs = FilesystemBlobs(tmp_path / "data", threads, monotonic=time.monotonic)
        engines = Engines(
            store=store,
            index=index,
            blobs=blobs,
            hashes=ThreadHashPool(threads),
            cipher=AesGcmCipher(b"m" * 32, os.urandom),
            box=box,
            auth=await open_local(local_auth_settings(s3_world_settings), keys),
            access_keys=keys,
            events=NoTargets(),
            threads=threads,
        )
        yield S3World(build_services(engines, s3_world_settings, SystemClock(), "unit-test"), engines, index)
        blobs.close()
        await store.close()
