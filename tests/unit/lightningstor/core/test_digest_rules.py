"""Every digest rule of the specification (4.4) as rows: headers in, verdict out; precedence by pairs of faults."""

import hashlib

import pytest

from photoncloud.lightningstor.core.checksum import encode
from photoncloud.lightningstor.core.digest_rules import (
    NO_DEMANDS,
    Demands,
    Promise,
    read_demands,
    trailer_value,
    verify,
    wanted,
)
from photoncloud.lightningstor.errors import S3Error

MULTIPLE = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
SINGLE = "Expecting a single x-amz-checksum- header"
UNKNOWN = "The algorithm type you specified in x-amz-checksum- header is invalid."
SDK_ALONE = (
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
)
SDK_OTHER = "Value for x-amz-sdk-checksum-algorithm header is invalid."
TRAILER = "The value specified in the x-amz-trailer header is not supported"
UNSIGNED = "streaming-unsigned-trailer"

BODY = b"123456789"
CRC32, CRC32C = "y/Q5Jg==", "4waSgw=="
SHA256 = encode(hashlib.sha256(BODY).digest())
MD5 = hashlib.md5(BODY).digest()
C32, C32C, S256 = "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-sha256"


def read(headers, mode="hash"):
    pairs = tuple((name.encode(), value.encode("latin-1")) for name, value in headers)
    fields = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return read_demands(fields, pairs, mode)


ACCEPTED = [
    ([], "hash", NO_DEMANDS),
    ([("content-type", "text/plain"), ("x-amz-meta-x", "1")], "unsigned", NO_DEMANDS),
    ([(C32, CRC32)], "hash", Demands(algorithm="CRC32", value=bytes.fromhex("cbf43926"))),
    ([("content-md5", encode(MD5))], "hash", Demands(MD5, encode(MD5))),
    ([(C32, CRC32), ("x-amz-sdk-checksum-algorithm", "crc32")], "hash", Demands(None, "", "CRC32", b"\xcb\xf49&")),
    ([(C32, CRC32), ("x-amz-sdk-checksum-algorithm", "CRC32")], "hash", Demands(None, "", "CRC32", b"\xcb\xf49&")),
    # not algorithms, tolerated beside one and alone
    ([("x-amz-checksum-type", "FULL_OBJECT"), (C32, CRC32)], "hash", Demands(None, "", "CRC32", b"\xcb\xf49&")),
    ([("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-mode", "ENABLED")], "hash", NO_DEMANDS),
    # trailers
    ([("x-amz-trailer", C32)], UNSIGNED, Demands(algorithm="CRC32", trailer=C32)),
    ([("x-amz-trailer", C32)], "streaming-signed-trailer", Demands(algorithm="CRC32", trailer=C32)),
    ([("x-amz-trailer", "X-Amz-Checksum-CRC32")], UNSIGNED, Demands(algorithm="CRC32", trailer=C32)),
    ([("x-amz-trailer", C32 + ",")], UNSIGNED, Demands(algorithm="CRC32", trailer=C32)),
    ([("x-amz-trailer", C32 + ",,")], UNSIGNED, Demands(algorithm="CRC32", trailer=C32)),
    ([("x-amz-trailer", C32 + ", ")], UNSIGNED, Demands(algorithm="CRC32", trailer=C32)),
    ([("x-amz-trailer", "")], UNSIGNED, NO_DEMANDS),
    (
        [("x-amz-trailer", C32), ("x-amz-sdk-checksum-algorithm", "Crc32")],
        UNSIGNED,
        Demands(None, "", "CRC32", None, C32),
    ),
]


@pytest.mark.parametrize(("headers", "mode", "expected"), ACCEPTED)
def test_well_formed_promises(headers, mode, expected):
    assert read(headers, mode) == expected


