"""All that an S3 store holds, as a value to compare: proof that a refused request changed nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote_plus

from photoncloud.testkit.s3_wire import Target, WireAnswer

BUCKET_DOCUMENTS = (
    "acl",
    "cors",
    "encryption",
    "lifecycle",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "tagging",
    "uploads",
    "versioning",
    "versions",
    "website",
)
OBJECT_DOCUMENTS = ("acl", "legal-hold", "retention", "tagging")
_OF_THE_REQUEST = re.compile(rb"<(RequestId|HostId)>.*?</\1>")


def snapshot(target: Target, data_dir: Path) -> dict[str, object]:
    """Buckets, their settings, versions and uploads, the objects' settings, the parts of uploads, the blob files."""
    held: dict[str, object] = {"files": stored_files(data_dir)}
    for bucket in target.send(target.signed("GET", "/")).elements("Name"):
        for name in BUCKET_DOCUMENTS:
            answer = target.send(target.signed("GET", f"/{bucket}", query={name: "", "encoding-type": "url"}))
            held[f"{bucket}?{name}"] = _told(answer)
            if name == "versions":
                held |= _objects(target, bucket, sorted(set(answer.elements("Key"))))
            if name == "uploads":
                held |= _parts(target, bucket, answer)
    return held


def stored_files(data_dir: Path) -> dict[str, int]:
    """Relative path to size of every file below."""
    found = {}
    for folder, _, names in os.walk(data_dir):
        for name in names:
            path = Path(folder, name)
            found[str(path.relative_to(data_dir))] = path.stat().st_size
    return found


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _objects(target: Target, bucket: str, keys: list[str]) -> dict[str, object]:
    """`keys` as listed with `encoding-type=url`."""
    held: dict[str, object] = {}
    for key in keys:
        path = f"/{bucket}/{quote(unquote_plus(key), safe='/~')}"
        head = target.send(target.signed("HEAD", path))
        held[path] = (head.status, {n: v for n, v in head.headers.items() if n not in ("date", "x-amz-request-id")})
        for name in OBJECT_DOCUMENTS:
            held[f"{path}?{name}"] = _told(target.send(target.signed("GET", path, query={name: ""})))
    return held


def _parts(target: Target, bucket: str, uploads: WireAnswer) -> dict[str, object]:
    pairs = zip(uploads.elements("Key"), uploads.elements("UploadId"), strict=True)
    return {
        f"{bucket}/{key}?uploadId={upload}": _told(
            target.send(
                target.signed("GET", f"/{bucket}/{quote(unquote_plus(key), safe='/~')}", query={"uploadId": upload})
            )
        )
        for key, upload in pairs
    }


def _told(answer: WireAnswer) -> tuple[int, bytes]:
    return answer.status, _OF_THE_REQUEST.sub(b"", answer.body)
