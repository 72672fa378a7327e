"""Server-side encryption end to end: SSE-S3, bucket defaults, customer keys over TLS, and what lies on the disk."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.s3_store import S3Store, store_settings
from photoncloud.testkit.tls import Authority, Issued

SIZES = (0, 1, 65_535, 65_536, 65_537, 1_048_576 + 17)
MARK = b"a-plain-text-nobody-may-find-on-the-disk"
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NEEDS_KEY = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve"
    " the object."
)


def customer(key: bytes = KEY, *, source: bool = False) -> dict[str, Any]:
    """The parameters of a customer key; boto3 adds its MD5."""
    prefix = "CopySourceSSECustomer" if source else "SSECustomer"
    return {f"{prefix}Algorithm": "AES256", f"{prefix}Key": key}


def body_of(size: int) -> bytes:
    return (MARK * (size // len(MARK) + 1))[:size]


def refused(code: str, call: Callable[..., Any], **arguments: Any) -> str:
    """The message of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return Authority(tmp_path_factory.mktemp("tls")).issue()


@pytest.fixture(scope="module")
def store(start_store: Any, issued: Issued) -> Iterator[S3Store]:
    tls = {"s3_tls_addr": "127.0.0.1:0", "tls_cert_file": str(issued.cert_file), "tls_key_file": str(issued.key_file)}
    with start_store(server=tls) as running:
        yield running


@pytest.fixture(scope="module")
def s3(store: S3Store) -> Any:
    """Over plain HTTP."""
    return store.client()


@pytest.fixture(scope="module")
def secure(store: S3Store, issued: Issued) -> Any:
    """Over TLS: where customer keys may travel."""
    endpoint = store.process.url("s3-tls", scheme="https")
    return store.client(endpoint=endpoint, verify=str(issued.ca_file))


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="sealed")
    return "sealed"


# SSE-S3.


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_comes_back(s3: Any, bucket: str, size: int) -> None:
    body = body_of(size)
    put = s3.put_object(Bucket=bucket, Key=f"s3-{size}", Body=body, ServerSideEncryption="AES256")
    assert put["ServerSideEncryption"] == "AES256"
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key=f"s3-{size}", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ServerSideEncryption"], got["ContentLength"]) == (body, "AES256", size)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (65_530, 65_540), (100_000, 199_999), (1_048_570, 1_048_592)])
def test_ranges_open_whole_frames(s3: Any, secure: Any, bucket: str, first: int, last: int) -> None:
    body = os.urandom(1_048_576 + 17)
    s3.put_object(Bucket=bucket, Key="range", Body=body, ServerSideEncryption="AES256")
    secure.put_object(Bucket=bucket, Key="range-c", Body=body, **customer())
    of = {"Bucket": bucket, "Range": f"bytes={first}-{last}"}
    assert s3.get_object(Key="range", **of)["Body"].read() == body[first : last + 1]
    assert secure.get_object(Key="range-c", **of, **customer())["Body"].read() == body[first : last + 1]


def test_nothing_of_the_plain_text_is_on_the_disk(tmp_path: Path) -> None:
    """Inline and as a blob, by request and by the bucket's default; and the same text unencrypted can be found."""

    def is_on_disk() -> bool:
        files = [file for part in ("data", "meta") for file in (tmp_path / part).rglob("*") if file.is_file()]
        return any(MARK[:20] in file.read_bytes() for file in files)

    with blocking_server("lightningstor", tmp_path, settings=store_settings(tmp_path)) as process:
        s3 = S3Store(process).client()
        s3.create_bucket(Bucket="asked")
        s3.create_bucket(Bucket="default")
        default_encryption(s3, "default")
        for size in (100, 5000, 200_000):
            s3.put_object(Bucket="asked", Key=f"{size}", Body=body_of(size), ServerSideEncryption="AES256")
            s3.put_object(Bucket="default", Key=f"{size}", Body=body_of(size))
    assert not is_on_disk()
    with blocking_server("lightningstor", tmp_path, settings=store_settings(tmp_path)) as process:
        s3 = S3Store(process).client()
        for size in (100, 5000, 200_000):
            assert s3.get_object(Bucket="default", Key=f"{size}")["Body"].read() == body_of(size)
        s3.put_object(Bucket="asked", Key="plain", Body=body_of(200_000))
    assert is_on_disk()


