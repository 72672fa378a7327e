"""What lifecycle headers say."""

from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.service.collaborators import NoExpiry
from photoncloud.lightningstor.service.expiry_headers import LifecycleHeaders

RULES = (
    b"<LifecycleConfiguration><Rule><ID>r 1</ID><Status>Enabled</Status><Filter><Prefix>a/</Prefix></Filter>"
    b"<Expiration><Days>1</Days></Expiration>"
    b"<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
    b"</Rule></LifecycleConfiguration>"
)
RECORD = ObjectRecord(sequence=1, version_tail=b"", mtime_ms=1_700_000_000_000)


async def test_headers_of_objects_and_uploads(world):
    bucket = await world.bucket(documents={"lifecycle": RULES})
    headers = LifecycleHeaders()
    assert headers.header(bucket, b"a/k", RECORD) == 'expiry-date="Thu, 16 Nov 2023 00:00:00 GMT", rule-id="r+1"'
    assert headers.header(bucket, b"k", RECORD) is None
    assert headers.abort_headers(bucket, b"a/k", 1_700_000_000_000) == [
        (b"x-amz-abort-date", b"Fri, 17 Nov 2023 00:00:00 GMT"),
        (b"x-amz-abort-rule-id", b"r 1"),
    ]
    assert headers.abort_headers(bucket, b"k", 1) == []


async def test_no_rules_no_headers(world):
    bucket = await world.bucket("plain")
    for headers in (LifecycleHeaders(), NoExpiry()):
        assert headers.header(bucket, b"k", RECORD) is None
        assert headers.abort_headers(bucket, b"k", 1) == []
