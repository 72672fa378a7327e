"""Checksum choices, part numbers, and the judgement of part lists."""

import pytest

from photoncloud.lightningstor.core import checksum, multipart_rules, xml_in
from photoncloud.lightningstor.core.multipart_rules import AskedPart, ChecksumChoice
from photoncloud.lightningstor.core.records import Checksum, PartRecord
from photoncloud.lightningstor.errors import S3Error

UPLOAD = "0" * 32
MIB5 = 5_242_880
ALL = "[CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]"


@pytest.mark.parametrize(
    ("algorithm", "type_", "choice"),
    [
        (None, None, ("", "FULL_OBJECT")),
        ("crc32", None, ("CRC32", "COMPOSITE")),
        ("CRC32C", None, ("CRC32C", "COMPOSITE")),
        ("CRC32C", "full_object", ("CRC32C", "FULL_OBJECT")),
        ("CRC64NVME", None, ("CRC64NVME", "FULL_OBJECT")),
        *((name, None, (name, "COMPOSITE")) for name in ("SHA1", "SHA256", "SHA512", "MD5", "XXHASH3")),
    ],
)
def test_choices(algorithm, type_, choice):
    assert multipart_rules.checksum_choice(algorithm, type_) == choice


@pytest.mark.parametrize(
    ("algorithm", "type_", "message"),
    [
        (
            None,
            "COMPOSITE",
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        ),
        ("SHA256", "FULL_OBJECT", "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm."),
        ("CRC64NVME", "COMPOSITE", "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."),
        (
            "CRC16",
            None,
            f"Checksum algorithm provided is unsupported. Please try again with any of the valid types: {ALL}",
        ),
        ("CRC32", "WHOLE", "Value for x-amz-checksum-type header is invalid."),
    ],
)
def test_refused_choices(algorithm, type_, message):
    with pytest.raises(S3Error) as caught:
        multipart_rules.checksum_choice(algorithm, type_)
    assert (caught.value.code, caught.value.message) == ("InvalidRequest", message)


@pytest.mark.parametrize(
    ("choice", "sent", "message"),
    [
        (("", "FULL_OBJECT"), None, None),
        (("", "FULL_OBJECT"), "SHA1", None),
        (("CRC32", "COMPOSITE"), "CRC32", None),
        (("CRC64NVME", "FULL_OBJECT"), None, None),
        (("CRC32", "COMPOSITE"), "CRC32C", "expected checksum Type: crc32, actual checksum Type: crc32c"),
        (("CRC32", "COMPOSITE"), None, "expected checksum Type: crc32, actual checksum Type: null"),
        (("CRC32", "FULL_OBJECT"), "SHA1", "expected checksum Type: crc32, actual checksum Type: sha1"),
    ],
)
def test_checksum_of_a_part(choice, sent, message):
    if message is None:
        multipart_rules.check_part_checksum(ChecksumChoice(*choice), sent)
        return
    with pytest.raises(S3Error) as caught:
        multipart_rules.check_part_checksum(ChecksumChoice(*choice), sent)
    assert (caught.value.code, caught.value.message) == (
        "InvalidRequest",
        f"Checksum Type mismatch occurred, {message}",
    )


def test_part_numbers():
    assert [multipart_rules.part_number(text) for text in ("1", "10000", "007")] == [1, 10_000, 7]
    for text in ("0", "10001", "-1", "a", "", "1.0", "٣", "9" * 40):
        with pytest.raises(S3Error) as caught:
            multipart_rules.part_number(text)
        assert caught.value.message == "Part number must be an integer between 1 and 10000, inclusive"
        assert caught.value.fields == {"ArgumentName": "partNumber", "ArgumentValue": text}


def test_upload_ids_sort_by_initiation_and_others_are_unknown():
    early = multipart_rules.new_upload_id(1_000_000, b"\xff" * 8)
    late = multipart_rules.new_upload_id(2_000_000, b"\0" * 8)
    assert early < late
    assert multipart_rules.parse_upload_id(late.hex()) == late
    for text in ("", "x", late.hex().upper()[:-1] + "F", late.hex()[:-1], late.hex() + " "):
        with pytest.raises(S3Error) as caught:
            multipart_rules.parse_upload_id(text)
        assert (caught.value.code, caught.value.fields) == ("NoSuchUpload", {"UploadId": text})


def _part(number, size=MIB5, etag="e", value=None):
    sums = Checksum("SHA256", "FULL_OBJECT", value) if value else None
    return PartRecord(number=number, size=size, etag=etag, mtime_ms=0, checksum=sums, crc64nvme=b"12345678")


STORED = {1: _part(1), 3: _part(3), 7: _part(7, 10)}
NONE = ChecksumChoice("", "FULL_OBJECT")


def _asked(*numbers, etag="e", sums=None):
    return [AskedPart(number, etag, sums or {}) for number in numbers]


