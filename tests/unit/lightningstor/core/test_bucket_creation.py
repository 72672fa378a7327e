from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import bucket_creation
from photoncloud.lightningstor.errors import S3Error


def test_no_document_asks_for_nothing() -> None:
    assert bucket_creation.parse(b"") == bucket_creation.BucketRequest()
    assert bucket_creation.parse(b"<CreateBucketConfiguration/>") == bucket_creation.BucketRequest()


def test_location_and_tags() -> None:
    wanted = bucket_creation.parse(
        b"<CreateBucketConfiguration><LocationConstraint>eu-1</LocationConstraint>"
        b"<Tags><Tag><Key>a</Key><Value>b c</Value></Tag></Tags></CreateBucketConfiguration>"
    )
    assert wanted.location == "eu-1"
    assert b"<TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet>" in wanted.tags


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<Other/>", "MalformedXML"),
        (
            b"<CreateBucketConfiguration><Tags><Tag><Key>a</Key></Tag></Tags></CreateBucketConfiguration>",
            "MalformedXML",
        ),
        (
            b"<CreateBucketConfiguration><Tags><Tag><Key>aws:a</Key><Value/></Tag></Tags></CreateBucketConfiguration>",
            "InvalidTag",
        ),
    ],
)
def test_refusals(body: bytes, code: str) -> None:
    with pytest.raises(S3Error) as refusal:
        bucket_creation.parse(body)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("location", "accepted", "region"),
    [
        ("", (), "us-east-1"),
        ("us-east-1", (), "us-east-1"),
        ("aws-global", (), "us-east-1"),
        ("eu-1", ("eu-1",), "eu-1"),
        ("eu-2", ("*",), "eu-2"),
    ],
)
def test_region_of(location: str, accepted: tuple[str, ...], region: str) -> None:
    assert bucket_creation.region_of(location, "us-east-1", accepted) == region


def test_a_foreign_location_is_refused_by_name() -> None:
    with pytest.raises(S3Error) as refusal:
        bucket_creation.region_of("eu-1", "us-east-1", ("eu-2",))
    assert refusal.value.code == "IllegalLocationConstraintException"
    assert refusal.value.message == (
        "The eu-1 location constraint is incompatible for the region specific endpoint this request was sent to."
    )


def test_location_document() -> None:
    assert bucket_creation.location_xml("us-east-1").endswith(b'2006-03-01/"></LocationConstraint>')
    assert bucket_creation.location_xml("eu-1").endswith(b'2006-03-01/">eu-1</LocationConstraint>')
