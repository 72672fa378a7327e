"""multipart/form-data of browser uploads: fields, one file, and every way to be broken, at every split."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.lightningstor.core.post_form import MAX_FIELD_BYTES, FormParser, boundary_of
from photoncloud.lightningstor.errors import S3Error

B = b"xYzZY"


def field(name, value, extra=b""):
    return b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (B, name, extra, value)


def file(content, filename=b"a.txt", name=b"file"):
    extra = b'; filename="%s"\r\nContent-Type: text/plain' % filename
    return field(name, content, extra)


END = b"--%s--\r\n" % B


def parse(pieces):
    parser = FormParser(B)
    content = b""
    for piece in pieces:
        content += b"".join(parser.feed(piece))
    parser.finish()
    return parser, content


def splits(body):
    yield [body]
    yield [body[at : at + 1] for at in range(len(body))]
    for at in range(0, len(body), 3):
        yield [body[:at], body[at:]]


FORM = field(b"key", b"user/${filename}") + field(b"Content-Type", "text/ü".encode()) + file(b"hello\r\n--xYz") + END


def test_fields_and_file_at_every_split():
    for pieces in splits(FORM):
        parser, content = parse(pieces)
        assert parser.fields == {"key": "user/${filename}", "content-type": "text/ü"}
        assert content == b"hello\r\n--xYz"
        assert parser.filename == "a.txt"


def test_empty_values_and_an_empty_file():
    for pieces in splits(field(b"key", b"") + file(b"") + END):
        parser, content = parse(pieces)
        assert (parser.fields, content) == ({"key": ""}, b"")


def test_preamble_and_epilogue_are_skipped():
    parser, content = parse([b"ignore me\r\n" + FORM + b"and me"])
    assert content.startswith(b"hello")
    assert parser.fields["key"]


def test_fields_after_the_file_do_not_count():
    for pieces in splits(field(b"key", b"k") + file(b"x" * 50) + field(b"acl", b"public-read") + END):
        parser, content = parse(pieces)
        assert parser.fields == {"key": "k"}
        assert content == b"x" * 50


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"a.txt", "a.txt"),
        (b"C:/dir/a.txt", "a.txt"),
        (b"C:\\\\dir\\\\a.txt", "a.txt"),
        (b"..", ".."),
        (b'with \\"quotes\\"', 'with "quotes"'),
        ("ü.txt".encode(), "ü.txt"),
    ],
)
def test_only_the_last_element_of_a_file_name(sent, kept):
    parser, _ = parse([field(b"key", b"k") + file(b"x", sent) + END])
    assert parser.filename == kept


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "MalformedPOSTRequest"),
        (b"no form at all", "MalformedPOSTRequest"),
        (FORM[: -len(END)], "MalformedPOSTRequest"),
        (FORM[: len(FORM) // 2], "MalformedPOSTRequest"),
        (field(b"key", b"k") + END, "IncorrectNumberOfFilesInPostRequest"),
        (END, "IncorrectNumberOfFilesInPostRequest"),
        (file(b"1") + file(b"2") + END, "IncorrectNumberOfFilesInPostRequest"),
        (field(b"key", b"a") + field(b"KEY", b"b") + file(b"1") + END, "InvalidArgument"),
        (field(b"key", b"\xff\xfe") + file(b"1") + END, "MalformedPOSTRequest"),
        (b"--%s\r\nno colon\r\n\r\nx\r\n" % B + END, "MalformedPOSTRequest"),
        (b"--%s\r\nContent-Type: text/plain\r\n\r\nx\r\n" % B + END, "MalformedPOSTRequest"),
        (b"--%s\r\nContent-Disposition: attachment; name=key\r\n\r\nx\r\n" % B + END, "MalformedPOSTRequest"),
        (b'--%s\r\nContent-Disposition: form-data; name="key\r\n\r\nx\r\n' % B + END, "MalformedPOSTRequest"),
        (b"--%sjunk\r\n" % B + file(b"1") + END, "MalformedPOSTRequest"),
        (field(b"key", b"k" * (MAX_FIELD_BYTES + 1)) + file(b"1") + END, "MaxPostPreDataLengthExceededError"),
        (file(b"1") + field(b"a", b"b") * 512 + END, "MalformedPOSTRequest"),
        (b"x" * (MAX_FIELD_BYTES + 1), "MaxPostPreDataLengthExceededError"),
    ],
)
def test_broken_forms(body, code):
    for pieces in ([body], [body[at : at + 7] for at in range(0, len(body), 7)]):
        with pytest.raises(S3Error) as refused:
            parse(pieces)
        assert refused.value.code == code


def test_a_large_file_in_the_same_buffer_as_its_fields_is_no_field():
    _, content = parse([field(b"key", b"k") + file(b"x" * 100_000) + END])
    assert len(content) == 100_000


def test_file_bytes_come_out_as_they_arrive():
    parser = FormParser(B)
    parser.feed(field(b"key", b"k") + file(b"")[:-2])
    assert len(b"".join(parser.feed(b"y" * 10_000))) >= 9_900


@pytest.mark.parametrize(
    ("text", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("multipart/form-data;boundary=----WebKitFormBoundary", b"----WebKitFormBoundary"),
    ],
)
def test_boundaries(text, boundary):
    assert boundary_of(text) == boundary


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "PreconditionFailed"),
        ("application/x-www-form-urlencoded", "PreconditionFailed"),
        ("multipart/mixed; boundary=abc", "PreconditionFailed"),
        ("multipart/form-data", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=", "MalformedPOSTRequest"),
        ("multipart/form-data; boundary=" + "x" * 71, "MalformedPOSTRequest"),
    ],
)
def test_no_boundary(text, code):
    with pytest.raises(S3Error) as refused:
        boundary_of(text)
    assert refused.value.code == code
    if code == "PreconditionFailed":
        assert refused.value.fields == {"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"}


PIECES = st.sampled_from(
    [
        b"--" + B,
        b"\r\n",
        b"\r\n\r\n",
        b"--",
        END,
        b'Content-Disposition: form-data; name="',
        b'"',
        b"file",
        b"key",
        b"\xff",
    ]
)


def check_robust(pieces):
    try:
        parse(pieces)
    except S3Error:
        pass


@given(st.lists(PIECES, max_size=30))
@settings(max_examples=300)
def test_hostile_forms_end_in_a_documented_refusal(pieces):
    check_robust(pieces)


@pytest.mark.exam
@pytest.mark.timeout(3600)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=60))
@settings(max_examples=100_000, deadline=None)
def test_hostile_forms_for_minutes(pieces):
    check_robust(pieces)


@given(st.binary(max_size=300), st.lists(st.integers(0, 500), max_size=6))
def test_any_content_at_any_split(content, cuts):
    if b"\r\n--" + B in content:
        return
    body = field(b"key", b"k") + file(content) + END
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    _, got = parse([body[start:end] for start, end in itertools.pairwise(edges)])
    assert got == content
