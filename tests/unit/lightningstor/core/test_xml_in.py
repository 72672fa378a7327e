from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import xml_in
from photoncloud.lightningstor.errors import S3Error


def code(data: bytes, limit: int = xml_in.DOCUMENT_LIMIT_BYTES) -> str:
    try:
        xml_in.parse(data, "Root", limit)
    except S3Error as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize(
    "data",
    [
        b"<Root/>",
        b'<Root xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>',
        b'<s3:Root xmlns:s3="anything"/>',
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- c --><Root><?pi?></Root>\n',
        '<?xml version="1.0" encoding="UTF-16"?><Root/>'.encode("utf-16"),
        b"\xef\xbb\xbf<Root/>",
        b"<Root>" + b"<a>" * 31 + b"</a>" * 31 + b"</Root>",
    ],
)
def test_accepted(data: bytes) -> None:
    assert code(data) == ""


BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Root>&b;</Root>'


@pytest.mark.parametrize(
    "data",
    [
        b"<Root>",
        b"nonsense",
        b"<Other/>",
        b"<Root/><Root/>",
        b"<Root>\x01</Root>",
        b"<Root>\xff</Root>",
        b"<Root>&undefined;</Root>",
        BOMB,
        BOMB.decode().encode("utf-16"),
        b"<!DOCTYPE Root><Root/>",
        b'<!DOCTYPE Root SYSTEM "file:///etc/passwd"><Root/>',
        b"<Root>" + b"<a>" * 40 + b"</a>" * 40 + b"</Root>",
        b"<Root>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</Root>",
    ],
)
def test_refused(data: bytes) -> None:
    assert code(data) == "MalformedXML"


def test_size_is_looked_at_first() -> None:
    assert code(b"<Root>" + b" " * 100 + b"</Root>", limit=50) == "MalformedXML"


def test_an_empty_body_has_its_own_code() -> None:
    assert code(b"") == "MissingRequestBodyError"


def test_access() -> None:
    root = xml_in.parse(
        b'<Root xmlns:x="y"><A> 1 </A><A>2</A><x:B kind="k" x:type="t">true</x:B><C/><D>-7</D><Unknown/></Root>', "Root"
    )
    assert root.name == "Root"
    assert [child.text for child in root.all("A")] == [" 1 ", "2"]
    assert root.text_of("A") == "1"
    assert root.required_text("C") == ""
    assert root.text_of("missing") is None
    assert root.boolean_of("B") is True
    assert root.integer_of("D") == -7
    assert root.required("B").attribute("type") == "t"
    assert root.required("B").attribute("none") is None
    assert root.child("Z") is None
    assert root.only("B") is not None
    assert root.only("Z") is None
    for refused in (
        lambda: root.required("Z"),
        lambda: root.only("A"),
        lambda: root.boolean_of("D"),
        lambda: root.integer_of("B"),
    ):
        with pytest.raises(S3Error) as refusal:
            refused()
        assert refusal.value.code == "MalformedXML"


@pytest.mark.parametrize("text", [b"1.5", b"", b"1e3", b"0x1", "٣".encode(), b"9" * 19])
def test_integers_are_plain(text: bytes) -> None:
    with pytest.raises(S3Error):
        xml_in.parse(b"<Root><N>" + text + b"</N></Root>", "Root").integer_of("N")


@given(st.binary(max_size=200))
def test_nothing_but_refusals(data: bytes) -> None:
    with contextlib.suppress(S3Error):
        xml_in.parse(data, "Root")
    with contextlib.suppress(S3Error):
        xml_in.parse(b"<Root>" + data + b"</Root>", "Root")
