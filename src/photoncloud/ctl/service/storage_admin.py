"""Calls of a store's administration, with failures as photonctl ends with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from photoncloud.api.lightningstor import AdminClient, AdminError
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed, ServiceUnreachable, UsageWrong
from photoncloud.ctl.service.storage import StorageTarget

POLL_SEC = 0.2
PAGE = 1000
_STATUSES = {"UNAUTHENTICATED": exit_status.NO_PERMISSION, "PERMISSION_DENIED": exit_status.NO_PERMISSION}
_UNREACHABLE = ("UNAVAILABLE", "DEADLINE_EXCEEDED")


@contextmanager
def administration(target: StorageTarget) -> Iterator[AdminClient]:
    """A client within the block. Raises ServiceUnreachable (69), CommandFailed (1, or 77 for a refusal)."""
    try:
        client = AdminClient(target.grpc, target.access_key, target.secret_key, target.ca_file)
    except OSError as error:
        raise UsageWrong(f"{target.ca_file}: {error.strerror or error}") from error
    try:
        with client:
            yield client
    except AdminError as error:
        if error.code in _UNREACHABLE:
            hint = "--endpoint HOST:PORT names its gRPC listener"
            raise ServiceUnreachable(f"{target.grpc}: {error.message}", hint) from error
        raise CommandFailed(error.message or error.code, "", _STATUSES.get(error.code)) from error


def all_buckets(admin: AdminClient, prefix: str = "") -> Iterator[pb.Bucket]:
    """Every bucket, page by page."""
    after = ""
    while True:
        page = admin.call("ListBuckets", pb.ListBucketsRequest(prefix=prefix, start_after=after, limit=PAGE))
        yield from page.buckets
        if not page.truncated:
            return
        after = page.buckets[-1].name


def run_job(
    admin: AdminClient, request: pb.StartJobRequest, *, waits: bool, on_progress: Callable[[pb.Job], None]
) -> pb.Job:
    """Start a job and, unless `waits` is False, stay until it ended. Raises CommandFailed when it failed."""
    job: pb.Job = admin.call("StartJob", request)
    while waits and job.state == "running":
        on_progress(job)
        time.sleep(POLL_SEC)
        job = admin.call("GetJob", pb.GetJobRequest(id=job.id))
    if job.state == "failed":
        raise CommandFailed(f"{job.kind} failed: {job.error}")
    return job


def checkpoint_directory(text: str) -> str:
    """The server makes the directory, so a relative path would be its own. Raises UsageWrong."""
    if not Path(text).is_absolute():
        raise UsageWrong(f"{text!r} is not absolute", "the server makes the directory, on its own machine")
    return text
