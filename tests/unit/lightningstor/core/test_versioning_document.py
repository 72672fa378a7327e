"""The versioning document and the keys it exempts."""

from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import versioning_document
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.core.versioning_document import Versioning
from photoncloud.lightningstor.errors import S3Error


@pytest.mark.parametrize(
    "versioning",
    [Versioning("Enabled"), Versioning("Suspended"), Versioning("Enabled", ("a/", "b"), True)],
)
def test_round_trip(versioning: Versioning) -> None:
    assert versioning_document.parse(versioning_document.to_xml(versioning)) == versioning


def test_a_plain_document_shows_no_extension() -> None:
    document = versioning_document.to_xml(Versioning("Enabled"))
    assert b"Exclude" not in document
    assert b"Status" not in versioning_document.to_xml(Versioning(""))


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("", "MalformedXML"),
        ("<Status>On</Status>", "MalformedXML"),
        ("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>", "NotImplemented"),
        (
            "<Status>Enabled</Status>" + "<ExcludedPrefixes><Prefix>a</Prefix></ExcludedPrefixes>" * 11,
            "InvalidArgument",
        ),
    ],
)
def test_refusals(inside: str, code: str) -> None:
    with pytest.raises(S3Error) as caught:
        versioning_document.parse(f"<VersioningConfiguration>{inside}</VersioningConfiguration>".encode())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("state", "key", "expected"),
    [
        ("Enabled", b"tmp/x", "Suspended"),
        ("Enabled", b"folder/", "Suspended"),
        ("Enabled", b"folder/x", "Enabled"),
        ("Suspended", b"tmp/x", "Suspended"),
        ("", b"tmp/x", ""),
    ],
)
def test_exempted_keys_are_as_in_a_suspended_bucket(state: str, key: bytes, expected: str) -> None:
    record = BucketRecord(
        name="b", id=b"1" * 8, owner="o", owner_name="o", account_id="1", region="r", created_ms=0,
        versioning=state, unversioned_prefixes=("tmp/",), unversioned_folders=True,  # type: ignore[arg-type]
    )  # fmt: skip
    assert record.versioning_of(key) == expected
