from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core.transfer_coding import ChunkedDecoder
from photoncloud.lightningstor.errors import S3Error

WHOLE = b"5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\nGET / HTTP/1.1"


def decode(pieces: list[bytes]) -> tuple[bytes, bool, bytes]:
    decoder = ChunkedDecoder()
    decoded = b"".join(piece for data in pieces for piece in decoder.feed(data))
    return decoded, decoder.done, decoder.rest


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 1000), max_size=8))
def test_any_split_decodes_the_same(cuts: list[int]) -> None:
    assert decode(split(WHOLE, cuts)) == (b"hello world", True, b"GET / HTTP/1.1")


def test_byte_by_byte() -> None:
    assert decode([bytes((byte,)) for byte in WHOLE]) == (b"hello world", True, b"GET / HTTP/1.1")


@pytest.mark.parametrize("data", [b"0\r\n\r\n", b"000\r\n\r\n", b"0 \t;x\r\n\r\n"])
def test_empty_bodies(data: bytes) -> None:
    assert decode([data]) == (b"", True, b"")


@pytest.mark.parametrize(
    "data", [b"", b"5", b"5\r\nhel", b"5\r\nhello", b"5\r\nhello\r\n0\r\n", b"5\r\nhello\r\n0\r\nA: b\r\n"]
)
def test_unfinished_bodies_wait(data: bytes) -> None:
    assert decode([data])[1] is False


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b" 1\r\n",
        b"1 1\r\n",
        b"g\r\n",
        b"1_0\r\n",
        b"12345678901234567\r\n",
        b"1\na\r\n",
        b"1\r\nab\r\n",
        b"1\r\na\n",
        b"1;" + b"x" * 300,
        b"1;a\rb\r\na\r\n",
        b"0\r\nA: b\n\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n" + b"A: b\r\n" * 2000,
        b"0\r\nA: " + b"b" * 5000,
    ],
)
def test_broken_coding_is_refused_and_closes(data: bytes) -> None:
    with pytest.raises(S3Error) as refusal:
        decode([data])
    assert (refusal.value.code, refusal.value.close) == ("InvalidRequest", True)


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_nothing_but_refusals(pieces: list[bytes]) -> None:
    decoder = ChunkedDecoder()
    with contextlib.suppress(S3Error):
        for piece in pieces:
            assert sum(map(len, decoder.feed(piece))) <= len(piece)
