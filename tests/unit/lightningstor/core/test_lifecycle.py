"""Lifecycle: documents and what is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import lifecycle
from photoncloud.lightningstor.errors import S3Error

DAY_MS = lifecycle.DAY_SEC * 1000


def document(*rules: str) -> bytes:
    return (
        "<LifecycleConfiguration>" + "".join(f"<Rule>{r}</Rule>" for r in rules) + "</LifecycleConfiguration>"
    ).encode()


def rule(action: str, scope: str = "<Prefix/>", status: str = "Enabled", more: str = "") -> str:
    return f"{more}{scope}<Status>{status}</Status>{action}"


def parse(body: bytes) -> tuple[lifecycle.Rule, ...]:
    return lifecycle.parse(body, lambda number: f"generated-{number}")


EXPIRE = "<Expiration><Days>3</Days></Expiration>"
NONCURRENT = (
    "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays>"
    "<NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>"
)
ABORT = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
TAG = "<Tag><Key>k</Key><Value>v</Value></Tag>"


@pytest.mark.parametrize(
    "text",
    [
        rule(EXPIRE),
        rule(EXPIRE, "<Filter><Prefix>a/</Prefix></Filter>", more="<ID>one</ID>"),
        rule(EXPIRE, "<Filter/>"),
        rule(EXPIRE, f"<Filter>{TAG}</Filter>", "Disabled"),
        rule(
            EXPIRE,
            f"<Filter><And><Prefix>a</Prefix>{TAG}<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter>",
        ),
        rule("<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>"),
        rule("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
        rule(NONCURRENT + ABORT),
    ],
)
def test_round_trip(text: str) -> None:
    rules = parse(document(text))
    assert parse(lifecycle.to_xml(rules)) == rules


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rule(""), "InvalidRequest"),
        (rule(EXPIRE, ""), "MalformedXML"),
        (rule(EXPIRE, "<Prefix/><Filter/>"), "MalformedXML"),
        (rule(EXPIRE, status="On"), "MalformedXML"),
        (rule("<Expiration><Days>0</Days></Expiration>"), "InvalidArgument"),
        (rule("<Expiration><Days>x</Days></Expiration>"), "MalformedXML"),
        (rule("<Expiration/>"), "MalformedXML"),
        (rule("<Expiration><Days>1</Days><Date>2030-01-01T00:00:00Z</Date></Expiration>"), "MalformedXML"),
        (rule("<Expiration><Date>2030-01-01T10:00:00Z</Date></Expiration>"), "InvalidArgument"),
        (rule("<Expiration><Date>tomorrow</Date></Expiration>"), "MalformedXML"),
        (rule("<Transition><Days>1</Days></Transition>"), "NotImplemented"),
        (rule(NONCURRENT.replace(">2<", ">0<")), "InvalidArgument"),
        (rule(NONCURRENT.replace(">1<", ">101<")), "InvalidArgument"),
        (rule(ABORT.replace(">1<", ">0<")), "InvalidArgument"),
        (rule(ABORT, f"<Filter>{TAG}</Filter>"), "InvalidRequest"),
        (rule(EXPIRE, f"<Filter><And>{TAG}{TAG}</And></Filter>"), "InvalidRequest"),
        (rule(EXPIRE, more=f"<ID>{'x' * 256}</ID>"), "InvalidArgument"),
        (rule(EXPIRE, f"<Filter><Prefix>a</Prefix>{TAG}</Filter>"), "MalformedXML"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    with pytest.raises(S3Error) as caught:
        parse(document(text))
    assert caught.value.code == code


def test_rules_are_bounded_and_ids_unique() -> None:
    for body, code in (
        (document(), "MalformedXML"),
        (document(*[rule(EXPIRE)] * 1001), "MalformedXML"),
        (document(*[rule(EXPIRE, more="<ID>same</ID>")] * 2), "InvalidArgument"),
    ):
        with pytest.raises(S3Error) as caught:
            parse(body)
        assert caught.value.code == code


@given(st.integers(0, 10**13), st.integers(1, 4000), st.integers(1, lifecycle.DAY_SEC))
def test_due_is_rounded_up_to_a_day(since: int, days: int, day_sec: int) -> None:
    due = lifecycle.due_ms(since, days, day_sec)
    day_ms = day_sec * 1000
    assert due % day_ms == 0
    assert 0 <= due - (since + days * day_ms) < day_ms


def test_current_expiry_takes_the_earliest_matching_rule() -> None:
    rules = parse(
        document(
            rule(EXPIRE, f"<Filter><And><Prefix>a</Prefix>{TAG}</And></Filter>", more="<ID>tagged</ID>"),
            rule(EXPIRE.replace("3", "9"), more="<ID>all</ID>"),
            rule(EXPIRE.replace("3", "1"), status="Disabled", more="<ID>off</ID>"),
        )
    )
    assert lifecycle.current_expiry(rules, "abc", 1, {"k": "v"}, 5) == lifecycle.Expiry(4 * DAY_MS, "tagged")
    assert lifecycle.current_expiry(rules, "abc", 1, {}, 5) == lifecycle.Expiry(10 * DAY_MS, "all")
    assert lifecycle.current_expiry((), "abc", 1, {}, 5) is None


def test_size_bounds_are_exclusive() -> None:
    size = "<ObjectSizeGreaterThan>10</ObjectSizeGreaterThan><ObjectSizeLessThan>20</ObjectSizeLessThan>"
    (only,) = parse(document(rule(EXPIRE, f"<Filter><And>{size}</And></Filter>")))
    assert [size for size in (10, 11, 19, 20) if only.filter.matches("k", size, {})] == [11, 19]


def test_newer_noncurrent_versions_are_kept() -> None:
    rules = parse(document(rule(NONCURRENT)))
    assert lifecycle.noncurrent_expiry(rules, "k", 1, {}, 0, 0) is None
    found = lifecycle.noncurrent_expiry(rules, "k", 1, {}, 1, 1)
    assert found is not None
    assert found.at_ms == 3 * DAY_MS


def test_lone_markers() -> None:
    flag = parse(document(rule("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>")))
    assert lifecycle.lone_marker_expiry(flag, "k", 7) == lifecycle.Expiry(7, "generated-0")
    aged = parse(document(rule(EXPIRE)))
    assert lifecycle.lone_marker_expiry(aged, "k", 1) == lifecycle.Expiry(4 * DAY_MS, "generated-0")
    assert lifecycle.lone_marker_expiry(parse(document(rule(ABORT))), "k", 1) is None


def test_uploads() -> None:
    rules = parse(document(rule(ABORT, "<Prefix>in/</Prefix>")))
    assert lifecycle.upload_expiry(rules, "in/a", 0) == lifecycle.Expiry(DAY_MS, "generated-0")
    assert lifecycle.upload_expiry(rules, "out/a", 0) is None


def test_header() -> None:
    text = lifecycle.expiration_header(lifecycle.Expiry(0, "rule one"))
    assert text == 'expiry-date="Thu, 01 Jan 1970 00:00:00 GMT", rule-id="rule+one"'
