"""Tags in headers and documents."""

import pytest

from photoncloud.lightningstor.core import tagging, xml_in
from photoncloud.lightningstor.errors import S3Error


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", {}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("a+b=c%20d", {"a b": "c d"}),
        ("%E6%97%A5=%E6%9C%AC", {"日": "本"}),
        ("a=b=c", {"a": "b=c"}),
        ("_.:/=+-@=x", {"_.:/": "+-@=x".replace("+", " ")}),
    ],
)
def test_header(header, tags):
    assert tagging.parse_header(header) == tags


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        ("a=1&a=2", "InvalidArgument", tagging._HEADER_FORM),
        ("=1", "InvalidArgument", tagging._HEADER_FORM),
        ("a=1&&b=2", "InvalidArgument", tagging._HEADER_FORM),
        ("a=%ff", "InvalidArgument", tagging._HEADER_FORM),
        ("&".join(f"k{n}=v" for n in range(11)), "BadRequest", "Object tags cannot be greater than 10"),
        ("a%24=1", "InvalidTag", "The TagKey you have provided is invalid"),
        ("k" * 129 + "=1", "InvalidTag", "The TagKey you have provided is invalid"),
        ("a=%0a", "InvalidTag", "The TagValue you have provided is invalid"),
        ("a=" + "v" * 257, "InvalidTag", "The TagValue you have provided is invalid"),
        ("aws%3Ax=1", "InvalidTag", "System tags cannot be added/updated by requester"),
    ],
)
def test_refused_headers(header, code, message):
    with pytest.raises(S3Error) as caught:
        tagging.parse_header(header)
    assert (caught.value.code, caught.value.message) == (code, message)


def _parse(*pairs, limit=tagging.OBJECT_TAGS):
    inside = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in pairs)
    document = f"<Tagging><TagSet>{inside}</TagSet></Tagging>".encode()
    return tagging.parse_xml(xml_in.parse(document, "Tagging"), limit)


def test_document_and_back():
    tags = _parse(("b", "2"), ("a", ""))
    assert tags == {"b": "2", "a": ""}
    assert tagging.tag_set(tags) == (
        b"<TagSet><Tag><Key>b</Key><Value>2</Value></Tag><Tag><Key>a</Key><Value></Value></Tag></TagSet>"
    )
    assert len(_parse(*((f"k{n}", "v") for n in range(50)), limit=tagging.BUCKET_TAGS)) == 50


def test_refused_documents():
    for pairs, message in (
        ((("a", "1"), ("a", "2")), "Cannot provide multiple Tags with the same key"),
        ((("", "1"),), "The TagKey you have provided is invalid"),
    ):
        with pytest.raises(S3Error) as caught:
            _parse(*pairs)
        assert (caught.value.code, caught.value.message) == ("InvalidTag", message)
    for document in (b"<Tagging/>", b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"):
        with pytest.raises(S3Error) as caught:
            tagging.parse_xml(xml_in.parse(document, "Tagging"), 10)
        assert caught.value.code == "MalformedXML"
