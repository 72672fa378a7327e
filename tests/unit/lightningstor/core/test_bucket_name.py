from __future__ import annotations

import pytest

from photoncloud.lightningstor.core.bucket_name import check_bucket_name, is_bucket_name
from photoncloud.lightningstor.errors import S3Error


@pytest.mark.parametrize("name", ["abc", "a" * 63, "a.b-c", "1bucket", "my.bucket.name", "1.2.3", "256a.1.1.1"])
def test_names_that_may_be(name: str) -> None:
    assert is_bucket_name(name)
    check_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 64,
        "Abc",
        "a_b",
        "-abc",
        "abc-",
        ".abc",
        "abc.",
        "a..b",
        "a.-b",
        "a-.b",
        "192.168.1.1",
        "999.999.999.999",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-bucket",
        "abc-s3alias",
        "abc--ol-s3",
        "abc.mrap",
        "abc--x-s3",
        "abc--table-s3",
        "abc\n",
        "äbc",
        "a b",
    ],
)
def test_names_that_may_not_be(name: str) -> None:
    with pytest.raises(S3Error) as refusal:
        check_bucket_name(name)
    assert (refusal.value.code, refusal.value.fields) == ("InvalidBucketName", {"BucketName": name})
