"""A small signing S3 client for tests that need many requests in flight and full control over each of them.

Real SDKs are what conformance tests use; this one exists for load, crashes and hostile requests: nothing is retried,
nothing is hidden, every field of a request can be set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
from yarl import URL

from photoncloud.testkit.s3_signing import Signer, query_text, stamp_of


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, fields (lower-case names, last value wins) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class S3Client:
    """Use as an async context manager. Raises aiohttp's errors when the connection breaks."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str, region: str = "us-east-1") -> None:
        self.endpoint = endpoint.rstrip("/")
        self._host = self.endpoint.partition("://")[2]
        self._signer = Signer(access_key, secret_key, region)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> S3Client:
        connector = aiohttp.TCPConnector(limit=0, force_close=False)
        timeout = aiohttp.ClientTimeout(total=60)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def request(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """One request, one answer."""
        assert self._session is not None, "use `async with`"
        target, fields = self.signed(method, bucket, key, query or {}, headers or {}, body)
        url = URL(self.endpoint + target, encoded=True)
        async with self._session.request(
            method, url, headers=fields, data=body or None, allow_redirects=False
        ) as reply:
            content = await reply.read()
            return Answer(reply.status, {name.lower(): value for name, value in reply.headers.items()}, content)

    def signed(
        self, method: str, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[str, dict[str, str]]:
        """Request target and fields, signature included. A given `x-amz-content-sha256` is signed as it stands."""
        path = f"/{bucket}" + (f"/{quote(key, safe='/~')}" if key else "") if bucket else "/"
        text = query_text(query)
        stamp = stamp_of()
        fields = {"host": self._host, "x-amz-date": stamp, "x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
        fields |= {name.lower(): value for name, value in headers.items()}
        fields["authorization"] = self._signer.header(method, path, text, fields, stamp=stamp)
        return path + (f"?{text}" if text else ""), fields
