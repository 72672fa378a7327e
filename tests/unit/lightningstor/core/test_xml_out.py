from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import xml_out
from photoncloud.lightningstor.errors import S3Error

PRINTABLE = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\x7f\ufffe\uffff"))


@given(PRINTABLE)
def test_what_is_escaped_comes_back(text: str) -> None:
    document = xml_out.document("Root", [xml_out.element("A", text)])
    namespace = xml_out.NAMESPACE.decode()
    assert ElementTree.fromstring(document).findtext(f"{{{namespace}}}A") == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ('<a&b>"', b"&lt;a&amp;b&gt;&quot;"),
        ("a\0b", b"a&#x0;b"),
        ("\t\r\n", b"\t&#xd;\n"),
        ("\x7f\ufffe", b"&#x7f;&#xfffe;"),
        ("あ😀", "あ😀".encode()),
        ("\udc80", b"?"),
    ],
)
def test_escape(text: str, escaped: bytes) -> None:
    assert xml_out.escape(text) == escaped


def test_elements() -> None:
    assert xml_out.element("A", True) == b"<A>true</A>"
    assert xml_out.element("A", 7) == b"<A>7</A>"
    assert xml_out.element("A", b"\xe3\x81\x82&") == "<A>あ&amp;</A>".encode()
    assert xml_out.element("A", b"\xff") == "<A>\ufffd</A>".encode()
    assert xml_out.optional("A", "") == xml_out.optional("A", None) == b""
    assert xml_out.optional("A", 0) == b"<A>0</A>"
    assert xml_out.wrap("A", b"<B/>", b"<C/>") == b"<A><B/><C/></A>"
    assert xml_out.owner("id", "name") == b"<Owner><ID>id</ID><DisplayName>name</DisplayName></Owner>"
    assert xml_out.owner("id", "", name="Initiator") == b"<Initiator><ID>id</ID></Initiator>"


def test_document_begins_as_clients_expect() -> None:
    assert xml_out.document("R", []) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></R>'
    )


def test_times() -> None:
    assert xml_out.timestamp(1_700_000_000_999) == "2023-11-14T22:13:20.000Z"
    assert xml_out.http_date(1_700_000_000_999) == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert xml_out.http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT"


def test_error_document_has_no_namespace_and_keeps_the_order_of_fields() -> None:
    error = S3Error("NoSuchVersion", fields={"Key": "a&b", "VersionId": "v"})
    assert xml_out.error_document(error, request_id="R", host_id="H") == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchVersion</Code>'
        b"<Message>The specified version does not exist.</Message><Key>a&amp;b</Key><VersionId>v</VersionId>"
        b"<RequestId>R</RequestId><HostId>H</HostId></Error>"
    )


def test_a_message_of_its_own_replaces_the_tables() -> None:
    document = xml_out.error_document(S3Error("InvalidRequest", ""), request_id="R", host_id="H")
    assert b"<Message></Message>" in document
