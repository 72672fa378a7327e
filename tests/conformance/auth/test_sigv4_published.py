"""The worked examples of the Amazon S3 API reference: same requests, same signatures."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from photoncloud.backends.auth.iam import sigv4
from photoncloud.backends.auth.iam.access_keys import EXAMPLE_ID, EXAMPLE_SECRET
from photoncloud.backends.auth.iam.chunk_signature import ChunkSignatureChain
from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.signing_key import derive_signing_key

NOW_NS = int(datetime(2013, 5, 24, tzinfo=UTC).timestamp()) * 10**9
RULES = sigv4.SigV4Rules(region="us-east-1")
KEY = derive_signing_key(EXAMPLE_SECRET, "20130524", "us-east-1", "s3")
HOST = ("host", "examplebucket.s3.amazonaws.com")
DATE = ("x-amz-date", "20130524T000000Z")
EMPTY = hashlib.sha256(b"").hexdigest()


def signed_request(
    method: str, path: str, query: str, headers: list[tuple[str, str]], signed: str, signature: str
) -> sigv4.SignedRequest:
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={EXAMPLE_ID}/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={signed},Signature={signature}"
    )
    fields = [*headers, ("authorization", authorization)]
    return sigv4.SignedRequest(
        method.encode(), path.encode(), query.encode(), [(name.encode(), value.encode()) for name, value in fields]
    )


EXAMPLES = {
    "get object with a range": (
        "GET",
        "/test.txt",
        "",
        [HOST, DATE, ("range", "bytes=0-9"), ("x-amz-content-sha256", EMPTY)],
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "put object, a path that needs encoding": (
        "PUT",
        "/test%24file.text",
        "",
        [
            HOST,
            DATE,
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ("x-amz-content-sha256", hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()),
        ],
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "bucket lifecycle, a parameter without value": (
        "GET",
        "/",
        "lifecycle",
        [HOST, DATE, ("x-amz-content-sha256", EMPTY)],
        "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "list objects": (
        "GET",
        "/",
        "max-keys=2&prefix=J",
        [HOST, DATE, ("x-amz-content-sha256", EMPTY)],
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_header_examples(name: str) -> None:
    parsed = sigv4.parse(signed_request(*EXAMPLES[name]), RULES, NOW_NS)
    assert parsed is not None
    assert sigv4.verify(parsed, KEY) == KEY


def test_presigned_example() -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = sigv4.SignedRequest(b"GET", b"/test.txt", query.encode(), [(HOST[0].encode(), HOST[1].encode())])
    parsed = sigv4.parse(request, RULES, NOW_NS + 86_399 * 10**9)
    assert parsed is not None
    assert parsed.mechanism is sigv4.Mechanism.QUERY
    assert (parsed.expires_sec, parsed.payload_hash) == (86400, b"UNSIGNED-PAYLOAD")
    sigv4.verify(parsed, KEY)


CHUNK_HEADERS = [
    ("host", "s3.amazonaws.com"),
    DATE,
    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ("content-encoding", "aws-chunked"),
    ("x-amz-decoded-content-length", "66560"),
]


def streaming_request(payload: str, headers: list[tuple[str, str]], seed: str) -> sigv4.ParsedSignature:
    fields = [*CHUNK_HEADERS, *headers, ("x-amz-content-sha256", payload)]
    signed = ";".join(sorted(name for name, _ in fields))
    request = signed_request("PUT", "/examplebucket/chunkObject.txt", "", fields, signed, seed)
    parsed = sigv4.parse(request, RULES, NOW_NS)
    assert parsed is not None
    sigv4.verify(parsed, KEY)
    return parsed


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def test_chunked_upload_example() -> None:
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    parsed = streaming_request("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", [("content-length", "66824")], seed)
    chain = ChunkSignatureChain(parsed, KEY)
    chain.verify_chunk(b"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", sha256(b"a" * 65536))
    chain.verify_chunk(b"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", sha256(b"a" * 1024))
    chain.verify_chunk(b"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", sha256(b""))


def test_chunked_upload_with_trailer_example() -> None:
    seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    headers = [("x-amz-trailer", "x-amz-checksum-crc32c")]
    parsed = streaming_request("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", headers, seed)
    chain = ChunkSignatureChain(parsed, KEY)
    chain.verify_chunk(b"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", sha256(b"a" * 65536))
    chain.verify_chunk(b"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", sha256(b"a" * 1024))
    chain.verify_chunk(b"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992", sha256(b""))
    trailer = b"x-amz-checksum-crc32c:sOO8/Q==\n"
    with pytest.raises(SigV4Error):
        ChunkSignatureChain(parsed, KEY).verify_trailer(b"0" * 64, trailer)
    chain.verify_trailer(b"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435", trailer)