REFUSED = [
    # Content-MD5 that is not base64 of 16 bytes
    ([("content-md5", "garbage")], "hash", "InvalidDigest", None, {"Content-MD5": "garbage"}),
    ([("content-md5", "")], "hash", "InvalidDigest", None, {"Content-MD5": ""}),
    ([("content-md5", CRC32)], "hash", "InvalidDigest", None, {"Content-MD5": CRC32}),
    ([("content-md5", MD5.hex())], "hash", "InvalidDigest", None, {"Content-MD5": MD5.hex()}),
    # rule 1: several, also when they are wrong or disagree with the SDK header
    ([(C32, CRC32), (C32C, CRC32C)], "hash", "InvalidRequest", MULTIPLE, {}),
    ([(C32, CRC32), (C32, CRC32)], "hash", "InvalidRequest", MULTIPLE, {}),
    ([(C32, "x"), (C32C, "y"), ("x-amz-sdk-checksum-algorithm", "md5")], "hash", "InvalidRequest", MULTIPLE, {}),
    ([("x-amz-trailer", f"{C32},{C32C}")], UNSIGNED, "InvalidRequest", MULTIPLE, {}),
    ([("x-amz-trailer", f"{C32}, {C32}")], UNSIGNED, "InvalidRequest", MULTIPLE, {}),
    ([("x-amz-trailer", C32), ("x-amz-trailer", C32C)], UNSIGNED, "InvalidRequest", MULTIPLE, {}),
    ([(C32, CRC32), ("x-amz-trailer", f"{C32}, {C32C}")], "hash", "InvalidRequest", MULTIPLE, {}),
    ([(C32, CRC32), (S256, SHA256), ("x-amz-trailer", C32)], "hash", "InvalidRequest", MULTIPLE, {}),
    # rule 2: header and trailer, even on a payload that cannot have trailers
    ([(C32, CRC32), ("x-amz-trailer", C32C)], UNSIGNED, "InvalidRequest", SINGLE, {}),
    ([(C32, CRC32), ("x-amz-trailer", C32)], "hash", "InvalidRequest", SINGLE, {}),
    # rule 3: unknown algorithm
    ([("x-amz-checksum-crc128", "AAAA")], "hash", "InvalidRequest", UNKNOWN, {}),
    ([("x-amz-checksum-", "AAAA")], "hash", "InvalidRequest", UNKNOWN, {}),
    # rule 4: the SDK header without a value, or with another algorithm
    ([("x-amz-sdk-checksum-algorithm", "crc32")], "hash", "InvalidRequest", SDK_ALONE, {}),
    ([("x-amz-sdk-checksum-algorithm", "")], "hash", "InvalidRequest", SDK_ALONE, {}),
    ([(C32, CRC32), ("x-amz-sdk-checksum-algorithm", "sha256")], "hash", "InvalidRequest", SDK_OTHER, {}),
    ([(C32, CRC32), ("x-amz-sdk-checksum-algorithm", "nonsense")], "hash", "InvalidRequest", SDK_OTHER, {}),
    ([("x-amz-trailer", C32), ("x-amz-sdk-checksum-algorithm", "crc32c")], UNSIGNED, "InvalidRequest", SDK_OTHER, {}),
    # rule 5: bad value
    ([(C32, "garbage")], "hash", "InvalidRequest", f"Value for {C32} header is invalid.", {}),
    ([(C32, "")], "hash", "InvalidRequest", f"Value for {C32} header is invalid.", {}),
    ([(S256, CRC32)], "hash", "InvalidRequest", f"Value for {S256} header is invalid.", {}),
    # rule 7: a trailer where none can be
    ([("x-amz-trailer", C32)], "hash", "MalformedTrailerError", None, {}),
    ([("x-amz-trailer", C32)], "unsigned", "MalformedTrailerError", None, {}),
    ([("x-amz-trailer", C32)], "streaming-signed", "MalformedTrailerError", None, {}),
    # what may be announced
    ([("x-amz-trailer", "," + C32)], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", ", " + C32)], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", C32 + ", ,")], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", f", {C32}, ,")], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", "x-amz-content-sha256")], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", "content-md5")], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", "x-amz-checksum-bad")], UNSIGNED, "InvalidRequest", TRAILER, {}),
    ([("x-amz-trailer", f"{C32}, x-amz-checksum-bad")], UNSIGNED, "InvalidRequest", TRAILER, {}),
    # precedence 2 before 3
    ([("content-md5", "garbage"), (C32, "garbage")], "hash", "InvalidDigest", None, {"Content-MD5": "garbage"}),
]


@pytest.mark.parametrize(("headers", "mode", "code", "message", "fields"), REFUSED)
def test_broken_promises_are_refused_before_the_body(headers, mode, code, message, fields):
    with pytest.raises(S3Error) as refused:
        read(headers, mode)
    assert (refused.value.code, refused.value.message, refused.value.fields) == (code, message, fields)


