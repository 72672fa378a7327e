from __future__ import annotations

import os
from typing import Any

from photoncloud.lightningstor.core.http_message import Reply
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.s3_server import RequestIds, S3Application


def test_request_ids_are_sixteen_capitals_and_digits_and_never_repeat() -> None:
    ids = RequestIds(os.urandom)
    made = [ids.next() for _ in range(1000)]
    assert len(set(made)) == 1000
    assert all(len(each) == 16 and each.isascii() and each.isalnum() and each == each.upper() for each in made)


def test_the_counter_wraps() -> None:
    ids = RequestIds(lambda count: b"\xff" * count)
    assert ids.next().endswith("00000000")


async def test_the_application_puts_s3_around_the_pipeline() -> None:
    class Pipeline:
        async def handle(self, request: Any) -> Reply:
            return Reply(200, [], b"handled")

    pipeline: Any = Pipeline()
    application = S3Application(pipeline, RequestIds(os.urandom), "HOST")
    request: Any = None
    assert (await application.handle(request)).body == b"handled"
    assert application.reply_fields("R") == b"x-amz-request-id: R\r\nx-amz-id-2: HOST\r\n"
    reply = application.render_error(S3Error("SlowDown", headers=(("Retry-After", "1"),), close=True), "R")
    assert (reply.status, reply.close) == (503, True)
    assert (b"Retry-After", b"1") in reply.headers
    assert b"<HostId>HOST</HostId>" in bytes(reply.body)  # type: ignore[arg-type]
