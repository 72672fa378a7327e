"""What is measured. A workload prepares a server once and can then be run again and again on it."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lightningstor.clients import Measured, curl_get, curl_put, s3_client, timed, wrk
from benchmarks.lightningstor.presign import Presigner
from benchmarks.lightningstor.servers import ACCESS_KEY, SECRET_KEY, Server

BUCKET = "bench-bucket"
SMALL_BYTES = 4096
SMALL_OBJECTS = 2_000
DISTINCT_URLS = 80_000
"""More than any server answers in one run: no URL is sent twice, so nothing profits from remembering a signature."""
CONNECTIONS = 32
SECONDS = 5
MIB = 2**20


@dataclass(frozen=True)
class Workload:
    """`unit` names what `Measured.work` counts; `peers` maps a peer's name to the promised ratio (rate, ours/peer)."""

    name: str
    title: str
    unit: str
    peers: dict[str, float]
    prepare: Callable[[Server], None]
    run: Callable[[Server], Measured]
    minimum_rounds: int = 5


def presigner(server: Server) -> Presigner:
    return Presigner(server.host, ACCESS_KEY, SECRET_KEY)


def make_bucket(server: Server, name: str = BUCKET) -> None:
    client = s3_client(server)
    if name not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=name)


def put_small_objects(server: Server) -> None:
    make_bucket(server)
    client = s3_client(server)
    body = b"x" * SMALL_BYTES
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda n: client.put_object(Bucket=BUCKET, Key=f"small/{n:06d}", Body=body), range(SMALL_OBJECTS))
        )


def get_small(server: Server) -> Measured:
    sign = presigner(server)
    run = random.randbytes(4).hex()
    keys = [f"small/{n % SMALL_OBJECTS:06d}" for n in range(DISTINCT_URLS)]
    paths = [sign.path("GET", BUCKET, key, (("x-id", f"{run}{n}"),)) for n, key in enumerate(keys)]
    return wrk(server, "GET", paths, connections=CONNECTIONS, seconds=SECONDS)


def get_small_repeated(server: Server) -> Measured:
    """The same, with the URLs a page or a build would ask for again and again."""
    sign = presigner(server)
    paths = [sign.path("GET", BUCKET, f"small/{n:06d}") for n in range(SMALL_OBJECTS)]
    return wrk(server, "GET", paths, connections=CONNECTIONS, seconds=SECONDS)


def put_small(server: Server) -> Measured:
    sign = presigner(server)
    prefix = random.randbytes(4).hex()
    paths = [sign.path("PUT", BUCKET, f"put/{prefix}/{n:06d}") for n in range(DISTINCT_URLS)]
    return wrk(server, "PUT", paths, connections=CONNECTIONS, seconds=SECONDS, size=SMALL_BYTES)


def random_file(server: Server, size_mib: int) -> Path:
    file = server.directory / f"body-{size_mib}"
    if not file.exists():
        with file.open("wb") as body:
            for _ in range(size_mib):
                body.write(random.randbytes(MIB))
    return file


def put_64_mib(server: Server) -> Measured:
    sign = presigner(server)
    file = random_file(server, 64)
    jobs = [lambda n=n: curl_put(server, sign.path("PUT", BUCKET, f"large/{n}"), file) for n in range(6)]
    return timed(server, jobs, workers=2)


def put_multipart(server: Server) -> Measured:
    """Four concurrent uploads of 8 parts of 8 MiB each."""
    client = s3_client(server)
    sign = presigner(server)
    part = random_file(server, 8)

    def upload(number: int) -> float:
        key = f"multipart/{number}"
        upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        for index in range(1, 9):
            query = (("partNumber", str(index)), ("uploadId", upload_id))
            curl_put(server, sign.path("PUT", BUCKET, key, query), part)
        listed = client.list_parts(Bucket=BUCKET, Key=key, UploadId=upload_id)["Parts"]
        parts = [{"PartNumber": each["PartNumber"], "ETag": each["ETag"]} for each in listed]
        client.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts})
        return 64.0

    return timed(server, [lambda n=n: upload(n) for n in range(4)], workers=4)


def prepare_256_mib(server: Server) -> None:
    make_bucket(server)
    curl_put(server, presigner(server).path("PUT", BUCKET, "huge"), random_file(server, 256))


def get_256_mib(server: Server) -> Measured:
    path = presigner(server).path("GET", BUCKET, "huge")
    return timed(server, [lambda: curl_get(server, path)] * 8, workers=4)


LIST_BUCKET = "bench-list"
PREFIXES = 10


def list_key(number: int, keys: int) -> str:
    return f"p{number * PREFIXES // keys:02d}/key-{number:08d}"


