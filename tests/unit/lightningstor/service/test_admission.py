from __future__ import annotations

from typing import Any

import pytest

from photoncloud.lightningstor.core.operations import BY_NAME
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.admission import CHANGES, WRITES, Admission, AdmissionLimits, NoQuota


class Disk:
    def __init__(self, free: int) -> None:
        self.free = free

    def free_bytes(self) -> int:
        return self.free


class Body:
    length = 7


class FakeRequest:
    body = Body()


class SmallQuota:
    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def admit(self, bucket: Any, operation: str, size: int | None) -> None:
        self.asked.append((operation, size))
        raise S3Error("QuotaExceeded")


class FakeBucket:
    lives_revision = 1


async def admit(admission: Admission, operation: str, bucket: Any = None) -> str:
    request: Any = FakeRequest()
    try:
        await admission.admit(request, bucket, operation)
    except S3Error as refusal:
        return refusal.code
    return ""


def test_sets_name_operations() -> None:
    assert set(BY_NAME) >= CHANGES >= WRITES


async def test_space() -> None:
    disk = Disk(99)
    admission = Admission(AdmissionLimits(min_free_bytes=100), disk, NoQuota())
    assert await admit(admission, "PutObject") == "InsufficientStorage"
    assert await admit(admission, "DeleteObject") == ""
    assert await admit(admission, "GetObject") == ""
    disk.free = 100
    assert await admit(admission, "PutObject") == ""


async def test_quota_hears_what_comes() -> None:
    quota = SmallQuota()
    admission = Admission(AdmissionLimits(min_free_bytes=0), Disk(0), quota)
    assert await admit(admission, "UploadPart") == "QuotaExceeded"
    assert await admit(admission, "GetObject") == ""
    assert quota.asked == [("UploadPart", 7)]


async def test_a_closing_bucket_takes_no_changes() -> None:
    admission = Admission(AdmissionLimits(min_free_bytes=0), Disk(0), NoQuota())
    bucket = FakeBucket()
    assert await admit(admission, "DeleteObject", bucket) == ""
    bucket.lives_revision = 0
    for operation in CHANGES:
        assert await admit(admission, operation, bucket) == "SlowDown"
    assert await admit(admission, "GetObject", bucket) == ""


def test_places_are_counted() -> None:
    admission = Admission(AdmissionLimits(max_inflight_requests=2), Disk(0), NoQuota())
    admission.enter()
    admission.enter()
    with pytest.raises(S3Error) as refusal:
        admission.enter()
    assert (refusal.value.code, dict(refusal.value.headers)) == ("SlowDown", {"Retry-After": "1"})
    admission.leave()
    admission.enter()
    assert admission.in_flight == 2