def default_encryption(s3: Any, bucket: str, algorithm: str = "AES256") -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_a_bucket_encrypts_by_default(s3: Any) -> None:
    s3.create_bucket(Bucket="by-default")
    absent = "ServerSideEncryptionConfigurationNotFoundError"
    refused(absent, s3.get_bucket_encryption, Bucket="by-default")
    default_encryption(s3, "by-default")
    found = s3.get_bucket_encryption(Bucket="by-default")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.put_object(Bucket="by-default", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
    upload = s3.create_multipart_upload(Bucket="by-default", Key="parts")
    assert upload["ServerSideEncryption"] == "AES256"
    s3.abort_multipart_upload(Bucket="by-default", Key="parts", UploadId=upload["UploadId"])
    s3.delete_bucket_encryption(Bucket="by-default")
    assert "ServerSideEncryption" not in s3.put_object(Bucket="by-default", Key="k2", Body=b"x")
    assert s3.get_object(Bucket="by-default", Key="k")["Body"].read() == b"x"


def test_unknown_algorithms(s3: Any, bucket: str) -> None:
    of = {"Bucket": bucket, "Key": "refused", "Body": b"x"}
    refused("NotImplemented", s3.put_object, **of, ServerSideEncryption="aws:kms")
    refused("InvalidEncryptionAlgorithmError", s3.put_object, **of, ServerSideEncryption="ROT13")
    with pytest.raises(ClientError, match="NotImplemented"):
        default_encryption(s3, bucket, "aws:kms")
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="refused")


# Customer keys.


@pytest.mark.parametrize("size", SIZES)
def test_only_who_brings_the_key_reads(secure: Any, bucket: str, size: int) -> None:
    body = body_of(size)
    of = {"Bucket": bucket, "Key": f"c-{size}"}
    put = secure.put_object(**of, Body=body, **customer())
    md5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
    assert (put["SSECustomerAlgorithm"], put["SSECustomerKeyMD5"]) == ("AES256", md5)
    assert put["ETag"] != f'"{hashlib.md5(body).hexdigest()}"'
    got = secure.get_object(**of, **customer())
    assert (got["Body"].read(), got["SSECustomerKeyMD5"], got["ETag"]) == (body, md5, put["ETag"])
    assert secure.head_object(**of, **customer())["ContentLength"] == size
    assert refused("InvalidRequest", secure.get_object, **of) == NEEDS_KEY
    refused("AccessDenied", secure.get_object, **of, **customer(OTHER_KEY))
    refused("400", secure.head_object, **of)
    refused("403", secure.head_object, **of, **customer(OTHER_KEY))


def test_customer_keys_travel_over_tls_only(s3: Any, secure: Any, bucket: str) -> None:
    message = (
        "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection."
    )
    assert refused("InvalidRequest", s3.put_object, Bucket=bucket, Key="plain", Body=b"x", **customer()) == message
    secure.put_object(Bucket=bucket, Key="tls", Body=b"x", **customer())
    assert refused("InvalidRequest", s3.get_object, Bucket=bucket, Key="tls", **customer()) == message
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="plain")


def test_an_operator_may_trust_the_network(start_store: Any) -> None:
    with start_store(sse={"c_require_tls": False}) as store:
        s3 = store.client()
        s3.create_bucket(Bucket="trusting")
        s3.put_object(Bucket="trusting", Key="k", Body=b"x", **customer())
        assert s3.get_object(Bucket="trusting", Key="k", **customer())["Body"].read() == b"x"


