"""Which bytes of an object a GET or HEAD wants: `Range`, `partNumber`, or everything (§4.6, RFC 9110 §14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photoncloud.lightningstor.errors import S3Error

MAX_PART_NUMBER = 10_000
_MAX_DIGITS = 18
"""More digits than any size has; longer numbers saturate instead of costing quadratic time."""
_SATURATED = 10**_MAX_DIGITS
PART_NUMBER_INVALID = "Part number must be an integer between 1 and 10000, inclusive"
RANGE_WITH_PART = "Cannot specify both Range header and partNumber query parameter"


@dataclass(frozen=True, slots=True)
class Span:
    """A run of an object's bytes. `is_partial`: the answer is 206 with `content_range`."""

    offset: int
    length: int
    is_partial: bool = False
    content_range: str = ""


def resolve_span(size: int, part_sizes: Sequence[int], range_text: str | None, part_text: str | None) -> Span:
    """The wanted bytes of an object of `size` bytes; `part_sizes` is empty unless it was a multipart upload.

    Raises S3Error InvalidRequest (both given), InvalidArgument (bad part number), InvalidPartNumber and InvalidRange
    (416). A range that is not understood, or several ranges, count as none.
    """
    if part_text is not None:
        if range_text is not None:
            raise S3Error("InvalidRequest", RANGE_WITH_PART)
        return _part_span(size, part_sizes, part_text)
    if range_text is None:
        return Span(0, size)
    bounds = _bounds(range_text, size)
    if bounds is None:
        return Span(0, size)
    first, last = bounds
    if first >= size or last < first:
        raise S3Error(
            "InvalidRange",
            fields={"RangeRequested": range_text, "ActualObjectSize": str(size)},
            headers=(("Content-Range", f"bytes */{size}"),),
        )
    return _partial(first, last, size)


def _partial(first: int, last: int, size: int) -> Span:
    return Span(first, last - first + 1, is_partial=True, content_range=f"bytes {first}-{last}/{size}")


def _bounds(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single well-formed range clipped to the object (first > last: nothing of it exists)."""
    unit, has_set, ranges = text.partition("=")
    if not has_set or unit.strip().lower() != "bytes":
        return None
    first_text, has_dash, last_text = ranges.strip().partition("-")
    if not has_dash or not _is_number(first_text or "0") or not _is_number(last_text or "0"):
        return None
    if not first_text:
        if not last_text:
            return None
        return max(size - _number(last_text), 0), (size - 1 if _number(last_text) else -1)
    first = _number(first_text)
    if not last_text:
        return first, max(size - 1, first)
    last = _number(last_text)
    if last < first:
        return None
    return first, min(last, max(size - 1, first))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _number(text: str) -> int:
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else _SATURATED


def _part_span(size: int, part_sizes: Sequence[int], text: str) -> Span:
    if not _is_number(text) or not 1 <= _number(text) <= MAX_PART_NUMBER:
        raise S3Error(
            "InvalidArgument", PART_NUMBER_INVALID, fields={"ArgumentName": "partNumber", "ArgumentValue": text}
        )
    number = _number(text)
    sizes = part_sizes or (size,)
    if number > len(sizes):
        raise S3Error(
            "InvalidPartNumber",
            "The requested partnumber is not satisfiable",
            fields={"PartNumberRequested": text, "ActualPartCount": str(len(sizes))},
        )
    first, length = sum(sizes[: number - 1]), sizes[number - 1]
    if not length:
        return Span(first, 0, is_partial=True)
    return _partial(first, first + length - 1, size)
