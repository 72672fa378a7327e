"""Bodies against a connection made of a few lists: what is received, when reading stops, what is given back."""

from __future__ import annotations

import asyncio
from asyncio import Future

import pytest

from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.servers.buffer_pool import BUFFER_BYTES, BufferPool
from photoncloud.lightningstor.servers.http1_body import QUEUE_LIMIT, ChunkedBody, EmptyBody, LengthBody


class FakeChannel:
    """Records what a body asks of its connection."""

    def __init__(self, buffers: int = 16) -> None:
        self.pool = BufferPool(buffers)
        self.scratch = memoryview(bytearray(65536))
        self.continues = 0
        self.is_paused = False
        self.is_over = False
        self.rest = b""

    def send_continue(self) -> None:
        self.continues += 1

    def pause_body(self) -> None:
        self.is_paused = True

    def resume_body(self) -> None:
        self.is_paused = False

    def begin_wait(self) -> Future[None]:
        return asyncio.get_running_loop().create_future()

    def unread(self, data: bytes) -> None:
        self.rest = data

    def body_received(self) -> None:
        self.is_over = True


def receive(body: LengthBody | ChunkedBody, data: bytes) -> int:
    """As the event loop does; returns how many bytes there was room for."""
    buffer = body.receive_buffer()
    count = min(len(buffer), len(data))
    buffer[:count] = data[:count]
    body.received(count)
    return count


async def read_everything(body: LengthBody | ChunkedBody) -> bytes:
    data = b""
    while piece := await body.read():
        data += bytes(piece)
    return data


async def test_no_body() -> None:
    body = EmptyBody()
    assert (body.length, await body.read(), await body.read_all(0)) == (0, b"", b"")


async def test_a_body_that_came_with_its_head() -> None:
    channel = FakeChannel()
    body = LengthBody(channel, 5, b"hello", True)
    assert body.complete
    assert await body.read_all(5) == b"hello"
    assert await body.read() == b""
    assert channel.continues == 0


async def test_continue_is_sent_by_the_first_read_that_has_to_wait() -> None:
    channel = FakeChannel()
    body = LengthBody(channel, 5, b"", True)
    assert channel.continues == 0
    reading = asyncio.create_task(body.read())
    await asyncio.sleep(0)
    assert channel.continues == 1
    receive(body, b"hello")
    assert await reading == b"hello"
    assert channel.continues == 1
    assert channel.is_over


async def test_no_more_is_received_than_the_body_has() -> None:
    body = LengthBody(FakeChannel(), 10, b"123", False)
    assert len(body.receive_buffer()) == 7
    receive(body, b"4567")
    assert len(body.receive_buffer()) == 3


@pytest.mark.parametrize("buffers", [0, 1, 16])
async def test_a_large_body_arrives_whole_and_gives_everything_back(buffers: int) -> None:
    """Also when the pool is empty: then in smaller, copied pieces."""
    channel = FakeChannel(buffers)
    content = bytes(range(256)) * 8192
    body = LengthBody(channel, len(content), content[:100], False)
    reading = asyncio.create_task(read_everything(body))
    sent = 100
    while sent < len(content):
        if not channel.is_paused:
            sent += receive(body, content[sent:])
        assert channel.pool.lent <= QUEUE_LIMIT + 2
        await asyncio.sleep(0)
    assert await reading == content
    body.discard()
    assert channel.pool.lent == 0


async def test_reading_stops_when_nobody_takes_what_came() -> None:
    channel = FakeChannel()
    content = bytes(10 * BUFFER_BYTES)
    body = LengthBody(channel, len(content), b"", False)
    received = 0
    while not channel.is_paused:
        received += receive(body, content[received:])
    assert received <= (QUEUE_LIMIT + 1) * BUFFER_BYTES
    await body.read()
    assert not channel.is_paused
    body.discard()
    assert channel.pool.lent == 0


async def test_small_receives_share_a_buffer() -> None:
    channel = FakeChannel()
    body = LengthBody(channel, 1 << 20, b"", False)
    for _ in range(50):
        receive(body, b"x" * 1000)
    assert channel.pool.lent == 1
    assert len(await body.read()) == 50_000


async def test_a_failure_is_seen_after_what_came_before_it() -> None:
    body = LengthBody(FakeChannel(), 10, b"123", False)
    body.fail(S3Error("RequestTimeout"))
    body.fail(S3Error("IncompleteBody"))
    assert await body.read() == b"123"
    with pytest.raises(S3Error) as refusal:
        await body.read()
    assert refusal.value.code == "RequestTimeout"


async def test_a_reader_is_woken_by_a_failure() -> None:
    body = LengthBody(FakeChannel(), 10, b"", False)
    reading = asyncio.create_task(body.read())
    await asyncio.sleep(0)
    body.fail(S3Error("IncompleteBody"))
    with pytest.raises(S3Error):
        await reading


@pytest.mark.parametrize("length", [11, 1 << 40])
async def test_read_all_refuses_before_reading(length: int) -> None:
    channel = FakeChannel()
    with pytest.raises(S3Error) as refusal:
        await LengthBody(channel, length, b"", True).read_all(10)
    assert refusal.value.code == "EntityTooLarge"
    assert channel.continues == 0


async def test_chunked_body() -> None:
    channel = FakeChannel()
    body = ChunkedBody(channel, True)
    body.begin(b"")
    reading = asyncio.create_task(read_everything(body))
    await asyncio.sleep(0)
    assert channel.continues == 1
    for piece in (b"5\r\nhe", b"llo\r\n", b"0\r\n\r\nNEXT"):
        receive(body, piece)
        await asyncio.sleep(0)
    assert await reading == b"hello"
    assert (channel.is_over, channel.rest, body.length) == (True, b"NEXT", None)


async def test_chunked_body_stops_reading_too() -> None:
    channel = FakeChannel()
    body = ChunkedBody(channel, False)
    body.begin(b"ffff\r\n")
    for _ in range(QUEUE_LIMIT):
        receive(body, b"x" * 100)
    assert channel.is_paused
    await body.read()
    assert not channel.is_paused


async def test_chunked_read_all_counts() -> None:
    body = ChunkedBody(FakeChannel(), False)
    body.begin(b"6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")
    with pytest.raises(S3Error) as refusal:
        await body.read_all(10)
    assert refusal.value.code == "EntityTooLarge"
