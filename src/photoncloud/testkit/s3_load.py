"""Mixed S3 load that remembers what it did: the histories of crash and power-loss tests.

Every body names itself: it begins with a token that says its size and is filled from the token, so any byte that was
lost, torn or mixed shows. Each key's operations form one register history for `linearizability.check`.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from photoncloud.testkit.linearizability import Operation, Violation, check
from photoncloud.testkit.s3_client import Answer, S3Client

SMALL_BYTES = (1, 4096)
LARGE_BYTES = (70_000, 300_000)
"""Above the inline limit: these become files."""
SOURCES = "source/"
"""Keys that copies were made from: no register, and what a crash leaves of them is left. They sort after `key/`."""
ABSENT = None
WRITE_CODES = (200, 204)
FULL = 507


def body_of(token: str) -> bytes:
    """The body a token stands for; tokens look like `<unique>-<size>.`."""
    size = int(token.rpartition("-")[2].rstrip("."))
    seed = hashlib.sha256(token.encode()).digest()
    return (token.encode() + seed * (size // 32 + 1))[: max(size, len(token))]


def token_in(body: bytes) -> str:
    """The token of a body that is byte-exact, or a text that no write ever had."""
    found = re.match(rb"[\w]+-\d+\.", body)
    if found is None:
        return f"no token in {body[:40]!r}"
    token = found.group().decode()
    return token if body == body_of(token) else f"damaged {token} ({len(body)} bytes)"


@dataclass
class History:
    """Operations by key since the last quiet moment, and each key's value then."""

    initial: dict[str, str | None] = field(default_factory=dict)
    operations: dict[str, list[Operation]] = field(default_factory=dict)
    acknowledged: int = 0

    def add(self, key: str, operation: Operation) -> None:
        self.operations.setdefault(key, []).append(operation)
        self.acknowledged += operation.certain

    def settle(self, now: float, values: dict[str, str | None]) -> dict[str, Violation]:
        """Judge the era that ended with these values, all read after everything else ended; begin a new one."""
        violations = {}
        for key, value in values.items():
            history = [_bounded(each, now) for each in self.operations.get(key, [])]
            history.append(Operation("read", value, now, now + 1e-6))
            violation = check(history, self.initial.get(key))
            if violation is not None:
                violations[key] = violation
        self.initial, self.operations = dict(values), {}
        return violations


def _bounded(operation: Operation, now: float) -> Operation:
    """An unanswered write could act until the server was gone: nothing acts after `now`."""
    if operation.certain:
        return operation
    return Operation(operation.kind, operation.value, operation.start, min(operation.end, now), certain=False)


class Load:
    """Workers over a small set of keys, so that operations on one key meet."""

    def __init__(self, client: S3Client, bucket: str, keys: list[str], seed: int, history: History) -> None:
        self._client = client
        self._bucket = bucket
        self._keys = keys
        self._random = random.Random(seed)
        self._history = history
        self._sequence = 0
        self._seed = seed

    async def run(self, workers: int, until: asyncio.Event) -> None:
        """Work until the event is set or the server is gone."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work(until))

    async def _work(self, until: asyncio.Event) -> None:
        kinds = (self._put_small, self._put_large, self._multipart, self._copy, self._delete, self._get)
        while not until.is_set():
            kind = self._random.choices(kinds, weights=(32, 10, 8, 8, 14, 28))[0]
            try:
                await kind(self._random.choice(self._keys))
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                return  # the server was killed; what was under way is in the history as uncertain

    def _new_token(self, sizes: tuple[int, int]) -> str:
        self._sequence += 1
        return f"t{self._seed}x{self._sequence}-{self._random.randint(*sizes)}."

    async def _write(self, key: str, value: str | None, send: Callable[[], Awaitable[Answer]]) -> None:
        start = time.monotonic()
        try:
            answer = await send()
        except BaseException:
            self._history.add(key, Operation("write", value, start, float("inf"), certain=False))
            raise
        if answer.status in WRITE_CODES:
            self._history.add(key, Operation("write", value, start, time.monotonic()))
        elif answer.status == FULL:
            return  # refused for want of space: no read may ever find it
        elif answer.status >= 500:
            self._history.add(key, Operation("write", value, start, float("inf"), certain=False))
        else:
            raise AssertionError(f"{key}: {answer.status} {answer.body[:300]!r}")

    async def _put(self, key: str, token: str) -> None:
        await self._write(key, token, lambda: self._client.request("PUT", self._bucket, key, body=body_of(token)))

    async def _put_small(self, key: str) -> None:
        await self._put(key, self._new_token(SMALL_BYTES))

    async def _put_large(self, key: str) -> None:
        await self._put(key, self._new_token(LARGE_BYTES))

    async def _delete(self, key: str) -> None:
        await self._write(key, ABSENT, lambda: self._client.request("DELETE", self._bucket, key))

    async def _multipart(self, key: str) -> None:
        """One part: S3 lets the last part be small."""
        token = self._new_token(LARGE_BYTES)
        created = await self._client.request("POST", self._bucket, key, query={"uploads": ""})
        if created.status >= 500:
            return
        upload = _text(created.body, "UploadId")
        query = {"partNumber": "1", "uploadId": upload}
        part = await self._client.request("PUT", self._bucket, key, query=query, body=body_of(token))
        if part.status >= 500:
            return
        etag = part.headers["etag"]
        document = (
            f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
            "</CompleteMultipartUpload>"
        ).encode()
        complete = {"uploadId": upload}
        await self._write(
            key, token, lambda: self._client.request("POST", self._bucket, key, query=complete, body=document)
        )

    async def _copy(self, key: str) -> None:
        """From a source of its own that goes afterwards: the copy must keep the bytes alive."""
        token = self._new_token(LARGE_BYTES)
        source = f"{SOURCES}{token}"
        put = await self._client.request("PUT", self._bucket, source, body=body_of(token))
        if put.status >= 500:
            return
        fields = {"x-amz-copy-source": f"/{self._bucket}/{source}"}
        await self._write(key, token, lambda: self._client.request("PUT", self._bucket, key, headers=fields))
        await self._client.request("DELETE", self._bucket, source)

    async def _get(self, key: str) -> None:
        start = time.monotonic()
        value = await read_value(self._client, self._bucket, key)
        self._history.add(key, Operation("read", value, start, time.monotonic()))


async def read_value(client: S3Client, bucket: str, key: str) -> str | None:
    """The token a key holds, None when it is absent, or a text that tells what is wrong."""
    answer = await client.request("GET", bucket, key)
    if answer.status == 404:
        return ABSENT
    return token_in(answer.body) if answer.status == 200 else f"status {answer.status} {answer.body[:200]!r}"


async def read_all(client: S3Client, bucket: str, keys: list[str]) -> dict[str, str | None]:
    """Every key's value, and proof that the listing tells the same keys."""
    values = {key: await read_value(client, bucket, key) for key in keys}
    listing = await client.request("GET", bucket, query={"list-type": "2"})
    listed = {key for key in re.findall(r"<Key>(.*?)</Key>", listing.body.decode()) if not key.startswith(SOURCES)}
    present = {key for key, value in values.items() if value is not ABSENT}
    if listed != present:
        raise AssertionError(
            f"listing and reading disagree: only listed {listed - present}, only read {present - listed}"
        )
    return values


def _text(document: bytes, element: str) -> str:
    found = re.search(rf"<{element}>(.*?)</{element}>", document.decode())
    if found is None:
        raise AssertionError(f"no {element} in {document[:300]!r}")
    return found.group(1)
