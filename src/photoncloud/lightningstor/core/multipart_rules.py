"""Multipart uploads: checksum choices, what a part may be, and the judgement of a part list (§4.7)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from photoncloud.lightningstor.core import checksum, key_space
from photoncloud.lightningstor.core.records import ChecksumType, PartRecord
from photoncloud.lightningstor.core.xml_in import Element
from photoncloud.lightningstor.errors import S3Error

PART_NUMBER_MAX = 10_000
PART_SIZE_MIN = 5_242_880
OBJECT_SIZE_MAX = 5 * 1024**4
COMPLETED_KEPT_MS = 7 * 86_400_000
"""How long a repeated Complete is recognised."""

_TYPE_WITHOUT_ALGORITHM = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
_ALGORITHMS_SHOWN = "[CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]"
_UNSUPPORTED = (
    f"Checksum algorithm provided is unsupported. Please try again with any of the valid types: {_ALGORITHMS_SHOWN}"
)
_PART_NUMBER = "Part number must be an integer between 1 and 10000, inclusive"
_FULL_OBJECT_ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME")


class ChecksumChoice(NamedTuple):
    """What an upload was created with. Without `algorithm` CRC64NVME FULL_OBJECT is computed, parts need not agree."""

    algorithm: str
    type: ChecksumType


def checksum_choice(algorithm: str | None, type_: str | None) -> ChecksumChoice:
    """From the headers of CreateMultipartUpload. Raises S3Error InvalidRequest."""
    if not algorithm:
        if type_:
            raise S3Error("InvalidRequest", _TYPE_WITHOUT_ALGORITHM)
        return ChecksumChoice("", "FULL_OBJECT")
    name = algorithm.upper()
    if name not in checksum.ALGORITHMS:
        raise S3Error("InvalidRequest", _UNSUPPORTED)
    default: ChecksumType = "FULL_OBJECT" if name == "CRC64NVME" else "COMPOSITE"
    chosen = (type_ or default).upper()
    if chosen == "FULL_OBJECT" and name in _FULL_OBJECT_ALGORITHMS:
        return ChecksumChoice(name, "FULL_OBJECT")
    if chosen == "COMPOSITE" and name != "CRC64NVME":
        return ChecksumChoice(name, "COMPOSITE")
    if chosen not in ("FULL_OBJECT", "COMPOSITE"):
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    message = f"The {chosen} checksum type cannot be used with the {name.lower()} checksum algorithm."
    raise S3Error("InvalidRequest", message)


def part_number(text: str) -> int:
    """Raises S3Error InvalidArgument for anything but 1 to 10,000."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
    if not 1 <= number <= PART_NUMBER_MAX:
        fields = {"ArgumentName": "partNumber", "ArgumentValue": text}
        raise S3Error("InvalidArgument", _PART_NUMBER, fields=fields)
    return number


def check_part_checksum(choice: ChecksumChoice, sent: str | None) -> None:
    """Whether a part may come with checksum algorithm `sent`. Raises S3Error InvalidRequest."""
    if not choice.algorithm or sent == choice.algorithm:
        return
    if sent is None and choice.type == "FULL_OBJECT":
        return
    expected, actual = choice.algorithm.lower(), "null" if sent is None else sent.lower()
    message = f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"
    raise S3Error("InvalidRequest", message)


def no_such_upload(upload_id: str) -> S3Error:
    return S3Error("NoSuchUpload", fields={"UploadId": upload_id})