def test_incomplete_and_wrong_keys(secure: Any, bucket: str) -> None:
    """boto3 would fill in what is missing, so the fields are written by hand."""
    md5 = base64.b64encode(hashlib.md5(KEY).digest()).decode()
    right = {"algorithm": "AES256", "key": base64.b64encode(KEY).decode(), "key-MD5": md5}
    wrong = {
        "no key": ({"algorithm": "AES256", "key-MD5": md5}, "InvalidArgument"),
        "no MD5": ({"algorithm": "AES256", "key": right["key"]}, "InvalidArgument"),
        "short key": ({**right, "key": base64.b64encode(b"short").decode()}, "InvalidArgument"),
        "no base64": ({**right, "key": "!" * 44}, "InvalidArgument"),
        "wrong MD5": ({**right, "key-MD5": base64.b64encode(hashlib.md5(b"x").digest()).decode()}, "InvalidArgument"),
        "unknown algorithm": ({**right, "algorithm": "DES"}, "InvalidEncryptionAlgorithmError"),
    }
    for what, (fields, code) in wrong.items():

        def add(params: dict[str, Any], fields: dict[str, str] = fields, **_: Any) -> None:
            for name, value in fields.items():
                params["headers"][f"x-amz-server-side-encryption-customer-{name}"] = value

        secure.meta.events.register_last("before-call.s3.PutObject", add, unique_id="sse")
        try:
            with pytest.raises(ClientError) as caught:
                secure.put_object(Bucket=bucket, Key="wrong", Body=b"x")
        finally:
            secure.meta.events.unregister("before-call.s3.PutObject", unique_id="sse")
        assert caught.value.response["Error"]["Code"] == code, what


def test_a_key_for_a_plain_object_and_both_kinds_at_once(secure: Any, bucket: str) -> None:
    secure.put_object(Bucket=bucket, Key="plain-object", Body=b"x")
    message = refused("InvalidRequest", secure.get_object, Bucket=bucket, Key="plain-object", **customer())
    assert message == "The encryption parameters are not applicable to this object."
    both = {"ServerSideEncryption": "AES256", **customer()}
    with pytest.raises(ClientError, match="InvalidArgument"):
        secure.put_object(Bucket=bucket, Key="both", Body=b"x", **both)


@pytest.mark.parametrize("sealed", ["s3", "c"])
def test_multipart(secure: Any, bucket: str, sealed: str) -> None:
    """Parts of a blob's and of an inline size, a copied part, read whole, by range and by part."""
    own = customer() if sealed == "c" else {}
    options = own or {"ServerSideEncryption": "AES256"}
    key = f"parts-{sealed}"
    upload = secure.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]
    of = {"Bucket": bucket, "Key": key, "UploadId": upload}
    bodies = [os.urandom(5 << 20), os.urandom(5 << 20), b"tail"]
    secure.put_object(Bucket=bucket, Key="part-source", Body=bodies[1], ServerSideEncryption="AES256")
    first = secure.upload_part(**of, PartNumber=1, Body=bodies[0], **own)["ETag"]
    source = {"Bucket": bucket, "Key": "part-source"}
    second = secure.upload_part_copy(**of, PartNumber=2, CopySource=source, **own)["CopyPartResult"]["ETag"]
    third = secure.upload_part(**of, PartNumber=3, Body=bodies[2], **own)["ETag"]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate((first, second, third), 1)]
    secure.complete_multipart_upload(**of, MultipartUpload={"Parts": parts})
    whole = b"".join(bodies)
    got = secure.get_object(Bucket=bucket, Key=key, **own)
    assert got["Body"].read() == whole
    assert got.get("ServerSideEncryption") == (None if own else "AES256")
    span = {"Range": f"bytes={(5 << 20) - 3}-{(10 << 20) + 1}"}
    assert (
        secure.get_object(Bucket=bucket, Key=key, **span, **own)["Body"].read() == whole[(5 << 20) - 3 : (10 << 20) + 2]
    )
    assert secure.get_object(Bucket=bucket, Key=key, PartNumber=3, **own)["Body"].read() == b"tail"
    if own:
        refused("InvalidRequest", secure.get_object, Bucket=bucket, Key=key)


