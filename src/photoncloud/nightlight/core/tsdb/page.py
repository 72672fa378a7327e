"""Pages: the values of up to 64 series at up to 1,024 common times, as bytes and back, bit for bit.

Each row is written by the first codec that fits: CONST (one bit pattern), INT (whole numbers below 2^53), DECIMAL
(whole after a power of ten) or XOR (bits against the previous value). Numbers that fit no integer codec (NaN, stale
markers, infinities, -0) are exceptions with their bits. Rows of one codec are laid out byte by byte (all lowest bytes,
then the next) so that a general compressor finds the runs; it is handed in, the page itself knows none.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from photoncloud.nightlight.core.sample import Values
from photoncloud.nightlight.errors import DamagedRecord

ROWS_MAX = 64
TIMES_MAX = 1024
EXACT_INTEGER_MAX = float(2**53)
DECIMALS_MAX = 6
EXCEPTION_SHARE_MAX = 0.1
"""Rows with more exceptions than this share are written as bits."""
_HEAD = struct.Struct("<IHH")
_ROW = struct.Struct("<BBBHI")

Compress = Callable[[bytes], bytes]
Decompress = Callable[[bytes, int], bytes]
"""Compressed bytes and the exact size to expect; must raise or return fewer bytes rather than expand further."""


class Codec(IntEnum):
    """How the values of a row are written."""

    CONST = 0
    INT = 1
    DECIMAL = 2
    XOR = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """One encoded row: `scale` decimals, `width` bytes a number, `count` exceptions, and the bytes."""

    codec: Codec
    scale: int
    width: int
    count: int
    body: bytes


def encode_page(values: Values, compress: Compress) -> bytes:
    """f64[rows, n] as bytes. Raises ValueError beyond the size of a page."""
    rows, times = values.shape
    if not (1 <= rows <= ROWS_MAX and 1 <= times <= TIMES_MAX):
        raise ValueError(f"a page of {rows} x {times}")
    encoded = [_encode_row(np.ascontiguousarray(row, np.float64)) for row in values]
    heads = b"".join(_ROW.pack(row.codec, row.scale, row.width, row.count, len(row.body)) for row in encoded)
    raw = heads + b"".join(row.body for row in encoded)
    packed = compress(raw)
    body = _HEAD.pack(len(raw), rows, times) + packed
    return struct.pack("<I", zlib.crc32(body)) + body


def decode_page(page: bytes | memoryview, decompress: Decompress) -> Values:
    """The values of `encode_page`. Raises `DamagedRecord`."""
    view = memoryview(page)
    if len(view) < 4 + _HEAD.size or zlib.crc32(view[4:]) != struct.unpack_from("<I", view)[0]:
        raise DamagedRecord("checksum of a page")
    size, rows, times = _HEAD.unpack_from(view, 4)
    raw = decompress(bytes(view[4 + _HEAD.size :]), size)
    if len(raw) != size or not (1 <= rows <= ROWS_MAX and 1 <= times <= TIMES_MAX) or size < rows * _ROW.size:
        raise DamagedRecord("size of a page")
    values = np.empty((rows, times), np.uint64)
    offset = rows * _ROW.size
    for row in range(rows):
        codec, scale, width, count, length = _ROW.unpack_from(raw, row * _ROW.size)
        body = raw[offset : offset + length]
        offset += length
        values[row] = _decode_row(_Row(Codec(codec), scale, width, count, body), times)
    return values.view(np.float64)


def _encode_row(row: Values) -> _Row:
    bits = row.view(np.uint64)
    if (bits == bits[0]).all():
        return _Row(Codec.CONST, 0, 8, 0, bits[:1].tobytes())
    for scale in range(DECIMALS_MAX + 1):
        whole, fits = _integers(row, scale)
        if (~fits).sum() <= EXCEPTION_SHARE_MAX * len(row):
            return _integer_row(bits, whole, fits, scale)
    delta = bits.copy()
    delta[1:] ^= bits[:-1]
    return _Row(Codec.XOR, 0, 8, 0, _transposed(delta, 8))


def _integers(row: Values, scale: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The values times 10^scale as integers, and where that gives back the very bits."""
    factor = 10.0**scale
    with np.errstate(all="ignore"):
        scaled = np.rint(row * factor)
        fits = np.isfinite(scaled) & (np.abs(scaled) < EXACT_INTEGER_MAX)
        whole = np.where(fits, scaled, 0.0).astype(np.int64)
        fits &= (whole / factor).view(np.uint64) == row.view(np.uint64)
    return whole, fits


def _integer_row(bits: NDArray[np.uint64], whole: NDArray[np.int64], fits: NDArray[np.bool_], scale: int) -> _Row:
    """First differences, zigzag, minimal width; exceptions take the value before and add place and bits."""
    places = np.flatnonzero(~fits).astype("<u2")
    filled = np.where(fits, whole, 0)
    last = np.maximum.accumulate(np.where(fits, np.arange(len(bits)), -1))
    filled = np.where(fits | (last < 0), filled, filled[np.maximum(last, 0)])
    delta = np.diff(filled, prepend=np.int64(0))
    zigzag = ((delta << 1) ^ (delta >> 63)).view(np.uint64)
    width = max(1, (int(zigzag.max()).bit_length() + 7) // 8)
    body = _transposed(zigzag, width) + places.tobytes() + bits[places.astype(np.intp)].tobytes()
    return _Row(Codec.DECIMAL if scale else Codec.INT, scale, width, len(places), body)


def _transposed(numbers: NDArray[np.uint64], width: int) -> bytes:
    """The lowest `width` bytes of each number: all first bytes, then all second ones, …"""
    table = numbers.astype("<u8").view(np.uint8).reshape(-1, 8)
    return table[:, :width].T.tobytes()


def _gathered(body: bytes, width: int, times: int) -> NDArray[np.uint64]:
    table = np.zeros((times, 8), np.uint8)
    table[:, :width] = np.frombuffer(body, np.uint8, width * times).reshape(width, times).T
    return table.view("<u8").reshape(times).astype(np.uint64)


def _decode_row(row: _Row, times: int) -> NDArray[np.uint64]:
    """The bits of a row. Raises `DamagedRecord`."""
    exceptions = row.count * 10
    wanted = 8 if row.codec is Codec.CONST else row.width * times + exceptions
    if len(row.body) != wanted or not 1 <= row.width <= 8 or row.scale > DECIMALS_MAX:
        raise DamagedRecord("a row of a page")
    if row.codec is Codec.CONST:
        return np.full(times, np.frombuffer(row.body, "<u8")[0], np.uint64)
    numbers = _gathered(row.body, row.width, times)
    if row.codec is Codec.XOR:
        return np.asarray(np.bitwise_xor.accumulate(numbers))
    delta = (numbers >> np.uint64(1)).view(np.int64) ^ -(numbers & np.uint64(1)).view(np.int64)
    bits = (np.cumsum(delta) / 10.0**row.scale).view(np.uint64)
    offset = row.width * times
    places = np.frombuffer(row.body, "<u2", row.count, offset)
    if row.count and places.max() >= times:
        raise DamagedRecord("an exception outside of its row")
    bits[places] = np.frombuffer(row.body, "<u8", row.count, offset + row.count * 2)
    return bits
