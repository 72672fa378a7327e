"""Room for one more request: how many run at once, free space, quota. Decided before `100 Continue`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from photoncloud.lightningstor.core.http_message import Request
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket

_RETRY_AFTER = (("Retry-After", "1"),)
WRITES = frozenset(
    {
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateBucket",
        "CreateMultipartUpload",
        "PostObject",
        "PutObject",
        "UploadPart",
        "UploadPartCopy",
    }
)
"""Operations that add bytes; deletes and configuration work on a full disk."""

CHANGES = WRITES | {
    "AbortMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjects",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
}
"""Operations that change objects: refused while their bucket is being deleted."""


class Space(Protocol):
    def free_bytes(self) -> int:
        """Room left for objects."""
        ...


class Quota(Protocol):
    async def admit(self, bucket: Bucket | None, operation: str, size: int | None) -> None:
        """Raises S3Error QuotaExceeded. `size` is what the body adds at most, None when nobody knows."""
        ...


class NoQuota:
    """Nothing is limited."""

    async def admit(self, bucket: Bucket | None, operation: str, size: int | None) -> None:
        return


@dataclass(slots=True)
class AdmissionLimits:
    """May be replaced while the server runs."""

    max_inflight_requests: int = 1024
    min_free_bytes: int = 1 << 30


class Admission:
    """Counts requests in flight and looks at the disk."""

    def __init__(self, limits: AdmissionLimits, space: Space, quota: Quota) -> None:
        self.limits = limits
        self._space = space
        self._quota = quota
        self.in_flight = 0

    def enter(self) -> None:
        """One more request runs. Raises S3Error SlowDown; pair with `leave` when it did not."""
        if self.in_flight >= self.limits.max_inflight_requests:
            raise S3Error("SlowDown", headers=_RETRY_AFTER)
        self.in_flight += 1

    def leave(self) -> None:
        self.in_flight -= 1

    async def admit(self, request: Request, bucket: Bucket | None, operation: str) -> None:
        """Whether this request may change objects and add bytes.

        Raises S3Error SlowDown (the bucket is being deleted), InsufficientStorage, QuotaExceeded.
        """
        if bucket is not None and not bucket.lives_revision and operation in CHANGES:
            raise S3Error("SlowDown", headers=_RETRY_AFTER)
        if operation not in WRITES:
            return
        if self._space.free_bytes() < self.limits.min_free_bytes:
            raise S3Error("InsufficientStorage")
        await self._quota.admit(bucket, operation, request.body.length)