def parse_upload_id(text: str) -> bytes:
    """The 16 bytes of an upload id. Raises S3Error NoSuchUpload for anything else."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != key_space.ID_BYTES or raw.hex() != text:
        raise no_such_upload(text)
    return raw


def new_upload_id(now_ns: int, random: bytes) -> bytes:
    """Sorts by initiation: microseconds, then 8 random bytes."""
    return (now_ns // 1000).to_bytes(8, "big") + random


class AskedPart(NamedTuple):
    """One `<Part>` of a Complete document. `checksums`: algorithm → base64 text as sent."""

    number: int
    etag: str
    checksums: Mapping[str, str]


def parse_complete(root: Element) -> list[AskedPart]:
    """The parts in document order. Raises S3Error MalformedXML."""
    asked = []
    for part in root.all("Part"):
        number, etag = part.integer_of("PartNumber"), part.text_of("ETag")
        if number is None or etag is None:
            raise S3Error("MalformedXML")
        sent = {name: text for name in checksum.ALGORITHMS if (text := part.text_of(f"Checksum{name}"))}
        asked.append(AskedPart(number, etag.strip().strip('"'), sent))
    if not 1 <= len(asked) <= PART_NUMBER_MAX:
        raise S3Error("MalformedXML")
    return asked


def parts_digest(asked: Sequence[AskedPart]) -> bytes:
    """Recognises a repeated Complete with the same part list."""
    text = ";".join(f"{part.number}:{part.etag}" for part in asked)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def check_order(asked: Sequence[AskedPart], upload_id: str) -> None:
    """Raises S3Error InvalidPartOrder."""
    if any(left.number >= right.number for left, right in itertools.pairwise(asked)):
        raise S3Error("InvalidPartOrder", fields={"UploadId": upload_id})


def chosen_parts(
    asked: Sequence[AskedPart], stored: Mapping[int, PartRecord], choice: ChecksumChoice, upload_id: str
) -> list[PartRecord]:
    """The stored parts of a Complete, each judged against what was asked.

    Raises S3Error InvalidPartOrder, InvalidPart, EntityTooSmall, InvalidRequest.
    """
    check_order(asked, upload_id)
    must_name_checksum = choice.type == "COMPOSITE" and choice.algorithm not in ("CRC32", "CRC32C")
    chosen: list[PartRecord] = []
    for part in asked:
        record = stored.get(part.number)
        if record is None or part.etag != record.etag:
            raise _invalid_part(part, upload_id)
        if must_name_checksum and choice.algorithm not in part.checksums:
            raise S3Error("InvalidRequest", _missing_checksum(choice.algorithm, part.number))
        _check_sums(part, record, upload_id)
        chosen.append(record)
    for record in chosen[:-1]:
        if record.size < PART_SIZE_MIN:
            raise _too_small(record)
    return chosen


def _check_sums(part: AskedPart, record: PartRecord, upload_id: str) -> None:
    for name, text in part.checksums.items():
        known = record.checksum.value if record.checksum and record.checksum.algorithm == name else None
        if known is None and name == "CRC64NVME":
            known = record.crc64nvme or None
        if known is not None and checksum.encode(known) != text:
            raise _invalid_part(part, upload_id)


def _invalid_part(part: AskedPart, upload_id: str) -> S3Error:
    return S3Error("InvalidPart", fields={"UploadId": upload_id, "PartNumber": str(part.number), "ETag": part.etag})


def _too_small(record: PartRecord) -> S3Error:
    fields = {
        "ProposedSize": str(record.size),
        "MinSizeAllowed": str(PART_SIZE_MIN),
        "PartNumber": str(record.number),
        "ETag": record.etag,
    }
    return S3Error("EntityTooSmall", fields=fields)


def _missing_checksum(algorithm: str, number: int) -> str:
    return (
        f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the checksum"
        f" for each part. It was missing for part {number} in the request."
    )


def check_object_size(sent: str | None, size: int) -> None:
    """`x-amz-mp-object-size` against the sum of the parts. Raises S3Error InvalidRequest, EntityTooLarge."""
    if size > OBJECT_SIZE_MAX:
        fields = {"ProposedSize": str(size), "MaxSizeAllowed": str(OBJECT_SIZE_MAX)}
        raise S3Error("EntityTooLarge", fields=fields)
    if sent is not None and sent != str(size):
        message = f"The provided 'x-amz-mp-object-size' header value {sent} does not match what was computed: {size}"
        raise S3Error("InvalidRequest", message)


def multipart_etag(parts: Sequence[PartRecord]) -> str:
    """`md5(concat(md5 of parts))-N`."""
    return f"{hashlib.md5(b''.join(part.md5 for part in parts)).hexdigest()}-{len(parts)}"
