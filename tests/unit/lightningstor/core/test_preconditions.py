"""Conditions of reads, writes, deletes and copies."""

import pytest

from photoncloud.lightningstor.core import preconditions
from photoncloud.lightningstor.core.preconditions import UNCONDITIONAL, WriteConditions
from photoncloud.lightningstor.core.records import ObjectRecord
from photoncloud.lightningstor.core.versioning import Head
from photoncloud.lightningstor.errors import S3Error

TIME = 1_700_000_000
AT, BEFORE, AFTER = "Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2023 22:13:19 GMT", "Tue, 14 Nov 2023 22:13:21 GMT"
RECORD = ObjectRecord(sequence=1, version_tail=b"", etag="abc", size=5, mtime_ms=TIME * 1000 + 999)
MARKER = ObjectRecord(sequence=1, version_tail=b"", kind="marker")


@pytest.mark.parametrize(
    "text",
    [
        AT,
        "Tuesday, 14-Nov-23 22:13:20 GMT",
        "Tue Nov 14 22:13:20 2023",
        "2023-11-14T22:13:20Z",
        "2023-11-15T07:13:20+09:00",
    ],
)
def test_date_forms(text):
    assert preconditions.parse_http_date(text) == TIME


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Tue, 31 Feb 2023 00:00:00 GMT", "Tue, 14 Xxx 2023 22:13:20 GMT", "12"]
)
def test_dates_that_cannot_be_read(text):
    assert preconditions.parse_http_date(text) is None


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        ({"if-match": '"abc"'}, ""),
        ({"if-match": "abc"}, ""),
        ({"if-match": "*"}, ""),
        ({"if-match": '"x", "abc"'}, ""),
        ({"if-match": '"x"'}, "412 If-Match"),
        ({"if-match": '"abc"', "if-unmodified-since": BEFORE}, ""),  # If-Match that holds wins
        ({"if-unmodified-since": BEFORE}, "412 If-Unmodified-Since"),
        ({"if-unmodified-since": AT}, ""),
        ({"if-unmodified-since": "nonsense"}, ""),
        ({"if-none-match": '"abc"'}, "304"),
        ({"if-none-match": 'W/"abc"'}, "304"),
        ({"if-none-match": "*"}, "304"),
        ({"if-none-match": '"abc"', "if-modified-since": BEFORE}, "304"),  # If-None-Match wins
        ({"if-none-match": '"x"', "if-modified-since": AFTER}, ""),
        ({"if-modified-since": AT}, "304"),
        ({"if-modified-since": BEFORE}, ""),
        ({"if-match": '"x"', "if-none-match": '"abc"'}, "412 If-Match"),
    ],
)
def test_reads_and_copy_sources(sent, outcome):
    fields = {name.encode(): value.encode() for name, value in sent.items()}
    assert _outcome(preconditions.read_conditions(fields)) == outcome
    copied = {b"x-amz-copy-source-" + name: value for name, value in fields.items()}
    condition = {"304": "If-None-Match" if "if-none-match" in sent else "If-Modified-Since"}.get(outcome, outcome[4:])
    expected = f"412 x-amz-copy-source-{condition}" if outcome else ""
    assert _outcome(preconditions.copy_conditions(copied)) == expected


def _outcome(conditions):
    try:
        preconditions.check_read(conditions, RECORD)
    except S3Error as error:
        shown = error.headers == (("ETag", '"abc"'), ("Last-Modified", AT))
        return {"NotModified": "304" if shown else "bare 304"}.get(error.code) or f"412 {error.fields['Condition']}"
    return ""


def test_no_conditions():
    assert preconditions.read_conditions({b"range": b"bytes=0-1"}) is None
    assert preconditions.write_conditions({}) is UNCONDITIONAL
    assert not preconditions.delete_conditions({}).is_conditional


@pytest.mark.parametrize(
    ("value", "holds"),
    [('"abc"', True), ("abc", True), ('W/"abc"', False), ('"x"', False), (AT, True), (BEFORE, False), (AFTER, False)],
)
def test_if_range(value, holds):
    assert preconditions.if_range_holds(value, RECORD) is holds


@pytest.mark.parametrize(
    ("conditions", "record", "outcome"),
    [
        (UNCONDITIONAL, None, ""),
        (WriteConditions(if_none_match=True), None, ""),
        (WriteConditions(if_none_match=True), MARKER, ""),
        (WriteConditions(if_none_match=True), RECORD, "PreconditionFailed If-None-Match"),
        (WriteConditions(if_match='"abc"'), RECORD, ""),
        (WriteConditions(if_match='"x"'), RECORD, "PreconditionFailed If-Match"),
        (WriteConditions(if_match='"abc"'), None, "NoSuchKey k"),
        (WriteConditions(if_match='"abc"'), MARKER, "NoSuchKey k"),
        (WriteConditions("*", False, 5, TIME), RECORD, ""),
        (WriteConditions("", False, 4), RECORD, "PreconditionFailed x-amz-if-match-size"),
        (WriteConditions("", False, None, 1), RECORD, "PreconditionFailed x-amz-if-match-last-modified-time"),
        (WriteConditions("", False, 4), None, "NoSuchKey k"),
    ],
)
def test_writes(conditions, record, outcome):
    try:
        preconditions.check_write(conditions, Head(record), b"k")
        found = ""
    except S3Error as error:
        found = f"{error.code} {next(iter(error.fields.values()))}"
    assert found == outcome


@pytest.mark.parametrize("arguments", [(None, "x", None), (None, "-1", None), (None, None, "soon")])
def test_conditions_of_deletions_that_make_no_sense(arguments):
    with pytest.raises(S3Error) as caught:
        preconditions.deletion(*arguments)
    assert caught.value.code == "InvalidArgument"
