"""Payload integrity through a real server: signed streams, forms, damage, a full disk, clients that vanish.

The wire bytes are made here, independently of the server: `testkit.s3_client` signs heads, `Stream` signs chunks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import os
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions
import pytest

from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.disk import can_mount, fill, flip, small_filesystem
from photoncloud.testkit.process import ServerProcess
from photoncloud.testkit.s3_client import S3Client
from photoncloud.testkit.tls import Authority

ACCESS_KEY = "AKIATESTTESTTESTTEST"
SECRET_KEY = "payloadTestsSecretKey123456789abcdefABCD"
BUCKET = "payload-bucket"
DATA = os.urandom(300_000)
CRC = "x-amz-checksum-crc32"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


class Store:
    """A running server and how to speak to it: with a client library, or byte by byte."""

    def __init__(self, process: ServerProcess, data_dir: Path, authority: Authority) -> None:
        self.process = process
        self.data_dir = data_dir
        self._authority = authority
        self._signer = S3Client(process.url("s3"), ACCESS_KEY, SECRET_KEY)
        self.client = self.boto(process.url("s3"))

    def boto(self, endpoint: str):
        return boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            verify=str(self._authority.ca_file),
            config=botocore.config.Config(retries={"max_attempts": 0}, signature_version="s3v4"),
        )

    @property
    def tls_client(self):
        return self.boto(f"https://localhost:{self.process.port('s3-tls')}")

    def head(self, key: str, headers: dict[str, str], length: int) -> tuple[bytes, str, str]:
        """A signed request head, its signature and time."""
        target, fields = self._signer.signed("PUT", BUCKET, key, {}, headers, b"")
        lines = [f"PUT {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        signature = fields["authorization"].rpartition("Signature=")[2]
        raw = "\r\n".join([*lines, f"content-length: {length}", "", ""]).encode()
        return raw, signature, fields["x-amz-date"]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.process.port("s3")), timeout=20)

    def send(self, head: bytes, body: bytes, step: int = 1 << 20) -> tuple[int, bytes]:
        with self.connect() as connection:
            connection.sendall(head)
            for at in range(0, len(body), step):
                connection.sendall(body[at : at + step])
            reply = http.client.HTTPResponse(connection, method="PUT")
            reply.begin()
            return reply.status, reply.read()

    def blob_files(self) -> set[str]:
        return {os.path.join(path, name) for path, _, names in os.walk(self.data_dir) for name in names}

    def is_absent(self, key: str) -> bool:
        try:
            self.client.head_object(Bucket=BUCKET, Key=key)
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] == "404"
        return False


class Stream:
    """A signed aws-chunked body for one request head."""

    def __init__(self, store: Store, key: str, data: bytes, *, chunk: int = 65536, trailer: str | None = None) -> None:
        mode = SIGNED + ("-TRAILER" if trailer else "")
        headers = {"x-amz-content-sha256": mode, "x-amz-decoded-content-length": str(len(data))}
        if trailer:
            headers["x-amz-trailer"] = CRC
        _, signature, stamp = store.head(key, headers, 0)
        # The signature covers neither Content-Length nor the body, so it is known before the body exists.
        self._scope = f"{stamp}\n{stamp[:8]}/us-east-1/s3/aws4_request"
        self._key = f"AWS4{SECRET_KEY}".encode()
        for word in (stamp[:8], "us-east-1", "s3", "aws4_request"):
            self._key = hmac.digest(self._key, word.encode(), "sha256")
        self._previous = signature
        pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
        self.body = b"".join(self._chunk(piece) for piece in [*pieces, b""])
        self.body += self._trailer(trailer) if trailer else b"\r\n"
        self.head, again, _ = store.head(key, headers, len(self.body))
        self.is_current = again == signature  # the clock's second may have turned between the two heads

    def _sign(self, kind: str, *parts: str) -> str:
        text = "\n".join([kind, self._scope, self._previous, *parts])
        self._previous = hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
        return self._previous

    def _chunk(self, data: bytes) -> bytes:
        empty = hashlib.sha256(b"").hexdigest()
        signature = self._sign("AWS4-HMAC-SHA256-PAYLOAD", empty, hashlib.sha256(data).hexdigest())
        return b"%x;chunk-signature=%s\r\n" % (len(data), signature.encode()) + (data + b"\r\n" if data else b"")

    def _trailer(self, value: str) -> bytes:
        canonical = hashlib.sha256(f"{CRC}:{value}\n".encode()).hexdigest()
        signature = self._sign("AWS4-HMAC-SHA256-TRAILER", canonical)
        return f"{CRC}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def stream(store: Store, key: str, data: bytes, **options) -> Stream:
    while not (made := Stream(store, key, data, **options)).is_current:
        pass
    return made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    authority = Authority(folder)
    pair = authority.issue()
    settings = {
        "server": {
            "s3_tls_addr": "127.0.0.1:0",
            "tls_cert_file": str(pair.cert_file),
            "tls_key_file": str(pair.key_file),
        },
        "storage": {"data_dir": str(folder / "data"), "min_free_bytes": 0},
        "metadata": {"path": str(folder / "meta")},
        "auth": {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
    }
    with blocking_server("lightningstor", folder, settings=settings) as process:
        store = Store(process, folder / "data", authority)
        store.client.create_bucket(Bucket=BUCKET)
        yield store


# Streams.


@pytest.mark.parametrize("size", [0, 1, 8192, 65536, len(DATA)])
@pytest.mark.parametrize("step", [1000, 1 << 20])
@pytest.mark.parametrize("has_trailer", [False, True])
def test_signed_streams_arrive(store, size, step, has_trailer):
    data = DATA[:size]
    made = stream(store, "stream", data, trailer=crc32(data) if has_trailer else None)
    status, body = store.send(made.head, made.body, step)
    assert (status, body) == (200, b"")
    assert store.client.get_object(Bucket=BUCKET, Key="stream")["Body"].read() == data


@pytest.mark.parametrize("has_trailer", [False, True])
@pytest.mark.parametrize("share", [0, 10, 45, 80, 99])
def test_a_changed_byte_is_refused_and_nothing_is_stored(store, has_trailer, share):
    made = stream(store, "tampered", DATA, trailer=crc32(DATA) if has_trailer else None)
    at = (len(made.body) - 5) * share // 100
    body = made.body[:at] + bytes([made.body[at] ^ 1]) + made.body[at + 1 :]
    before = store.blob_files()
    status, _ = store.send(made.head, body)
    assert status in (400, 403)
    assert store.is_absent("tampered")
    assert store.blob_files() == before


def test_chunks_in_another_order_are_refused(store):
    made = stream(store, "reordered", DATA, chunk=8192)
    unit = made.body.index(b"\r\n", 8192) + 2
    body = made.body[unit : 2 * unit] + made.body[:unit] + made.body[2 * unit :]
    assert store.send(made.head, body)[0] == 403
    assert store.is_absent("reordered")


@pytest.mark.parametrize("share", [0, 1, 30, 60, 99])
def test_clients_that_vanish_leave_nothing(store, share):
    before = store.blob_files()
    made = stream(store, "vanished", DATA)
    with store.connect() as connection:
        connection.sendall(made.head)
        connection.sendall(made.body[: (len(made.body) - 1) * share // 100])
    deadline = time.monotonic() + 20
    while store.blob_files() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert store.blob_files() == before
    assert store.is_absent("vanished")


def test_an_overwrite_that_fails_keeps_the_old_object(store):
    store.client.put_object(Bucket=BUCKET, Key="kept", Body=b"old")
    made = stream(store, "kept", DATA)
    assert store.send(made.head, made.body[:-40] + b"0" * 40)[0] in (400, 403)
    assert store.client.get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"old"


# Forms.


def form(fields: dict[str, str], data: bytes) -> tuple[str, bytes]:
    boundary = "----form" + os.urandom(8).hex()
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n\r\n'.encode()
    body = b"".join(parts) + head + data + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def post(store: Store, fields: dict[str, str], data: bytes) -> tuple[int, bytes]:
    content_type, body = form(fields, data)
    connection = http.client.HTTPConnection("127.0.0.1", store.process.port("s3"), timeout=20)
    try:
        connection.request("POST", f"/{BUCKET}", body, {"content-type": content_type})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize("size", [0, 10, len(DATA)])
def test_a_browser_upload(store, size):
    made = store.client.generate_presigned_post(
        BUCKET, "posted/${filename}", Conditions=[["content-length-range", 0, 1 << 20]]
    )
    assert post(store, made["fields"], DATA[:size]) == (204, b"")
    assert store.client.get_object(Bucket=BUCKET, Key="posted/f.bin")["Body"].read() == DATA[:size]


@pytest.mark.parametrize(
    ("change", "size", "code"),
    [
        ({"acl": "public-read"}, 10, b"AccessDenied"),
        ({"tagging": "<Tagging><TagSet/></Tagging>"}, 10, b"AccessDenied"),
        ({"key": "elsewhere"}, 10, b"AccessDenied"),
        ({"x-amz-signature": "0" * 64}, 10, b"SignatureDoesNotMatch"),
        ({"policy": base64.b64encode(b"{}").decode()}, 10, b"SignatureDoesNotMatch"),
        ({}, 101, b"EntityTooLarge"),
        ({}, 200_000, b"EntityTooLarge"),
        ({}, 4, b"EntityTooSmall"),
    ],
)
def test_forms_that_say_more_than_was_signed(store, change, size, code):
    made = store.client.generate_presigned_post(BUCKET, "refused", Conditions=[["content-length-range", 5, 100]])
    before = store.blob_files()
    status, body = post(store, {**made["fields"], **change}, DATA[:size])
    assert status in (400, 403)
    assert b"<Code>" + code + b"</Code>" in body
    assert store.is_absent("refused")
    assert store.is_absent("elsewhere")
    assert store.blob_files() == before


def test_a_form_without_policy_is_anonymous(store):
    status, body = post(store, {"key": "refused"}, b"x")
    assert status == 403
    assert b"AccessDenied" in body


# Encryption.


def test_server_side_encryption(store):
    before = store.blob_files()
    secret = b"plain text " * 30_000
    store.client.put_object(Bucket=BUCKET, Key="sse", Body=secret, ServerSideEncryption="AES256")
    (file,) = store.blob_files() - before
    assert b"plain text" not in Path(file).read_bytes()
    reply = store.client.get_object(Bucket=BUCKET, Key="sse", Range="bytes=65530-131080")
    assert reply["Body"].read() == secret[65530:131081]
    assert reply["ServerSideEncryption"] == "AES256"
    assert reply["ETag"] == f'"{hashlib.md5(secret).hexdigest()}"'


@pytest.mark.parametrize("size", [100, 200_000])
def test_customer_keys(store, size):
    client, key = store.tls_client, {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}
    client.put_object(Bucket=BUCKET, Key="ssec", Body=DATA[:size], **key)
    assert client.get_object(Bucket=BUCKET, Key="ssec", **key)["Body"].read() == DATA[:size]
    for arguments, code in [({}, "InvalidRequest"), ({**key, "SSECustomerKey": os.urandom(32)}, "AccessDenied")]:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            client.get_object(Bucket=BUCKET, Key="ssec", **arguments)
        assert refused.value.response["Error"]["Code"] == code


# Damage.


def test_a_flipped_bit_is_never_served_and_health_names_it(store):
    before = store.blob_files()
    store.client.put_object(Bucket=BUCKET, Key="rotten", Body=DATA)
    (file,) = store.blob_files() - before
    flip(Path(file), 1000)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        store.client.get_object(Bucket=BUCKET, Key="rotten")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    store.client.put_object(Bucket=BUCKET, Key="sound", Body=DATA)
    assert store.client.get_object(Bucket=BUCKET, Key="sound")["Body"].read() == DATA
    assert (store.data_dir / "quarantine").is_dir()
    assert len(list((store.data_dir / "quarantine").iterdir())) == 1


def test_damage_behind_the_first_chunk_cuts_the_answer_short(store):
    before = store.blob_files()
    store.client.put_object(Bucket=BUCKET, Key="rotten-later", Body=DATA * 10)
    (file,) = store.blob_files() - before
    flip(Path(file), 2_500_000)
    reply = store.client.get_object(Bucket=BUCKET, Key="rotten-later")
    got = b""
    with pytest.raises(Exception, match=r"(?i)incomplete|connection|broken|bytes expected"):  # noqa: PT012 - reads until it breaks
        while piece := reply["Body"].read(65536):
            got += piece
    assert (DATA * 10).startswith(got)
    assert len(got) <= 2_500_000


# A full disk.


def test_a_full_disk_answers_507_and_recovers(tmp_path):
    if not can_mount(tmp_path):
        pytest.skip("mounting is not allowed here")
    authority = Authority(tmp_path)
    with small_filesystem(tmp_path / "disk", 32 << 20) as disk:
        settings = {
            "storage": {"data_dir": str(disk / "data"), "min_free_bytes": 0},
            "metadata": {"path": str(tmp_path / "meta")},
            "auth": {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
        }
        with blocking_server("lightningstor", tmp_path, settings=settings) as process:
            store = Store(process, disk / "data", authority)
            store.client.create_bucket(Bucket=BUCKET)
            store.client.put_object(Bucket=BUCKET, Key="before", Body=DATA)
            ballast = fill(disk, leave_bytes=100_000)
            with pytest.raises(botocore.exceptions.ClientError) as refused:
                store.client.put_object(Bucket=BUCKET, Key="during", Body=DATA)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 507
            assert store.client.get_object(Bucket=BUCKET, Key="before")["Body"].read() == DATA
            store.client.delete_object(Bucket=BUCKET, Key="before")
            assert store.is_absent("during")
            ballast.unlink()
            deadline = time.monotonic() + 10
            while True:
                try:
                    store.client.put_object(Bucket=BUCKET, Key="after", Body=DATA)
                    break
                except botocore.exceptions.ClientError:
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
            assert store.client.get_object(Bucket=BUCKET, Key="after")["Body"].read() == DATA