def digests(body=BODY):
    import zlib

    return {
        "SHA256": hashlib.sha256(body).digest(),
        "MD5": hashlib.md5(body).digest(),
        "CRC32": zlib.crc32(body).to_bytes(4, "big"),
    }


GOOD_SHA = Promise(hashlib.sha256(BODY).digest(), hashlib.sha256(BODY).hexdigest())
BAD_SHA = Promise(bytes(32), "00" * 32)
BAD_MD5 = Demands(bytes(16), encode(bytes(16)))


def refusal(demands, promise=None, trailers=None, **kwargs):
    with pytest.raises(S3Error) as refused:
        verify(demands, promise, digests(), trailers or {}, **kwargs)
    return refused.value


def test_wrong_sha256():
    error = refusal(NO_DEMANDS, BAD_SHA)
    assert error.code == "XAmzContentSHA256Mismatch"
    assert error.fields == {
        "ClientComputedContentSHA256": "00" * 32,
        "S3ComputedContentSHA256": hashlib.sha256(BODY).hexdigest(),
    }


def test_wrong_md5_of_an_object_is_shown_in_hex():
    error = refusal(BAD_MD5)
    assert (error.code, error.fields) == ("BadDigest", {"ExpectedDigest": "00" * 16, "CalculatedDigest": encode(MD5)})


def test_wrong_md5_of_a_document_is_shown_as_sent():
    error = refusal(BAD_MD5, is_document=True)
    assert error.fields["ExpectedDigest"] == encode(bytes(16))


def test_wrong_checksum_names_the_algorithm_and_nothing_else():
    error = refusal(Demands(algorithm="CRC32", value=bytes(4)))
    assert error.code == "BadDigest"
    assert error.message == "The CRC32 you specified did not match the calculated checksum."
    assert error.fields == {}


def test_wrong_trailer_checksum():
    error = refusal(Demands(algorithm="CRC32", trailer=C32), trailers={C32: "AAAAAA=="})
    assert (error.code, error.message) == (
        "BadDigest",
        "The CRC32 you specified did not match the calculated checksum.",
    )


def test_invalid_trailer_value_is_not_echoed():
    error = refusal(Demands(algorithm="CRC32", trailer=C32), trailers={C32: "not-base-64"})
    assert error.code == "InvalidRequest"
    assert error.message == "Value for x-amz-checksum-crc32 trailing header is invalid."
    assert "not-base-64" not in repr(error.fields)


@pytest.mark.parametrize(
    ("demands", "promise", "code"),
    [
        (Demands(bytes(16), encode(bytes(16)), "CRC32", bytes(4)), BAD_SHA, "XAmzContentSHA256Mismatch"),
        (Demands(None, "", "CRC32", bytes(4)), BAD_SHA, "XAmzContentSHA256Mismatch"),
    ],
)
def test_sha256_is_judged_first(demands, promise, code):
    assert refusal(demands, promise).code == code


def test_md5_is_judged_before_the_checksum():
    error = refusal(Demands(bytes(16), encode(bytes(16)), "CRC32", bytes(4)), GOOD_SHA)
    assert "ExpectedDigest" in error.fields


def test_everything_right_returns_the_checksum():
    demands = Demands(MD5, encode(MD5), "CRC32", bytes.fromhex("cbf43926"))
    assert verify(demands, GOOD_SHA, digests(), {}) == bytes.fromhex("cbf43926")
    assert verify(Demands(algorithm="CRC32", trailer=C32), None, digests(), {C32: CRC32}) == bytes.fromhex("cbf43926")
    assert verify(NO_DEMANDS, GOOD_SHA, digests(), {}) is None


def test_an_empty_promise_never_matches():
    assert refusal(NO_DEMANDS, Promise(b"", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")).fields[
        "ClientComputedContentSHA256"
    ] == ("STREAMING-UNSIGNED-PAYLOAD-TRAILER")


def test_what_must_be_computed():
    assert wanted(NO_DEMANDS, None) == frozenset()
    assert wanted(Demands(MD5, "", "CRC32C", b""), GOOD_SHA) == {"MD5", "CRC32C", "SHA256"}


def test_trailer_value_is_strict():
    assert trailer_value(C32, CRC32) == bytes.fromhex("cbf43926")
    with pytest.raises(S3Error):
        trailer_value(C32, CRC32 + " ")
