from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_owner import check_expected_owner

BUCKET: Any = SimpleNamespace(record=SimpleNamespace(account_id="123456789012"))


@pytest.mark.parametrize("expected", [None, b"123456789012"])
def test_the_owner_or_nobody(expected: bytes | None) -> None:
    check_expected_owner(BUCKET, expected)


@pytest.mark.parametrize(
    ("expected", "code"),
    [
        (b"000000000000", "AccessDenied"),
        (b"", "InvalidBucketOwnerAWSAccountID"),
        (b"12345678901", "InvalidBucketOwnerAWSAccountID"),
        (b"12345678901x", "InvalidBucketOwnerAWSAccountID"),
        ("１２３４５６７８９０１２".encode(), "InvalidBucketOwnerAWSAccountID"),
    ],
)
def test_others(expected: bytes, code: str) -> None:
    with pytest.raises(S3Error) as refusal:
        check_expected_owner(BUCKET, expected)
    assert refusal.value.code == code