def prepare_list(keys: int) -> Callable[[Server], None]:
    """`keys` empty objects in ten prefixes, written over presigned URLs by wrk-like threads."""

    def prepare(server: Server) -> None:
        if f"{keys} keys" in server.notes:
            return
        make_bucket(server, LIST_BUCKET)
        sign = presigner(server)
        chunk = 50_000
        for start in range(0, keys, chunk):
            numbers = range(start, min(keys, start + chunk))
            write_empty_objects(server, [sign.path("PUT", LIST_BUCKET, list_key(n, keys)) for n in numbers])
        server.notes.append(f"{keys} keys")

    return prepare


def write_empty_objects(server: Server, paths: list[str]) -> None:
    """Each path exactly once, over 32 connections of one curl per slice (`--parallel` reuses connections)."""
    config, nothing = server.directory / "seed.curl", server.directory / "nothing"
    nothing.touch()
    lines = []
    for path in paths:
        lines.append(f'next\nupload-file = "{nothing}"\nurl = "{server.endpoint}{path}"\noutput = "/dev/null"\nfail\n')
    config.write_text("".join(lines).removeprefix("next\n"))
    subprocess.run(
        ["curl", "-s", "--parallel", "--parallel-max", "32", "-K", str(config)], check=True, capture_output=True
    )


def list_random_pages(keys: int) -> Callable[[Server], Measured]:
    def run(server: Server) -> Measured:
        client = s3_client(server)

        def page() -> float:
            after = list_key(random.randrange(keys - 1000), keys)
            reply = client.list_objects_v2(Bucket=LIST_BUCKET, StartAfter=after, MaxKeys=1000)
            if reply["KeyCount"] != 1000:
                raise SystemExit(f"{server.name}: a page held {reply['KeyCount']} keys")
            return 1.0

        return timed(server, [page] * 60, workers=4)

    return run


def list_prefixes(server: Server) -> Measured:
    client = s3_client(server)

    def page() -> float:
        reply = client.list_objects_v2(Bucket=LIST_BUCKET, Delimiter="/")
        if len(reply.get("CommonPrefixes", [])) != PREFIXES:
            raise SystemExit(f"{server.name}: {len(reply.get('CommonPrefixes', []))} common prefixes")
        return 1.0

    return timed(server, [page] * 60, workers=4)


def delete_thousand(server: Server) -> Measured:
    client = s3_client(server)
    sign = presigner(server)
    prefix = random.randbytes(4).hex()
    batches = [[f"delete/{prefix}/{batch}/{n}" for n in range(1000)] for batch in range(4)]
    for batch in batches:
        write_empty_objects(server, [sign.path("PUT", BUCKET, key) for key in batch])

    def delete(keys: list[str]) -> float:
        reply = client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
        if reply.get("Errors"):
            raise SystemExit(f"{server.name}: {reply['Errors'][:1]}")
        return 1.0

    return timed(server, [lambda b=b: delete(b) for b in batches], workers=1)


def table(keys: int) -> list[Workload]:
    fsync, plain, clone = "seaweedfs+fsync", "seaweedfs", "rclone serve s3"
    get_peers = {plain: 1.0, "moto": 10.0}
    put_peers = {fsync: 2.0, plain: 1.0, clone: 0.7}
    seed = prepare_list(keys)
    pages = list_random_pages(keys)
    return [
        Workload("get_4k", "GET 4 KiB, c=32", "requests", get_peers, put_small_objects, get_small),
        Workload(
            "get_4k_repeated",
            "GET 4 KiB, repeated URLs",
            "requests",
            {plain: 1.0},
            put_small_objects,
            get_small_repeated,
        ),
        Workload("put_4k", "PUT 4 KiB durable, c=32", "requests", put_peers, make_bucket, put_small),
        Workload("put_64m", "PUT 64 MiB", "MiB", {plain: 0.8}, make_bucket, put_64_mib),
        Workload("multipart", "multipart 8 MiB x 8, 4 uploads", "MiB", {plain: 0.8}, make_bucket, put_multipart),
        Workload("get_256m", "GET 256 MiB, c=4", "MiB", {plain: 1.0, clone: 1.0}, prepare_256_mib, get_256_mib),
        Workload("list_1000", f"LIST 1,000 of {keys:,} keys", "pages", {plain: 1.0}, seed, pages),
        Workload("list_prefixes", f"LIST delimiter=/ over {keys:,} keys", "pages", {plain: 1.0}, seed, list_prefixes),
        Workload("delete_1000", "DeleteObjects 1,000", "calls", {plain: 1.0}, make_bucket, delete_thousand),
    ]
