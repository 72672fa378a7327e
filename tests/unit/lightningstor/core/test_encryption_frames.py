"""Layout of sealed bodies: sizes, ranges, and frames that hold back the last one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import encryption_frames as frames
from photoncloud.lightningstor.core.encryption_frames import FRAME_BYTES, SEALED_FRAME_BYTES, TAG_BYTES, FrameSplitter

F = FRAME_BYTES


@pytest.mark.parametrize(
    ("length", "sealed"),
    [(0, 0), (1, 17), (F, F + 16), (F + 1, F + 1 + 32), (2 * F, 2 * F + 32)],
)
def test_sealed_lengths(length, sealed):
    assert frames.sealed_length(length) == sealed
    assert frames.plain_length(sealed) == length


@pytest.mark.parametrize("sealed", [1, 15, 16, F + 17, SEALED_FRAME_BYTES + TAG_BYTES])
def test_lengths_no_body_has(sealed):
    with pytest.raises(ValueError):
        frames.plain_length(sealed)


@given(st.integers(0, 1 << 40))
def test_lengths_round_trip(length):
    assert frames.plain_length(frames.sealed_length(length)) == length


@given(st.integers(1, 5 * F), st.data())
def test_covering_frames_hold_exactly_the_range(body_length, data):
    offset = data.draw(st.integers(0, body_length - 1))
    length = data.draw(st.integers(1, body_length - offset))
    run = frames.covering(offset, length, body_length)
    assert run.first * F + run.skip == offset
    end = min((run.first + run.count) * F, body_length)
    assert run.skip + length <= end - run.first * F
    assert end - F < offset + length  # no frame too many
    assert run.sealed_offset == run.first * SEALED_FRAME_BYTES
    assert run.sealed_length == end - run.first * F + run.count * TAG_BYTES


def test_last_frame():
    assert frames.is_last_frame(0, 1)
    assert frames.is_last_frame(0, F)
    assert not frames.is_last_frame(0, F + 1)
    assert frames.is_last_frame(1, F + 1)


def test_nonces_and_associated_data_differ_by_index_and_end():
    assert frames.nonce(b"abcd", 1) == b"abcd" + bytes(7) + b"\1"
    body = bytes(16)
    assert len({frames.associated_data(body, i, is_last=last) for i in range(3) for last in (True, False)}) == 6


@given(st.lists(st.integers(0, 3 * F), max_size=5))
def test_splitter_gives_full_frames_and_keeps_the_last(sizes):
    stream = b"".join(bytes([index]) * size for index, size in enumerate(sizes))
    splitter = FrameSplitter()
    got = []
    position = 0
    for size in sizes:
        got += splitter.push([stream[position : position + size]])
        position += size
    assert all(len(frame) == F for frame in got)
    last = splitter.finish()
    assert b"".join(got) + last == stream
    assert bool(last) == bool(stream)
    assert len(last) <= F
