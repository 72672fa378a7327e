"""Copy sources, ranges and directives."""

import pytest

from photoncloud.lightningstor.core import plan_copy
from photoncloud.lightningstor.core.object_headers import Attributes
from photoncloud.lightningstor.core.plan_copy import CopyRequest
from photoncloud.lightningstor.core.records import Body, ObjectRecord
from photoncloud.lightningstor.core.versioning import Head
from photoncloud.lightningstor.errors import S3Error


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        (b"b/k", ("b", b"k", "")),
        (b"/b/k", ("b", b"k", "")),
        (b"b//k", ("b", b"/k", "")),
        (b"b/a/b?versionId=v1", ("b", b"a/b", "v1")),
        (b"b/a%3Fb", ("b", b"a?b", "")),
        (b"b/a+b", ("b", b"a+b", "")),
        (b"b/a%252Fb", ("b", b"a%2Fb", "")),
        (b"b%2Fk", ("b", b"k", "")),
        (b"b/k?x=1", ("b", b"k?x=1", "")),
        ("b/日".encode(), ("b", "日".encode(), "")),
        (b"b/k?versionId=null", ("b", b"k", "null")),
    ],
)
def test_sources(value, parsed):
    assert plan_copy.parse_source(value) == parsed


@pytest.mark.parametrize("value", [b"", b"/", b"b", b"b/", b"/b/", b"//k", b"b/%ff"])
def test_malformed_sources(value):
    with pytest.raises(S3Error) as caught:
        plan_copy.parse_source(value)
    assert (caught.value.code, caught.value.message) == (
        "InvalidArgument",
        "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
    )


OBJECT = ObjectRecord(sequence=1, version_tail=b"", size=100, etag="e")
MARKER = ObjectRecord(sequence=1, version_tail=b"", kind="marker")
MARKER_TEXT = "The source of a copy request may not specifically refer to a delete marker by version id."


@pytest.mark.parametrize(
    ("record", "version", "code", "message"),
    [
        (None, "", "NoSuchKey", None),
        (None, "v", "NoSuchVersion", None),
        (MARKER, "", "NoSuchKey", None),
        (MARKER, "v", "InvalidRequest", MARKER_TEXT),
    ],
)
def test_sources_that_are_no_object(record, version, code, message):
    with pytest.raises(S3Error) as caught:
        plan_copy.check_source(record, b"k", version)
    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize(
    ("text", "run"), [(None, (0, 100)), ("bytes=0-0", (0, 1)), ("bytes=10-99", (10, 90)), ("bytes=0-99", (0, 100))]
)
def test_ranges(text, run):
    assert plan_copy.source_range(text, 100) == run


FORM = (
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based"
    " offsets of the first and last bytes to copy"
)
BEYOND = "Range specified is not valid for source object of size: 100"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bytes=0-100", BEYOND),
        ("bytes=100-100", BEYOND),
        ("bytes=5-4", FORM),
        ("bytes=5-", FORM),
        ("bytes=-5", FORM),
        ("0-5", FORM),
        ("bytes=0-5,7-8", FORM),
        ("", FORM),
    ],
)
def test_refused_ranges(text, message):
    with pytest.raises(S3Error) as caught:
        plan_copy.source_range(text, 100)
    assert (caught.value.code, caught.value.message) == ("InvalidArgument", message)


def test_too_large_to_copy_at_once():
    large = ObjectRecord(sequence=1, version_tail=b"", size=5 * 1024**3 + 1)
    for refuse in (lambda: plan_copy.check_size(large), lambda: plan_copy.source_range(None, large.size)):
        with pytest.raises(S3Error) as caught:
            refuse()
        assert caught.value.message == (
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
        )


def test_directives():
    assert plan_copy.directive(b"REPLACE", "metadata")
    assert not plan_copy.directive(None, "metadata")
    with pytest.raises(S3Error) as caught:
        plan_copy.directive(b"replace", "metadata")
    assert caught.value.message == "Unknown metadata directive."


PLAIN = Attributes({"content-type": "x/new"}, {"m": "new"}, {"t": "new"})


@pytest.mark.parametrize(
    ("request_", "allowed"),
    [
        (CopyRequest(PLAIN, False, False, False, False), False),
        (CopyRequest(PLAIN, False, True, False, False), False),
        (CopyRequest(PLAIN, True, False, False, False), True),
        (CopyRequest(PLAIN, False, False, True, False), False),  # the class it has already
        (CopyRequest(PLAIN._replace(storage_class="STANDARD_IA"), False, False, True, False), True),
        (CopyRequest(PLAIN._replace(redirect="/x"), False, False, False, False), True),
        (CopyRequest(PLAIN, False, False, False, True), True),
    ],
)
def test_a_copy_onto_itself_must_change_something(request_, allowed):
    plan_copy.check_changes_something(request_, is_same_object=False, source=OBJECT)
    if allowed:
        plan_copy.check_changes_something(request_, is_same_object=True, source=OBJECT)
        return
    with pytest.raises(S3Error) as caught:
        plan_copy.check_changes_something(request_, is_same_object=True, source=OBJECT)
    assert caught.value.message.startswith("This copy request is illegal because it is trying to copy an object to")


def test_what_a_copy_carries():
    source = ObjectRecord(
        sequence=1,
        version_tail=b"",
        size=9,
        headers={"content-type": "x/old"},
        metadata={"m": "old"},
        tags={"t": "old"},
        redirect="/old",
        storage_class="STANDARD_IA",
        owner="somebody",
    )
    kept = plan_copy.copy_record(CopyRequest(PLAIN, False, False, False, False), source, Body(), "e", None)
    assert (kept.headers, kept.metadata, kept.tags) == (source.headers, source.metadata, source.tags)
    assert (kept.redirect, kept.storage_class, kept.owner, kept.size) == ("", "STANDARD", "", 9)
    replaced = plan_copy.copy_record(CopyRequest(PLAIN, True, True, False, False), source, Body(), "e", None)
    assert (replaced.headers, replaced.metadata, replaced.tags) == PLAIN[:3]


def test_bodies_are_shared_except_inline_ones():
    assert plan_copy.single_body(Body("inline", b"a" * 16), b"b" * 16) == Body("inline", b"b" * 16)
    assert plan_copy.single_body(Body("blob", b"a" * 16), b"b" * 16) == Body("blob", b"a" * 16)
    whole = Body("multipart", b"a" * 16, 2, (5, 4), (b"x", b"y"), (1, 2))
    assert plan_copy.single_body(whole, b"b" * 16) == Body("multipart", b"a" * 16)


def test_same_version():
    assert plan_copy.same_version(OBJECT, Head(OBJECT))
    assert not plan_copy.same_version(OBJECT, Head(MARKER))
    assert not plan_copy.same_version(OBJECT, Head())
