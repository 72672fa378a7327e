"""The S3 listeners: the pipeline behind HTTP connections, plain and over TLS."""

from __future__ import annotations

from collections.abc import Callable

from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.error_replies import error_reply
from photoncloud.lightningstor.service.pipeline import Pipeline
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor.s3")

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PREFIX_CHARACTERS = 8
_COUNTER_DIGITS = 8


class RequestIds:
    """16 of [0-9A-Z]: a random prefix of this process and a counter from a random start."""

    __slots__ = ("_counter", "_prefix")

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        self._prefix = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random_bytes(_PREFIX_CHARACTERS))
        self._counter = int.from_bytes(random_bytes(4), "big")

    def next(self) -> str:
        self._counter = (self._counter + 1) % 16**_COUNTER_DIGITS
        return f"{self._prefix}{self._counter:08X}"


class S3Application:
    """Implements `http1_connection.Application`."""

    def __init__(self, pipeline: Pipeline, request_ids: RequestIds, host_id: str) -> None:
        self._pipeline = pipeline
        self._host_id = host_id
        self._id_lines = f"\r\nx-amz-id-2: {host_id}\r\n".encode()
        self._request_ids = request_ids

    async def handle(self, request: Request) -> Reply:
        return await self._pipeline.handle(request)

    def new_request_id(self) -> str:
        return self._request_ids.next()

    def render_error(self, error: S3Error, request_id: str) -> Reply:
        return error_reply(error, request_id, self._host_id)

    def reply_fields(self, request_id: str) -> bytes:
        return b"x-amz-request-id: " + request_id.encode() + self._id_lines

    def report_failure(self, request_id: str, error: BaseException) -> None:
        log.error("request_failed", request_id=request_id, exc_info=error)