def test_subsets_with_gaps_are_taken_in_order():
    chosen = multipart_rules.chosen_parts(_asked(1, 3, 7), STORED, NONE, UPLOAD)
    assert [part.number for part in chosen] == [1, 3, 7]
    assert [part.number for part in multipart_rules.chosen_parts(_asked(7), STORED, NONE, UPLOAD)] == [7]


ORDER = "The parts list must be specified in order by part number."


@pytest.mark.parametrize(
    ("asked", "code", "fields"),
    [
        (_asked(3, 1), "InvalidPartOrder", {"UploadId": UPLOAD}),
        (_asked(1, 1), "InvalidPartOrder", {"UploadId": UPLOAD}),
        (_asked(2), "InvalidPart", {"UploadId": UPLOAD, "PartNumber": "2", "ETag": "e"}),
        (_asked(1, etag="x"), "InvalidPart", {"UploadId": UPLOAD, "PartNumber": "1", "ETag": "x"}),
        (_asked(1, etag=""), "InvalidPart", {"UploadId": UPLOAD, "PartNumber": "1", "ETag": ""}),
        (
            _asked(1, sums={"CRC64NVME": "AAAAAAAAAAA="}),
            "InvalidPart",
            {"UploadId": UPLOAD, "PartNumber": "1", "ETag": "e"},
        ),
    ],
)
def test_refused_lists(asked, code, fields):
    with pytest.raises(S3Error) as caught:
        multipart_rules.chosen_parts(asked, STORED, NONE, UPLOAD)
    assert (caught.value.code, caught.value.fields) == (code, fields)


def test_small_parts_only_at_the_end():
    with pytest.raises(S3Error) as caught:
        multipart_rules.chosen_parts(_asked(7, 8), {7: _part(7, 10), 8: _part(8)}, NONE, UPLOAD)
    assert caught.value.code == "EntityTooSmall"
    assert caught.value.fields == {
        "ProposedSize": "10",
        "MinSizeAllowed": "5242880",
        "PartNumber": "7",
        "ETag": "e",
    }


def test_composite_hashes_must_be_named_for_each_part():
    stored, choice = {1: _part(1, value=b"s" * 32)}, ChecksumChoice("SHA256", "COMPOSITE")
    good = {"SHA256": checksum.encode(b"s" * 32)}
    assert multipart_rules.chosen_parts(_asked(1, sums=good), stored, choice, UPLOAD)
    with pytest.raises(S3Error) as caught:
        multipart_rules.chosen_parts(_asked(1), stored, choice, UPLOAD)
    assert caught.value.message == (
        "The upload was created using a sha256 checksum. The complete request must include the checksum for each part."
        " It was missing for part 1 in the request."
    )
    wrong = {"SHA256": checksum.encode(b"x" * 32)}
    with pytest.raises(S3Error) as caught:
        multipart_rules.chosen_parts(_asked(1, sums=wrong), stored, choice, UPLOAD)
    assert caught.value.code == "InvalidPart"


def _document(inside):
    root = xml_in.parse(b"<CompleteMultipartUpload>%b</CompleteMultipartUpload>" % inside, "CompleteMultipartUpload")
    return multipart_rules.parse_complete(root)


def test_document():
    part = b"<Part><ETag>%b</ETag><PartNumber>2</PartNumber><ChecksumCRC32>AAAA</ChecksumCRC32></Part>"
    for etag in (b"abc", b'"abc"', b"&quot;abc&quot;"):
        assert _document(part % etag) == [AskedPart(2, "abc", {"CRC32": "AAAA"})]
    bad = (b"", b"<Part><PartNumber>1</PartNumber></Part>", b"<Part><ETag>a</ETag></Part>")
    for inside in (*bad, b"<Part><ETag>a</ETag><PartNumber>x</PartNumber></Part>", part % b"a" * 10_001):
        with pytest.raises(S3Error) as caught:
            _document(inside)
        assert caught.value.code == "MalformedXML"


def test_size_header():
    multipart_rules.check_object_size(None, 12)
    multipart_rules.check_object_size("12", 12)
    with pytest.raises(S3Error) as caught:
        multipart_rules.check_object_size("10", 12)
    assert caught.value.message == (
        "The provided 'x-amz-mp-object-size' header value 10 does not match what was computed: 12"
    )
    with pytest.raises(S3Error) as caught:
        multipart_rules.check_object_size(None, 5 * 1024**4 + 1)
    assert caught.value.code == "EntityTooLarge"


def test_same_list_has_the_same_digest():
    assert multipart_rules.parts_digest(_asked(1, 2)) == multipart_rules.parts_digest(_asked(1, 2))
    assert multipart_rules.parts_digest(_asked(1, 2)) != multipart_rules.parts_digest(_asked(12))