def test_parts_bring_the_key_of_their_upload(secure: Any, bucket: str) -> None:
    upload = secure.create_multipart_upload(Bucket=bucket, Key="keyed", **customer())["UploadId"]
    of = {"Bucket": bucket, "Key": "keyed", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    with pytest.raises(ClientError):
        secure.upload_part(**of)
    with pytest.raises(ClientError):
        secure.upload_part(**of, **customer(OTHER_KEY))
    secure.upload_part(**of, **customer())


@pytest.mark.parametrize("size", [100, 200_000])
@pytest.mark.parametrize("source", ["plain", "s3", "c"])
@pytest.mark.parametrize("target", ["plain", "s3", "c"])
def test_copies_from_each_kind_to_each(secure: Any, bucket: str, source: str, target: str, size: int) -> None:
    writing: dict[str, dict[str, Any]] = {
        "plain": {},
        "s3": {"ServerSideEncryption": "AES256"},
        "c": customer(OTHER_KEY),
    }
    body = os.urandom(size)
    secure.put_object(Bucket=bucket, Key="from", Body=body, **(customer() if source == "c" else writing[source]))
    opening = customer(source=True) if source == "c" else {}
    of = {"Bucket": bucket, "Key": "to", "CopySource": {"Bucket": bucket, "Key": "from"}}
    secure.copy_object(**of, **writing[target], **opening)
    reading = customer(OTHER_KEY) if target == "c" else {}
    got = secure.get_object(Bucket=bucket, Key="to", **reading)
    assert got["Body"].read() == body
    assert got.get("ServerSideEncryption") == ("AES256" if target == "s3" else None)
    if source == "c":
        with pytest.raises(ClientError):
            secure.copy_object(**of, **writing[target])
        refused("AccessDenied", secure.copy_object, **of, **writing[target], **customer(OTHER_KEY, source=True))


# Keys of the store.


def test_another_master_key_opens_nothing(tmp_path: Path) -> None:
    """A lost master key is told as damage; plain objects stay readable, and no wrong byte is ever sent."""
    with blocking_server("lightningstor", tmp_path, settings=store_settings(tmp_path)) as process:
        s3 = S3Store(process).client()
        s3.create_bucket(Bucket="lost")
        s3.put_object(Bucket="lost", Key="sealed", Body=body_of(200_000), ServerSideEncryption="AES256")
        s3.put_object(Bucket="lost", Key="plain", Body=b"plain")
        assert any("keep a copy" in str(record) for record in process.events("key_file_created"))
    master = tmp_path / "meta" / "sse-master.key"
    assert master.stat().st_mode & 0o777 == 0o600
    kept = master.read_bytes()
    assert len(bytes.fromhex(kept.decode().strip())) == 32
    master.write_text("ab" * 32 + "\n")
    with blocking_server("lightningstor", tmp_path, settings=store_settings(tmp_path)) as process:
        s3 = S3Store(process).client()
        refused("InternalError", s3.get_object, Bucket="lost", Key="sealed")
        assert s3.get_object(Bucket="lost", Key="plain")["Body"].read() == b"plain"
    master.write_bytes(kept)
    with blocking_server("lightningstor", tmp_path, settings=store_settings(tmp_path)) as process:
        s3 = S3Store(process).client()
        assert s3.get_object(Bucket="lost", Key="sealed")["Body"].read() == body_of(200_000)


def test_no_key_in_any_log(store: S3Store, secure: Any, bucket: str) -> None:
    with pytest.raises(ClientError):
        secure.get_object(Bucket=bucket, Key="no-such-object", **customer())
    log = "\n".join(store.process.lines + store.process.errors)
    for secret in (base64.b64encode(KEY).decode(), KEY.decode(), base64.b64encode(OTHER_KEY).decode()):
        assert secret not in log


def test_a_switch_takes_no_promise_back(tmp_path: Path) -> None:
    """With the feature off nobody may ask for encryption; what was sealed opens, and defaults go on sealing."""
    with blocking_server("lightningstor", tmp_path, settings=store_settings(tmp_path)) as process:
        s3 = S3Store(process).client()
        s3.create_bucket(Bucket="off")
        s3.create_bucket(Bucket="sealing")
        s3.put_object(Bucket="off", Key="sealed", Body=MARK, ServerSideEncryption="AES256")
        default_encryption(s3, "sealing")
    settings = store_settings(tmp_path, features={"sse": False})
    with blocking_server("lightningstor", tmp_path, settings=settings) as process:
        s3 = S3Store(process).client()
        refused("NotImplemented", s3.put_object, Bucket="off", Key="k", Body=b"x", ServerSideEncryption="AES256")
        with pytest.raises(ClientError, match="NotImplemented"):
            default_encryption(s3, "off")
        assert s3.get_object(Bucket="off", Key="sealed")["Body"].read() == MARK
        assert s3.put_object(Bucket="sealing", Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
        s3.delete_bucket_encryption(Bucket="sealing")
        assert "ServerSideEncryption" not in s3.put_object(Bucket="sealing", Key="k", Body=b"x")
