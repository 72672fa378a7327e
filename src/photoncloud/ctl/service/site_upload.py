"""`photonctl storage publish`: a folder becomes a bucket that is a website everybody may read."""

from __future__ import annotations

import hashlib
import http.client
import mimetypes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from photoncloud.api.s3_client import S3Answer, S3Client
from photoncloud.ctl.core import exit_status, site
from photoncloud.ctl.core.site import SitePlan
from photoncloud.ctl.errors import CommandFailed, ServiceUnreachable, UsageWrong
from photoncloud.ctl.service.storage import StorageTarget

REGION = "us-east-1"
FILE_BYTES_MAX = 5 << 30
"""One PUT takes no more."""
DEFAULT_TYPE = "application/octet-stream"
_TYPES = mimetypes.MimeTypes()
"""Python's own table: the same on every machine."""
_TEXT_CHARSET = "; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Published:
    """What was done. `policy_kept`: the bucket has a policy of its own, which was left alone."""

    bucket: str
    plan: SitePlan
    removed: int
    policy_kept: bool


def files_of(folder: Path) -> dict[str, Path]:
    """Key → file for everything below a folder. Raises UsageWrong for what cannot be published."""
    if not folder.is_dir():
        raise UsageWrong(f"{folder} is no folder")
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            if path.stat().st_size > FILE_BYTES_MAX:
                raise UsageWrong(f"{path} is larger than {FILE_BYTES_MAX} bytes")
            found[path.relative_to(folder).as_posix()] = path
    if not found:
        raise UsageWrong(f"{folder} is empty")
    return found


def content_type(key: str) -> str:
    """The type a browser is told."""
    kind, encoding = _TYPES.guess_type(key)
    if kind is None or encoding is not None:
        return DEFAULT_TYPE
    is_text = kind.startswith("text/") or kind in ("application/javascript", "application/json", "image/svg+xml")
    return kind + _TEXT_CHARSET if is_text else kind


class SiteUpload:
    """One publication. Every method raises ServiceUnreachable (69) or CommandFailed."""

    def __init__(self, target: StorageTarget, bucket: str, say: Callable[[str], None]) -> None:
        self._target = target
        self._bucket = bucket
        self._say = say

    def publish(self, files: Mapping[str, Path], *, index: str, error: str, deletes: bool, dry_run: bool) -> Published:
        """Create the bucket, bring it up to the folder, make it a website, open it for readers."""
        try:
            with S3Client(
                self._target.s3_url, self._target.access_key, self._target.secret_key, REGION, self._target.ca_file
            ) as s3:
                return self._publish(s3, files, index, error, deletes=deletes, dry_run=dry_run)
        except (OSError, http.client.HTTPException) as failure:
            hint = "--s3 URL names its S3 listener"
            raise ServiceUnreachable(f"{self._target.s3_url}: {failure}", hint) from failure
        except ValueError as failure:
            raise UsageWrong(str(failure)) from failure

    def _publish(
        self, s3: S3Client, files: Mapping[str, Path], index: str, error: str, *, deletes: bool, dry_run: bool
    ) -> Published:
        exists = s3.request("HEAD", self._bucket).status == 200
        if not exists and not dry_run:
            self._done("create the bucket", s3.request("PUT", self._bucket))
        remote = dict(self._objects(s3)) if exists else {}
        plan = site.plan({key: _md5(path) for key, path in files.items()}, remote)
        for key in plan.upload:
            self._say(f"upload {key}")
            if not dry_run:
                headers = {"Content-Type": content_type(key)}
                self._done(f"upload {key}", s3.request("PUT", self._bucket, key, headers=headers, body=files[key]))
        surplus = plan.surplus if deletes else ()
        for key in surplus:
            self._say(f"remove {key}")
            if not dry_run:
                self._done(f"remove {key}", s3.request("DELETE", self._bucket, key))
        policy_kept = False if dry_run else self._open(s3, index, error)
        return Published(self._bucket, plan, len(surplus), policy_kept)

    def _open(self, s3: S3Client, index: str, error: str) -> bool:
        """Website and policy; True when the bucket has another policy, which stays."""
        document = site.website_document(index, error)
        self._done("set the website", s3.request("PUT", self._bucket, query={"website": ""}, body=document))
        present = s3.request("GET", self._bucket, query={"policy": ""})
        if present.status == 200 and not site.is_own_policy(present.body):
            return True
        policy = site.public_read_policy(self._bucket)
        self._done("set the policy", s3.request("PUT", self._bucket, query={"policy": ""}, body=policy))
        return False

    def _objects(self, s3: S3Client) -> Iterator[tuple[str, str]]:
        """Key and ETag of every object there is."""
        query = {"list-type": "2"}
        while True:
            page = self._done("list the bucket", s3.request("GET", self._bucket, query=query))
            yield from zip(page.texts("Key"), (etag.strip('"') for etag in page.texts("ETag")), strict=True)
            if page.text("IsTruncated") != "true":
                return
            query["continuation-token"] = page.text("NextContinuationToken")

    def _done(self, what: str, answer: S3Answer) -> S3Answer:
        if answer.status >= 300:
            status = exit_status.NO_PERMISSION if answer.status == 403 else exit_status.FAILED
            reason = f"{answer.code or answer.status} {answer.text('Message')}".strip()
            request_id = answer.headers.get("x-amz-request-id", "")
            hint = f"photonctl storage explain {request_id}" if answer.status == 403 and request_id else ""
            raise CommandFailed(f"cannot {what} in {self._bucket}: {reason}", hint, status)
        return answer


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
