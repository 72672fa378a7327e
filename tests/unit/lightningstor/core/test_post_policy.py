"""POST policies (4.12): what is malformed, what is denied and why, and that nothing uncovered slips through."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core.post_policy import parse_policy
from photoncloud.lightningstor.errors import S3Error

NOW_MS = 1_764_000_000_000
SOON = "2036-01-01T00:00:00.000Z"
FIELDS = {"key": "user/a", "bucket": "b", "acl": "private", "policy": "…", "x-amz-signature": "…"}
COVERING = [{"bucket": "b"}, ["starts-with", "$key", "user/"], {"acl": "private"}]


def encoded(conditions=COVERING, expiration=SOON):
    return base64.b64encode(json.dumps({"expiration": expiration, "conditions": conditions}).encode()).decode()


def denial(conditions, fields=FIELDS, expiration=SOON):
    with pytest.raises(S3Error) as refused:
        parse_policy(encoded(conditions, expiration)).check(fields, NOW_MS)
    assert refused.value.code == "AccessDenied"
    return refused.value.message


def test_a_policy_that_covers_everything():
    parse_policy(encoded()).check(FIELDS, NOW_MS)


@pytest.mark.parametrize(
    ("conditions", "fields", "message"),
    [
        ([{"acl": "public-read"}], FIELDS, 'Policy Condition failed: ["eq", "$acl", "public-read"]'),
        ([["eq", "$key", "x"]], FIELDS, 'Policy Condition failed: ["eq", "$key", "x"]'),
        ([["starts-with", "$key", "other/"]], FIELDS, 'Policy Condition failed: ["starts-with", "$key", "other/"]'),
        ([["eq", "$bucket", "other"]], FIELDS, 'Policy Condition failed: ["eq", "$bucket", "other"]'),
        # a demanded field that is not sent
        ([["eq", "$x-amz-meta-a", "1"]], FIELDS, 'Policy Condition failed: ["eq", "$x-amz-meta-a", "1"]'),
        # uncovered fields, tagging and ACL included
        ([["starts-with", "$key", ""]], FIELDS, "Extra input fields: acl"),
        ([], {"key": "a"}, "Extra input fields: key"),
        (COVERING, {**FIELDS, "tagging": "<Tagging/>"}, "Extra input fields: tagging"),
        (COVERING, {**FIELDS, "x-amz-meta-a": "1"}, "Extra input fields: x-amz-meta-a"),
        (COVERING, {**FIELDS, "success_action_redirect": "http://x/"}, "Extra input fields: success_action_redirect"),
        (COVERING, {**FIELDS, "content-type": "text/html"}, "Extra input fields: content-type"),
        (COVERING, {**FIELDS, "x-amz-credential": "c"}, "Extra input fields: x-amz-credential"),
    ],
)
def test_denials(conditions, fields, message):
    assert denial(conditions, fields) == "Invalid according to Policy: " + message


def test_expired():
    assert denial(COVERING, expiration="2020-01-01T00:00:00Z") == "Invalid according to Policy: Policy expired."


def test_expiry_is_judged_first():
    assert "expired" in denial([], expiration="2020-01-01T00:00:00Z")


@pytest.mark.parametrize("name", ["x-ignore-me", "x-ignore-", "policy", "x-amz-signature", "file"])
def test_free_fields(name):
    parse_policy(encoded()).check({**FIELDS, name: "anything"}, NOW_MS)


def test_field_names_do_not_care_for_case():
    parse_policy(encoded([*COVERING, ["starts-with", "$Content-Type", "image/"]])).check(
        {**FIELDS, "content-type": "image/png"}, NOW_MS
    )


@pytest.mark.parametrize(
    ("size", "code"), [(0, "EntityTooSmall"), (9, "EntityTooSmall"), (10, None), (20, None), (21, "EntityTooLarge")]
)
def test_content_length_range(size, code):
    policy = parse_policy(encoded([["content-length-range", 10, "20"]]))
    assert policy.size_range == (10, 20)
    if code is None:
        policy.check_size(size)
        return
    with pytest.raises(S3Error) as refused:
        policy.check_size(size)
    assert refused.value.code == code
    assert refused.value.fields["ProposedSize"] == str(size)


def test_several_ranges_narrow():
    conditions = [["content-length-range", 1, 20], ["Content-Length-Range", 5, 30]]
    assert parse_policy(encoded(conditions)).size_range == (5, 20)


def test_no_range_no_limit():
    parse_policy(encoded()).check_size(1 << 40)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "not base64!",
        base64.b64encode(b"not json").decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(b"\xff").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        base64.b64encode(json.dumps({"expiration": SOON}).encode()).decode(),
        base64.b64encode(json.dumps({"conditions": []}).encode()).decode(),
        encoded(expiration="tomorrow"),
        encoded(expiration=5),
        encoded(conditions={"key": "a"}),
        encoded(["key"]),
        encoded([[]]),
        encoded([["eq", "$key"]]),
        encoded([["eq", "key", "a"]]),
        encoded([["eq", "$key", 5]]),
        encoded([["matches", "$key", "a"]]),
        encoded([{"key": 5}]),
        encoded([{"key": None}]),
        encoded([["content-length-range", 1]]),
        encoded([["content-length-range", -1, 5]]),
        encoded([["content-length-range", True, 5]]),
        encoded([["content-length-range", "a", 5]]),
        encoded([["content-length-range", 1.5, 5]]),
        encoded([{"a": "b"}] * 1001),
    ],
)
def test_malformed_policies(policy):
    with pytest.raises(S3Error) as refused:
        parse_policy(policy)
    assert refused.value.code == "InvalidPolicyDocument"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.sampled_from(["$key", "eq", "bucket"])),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=20,
)


@given(JSON)
def test_any_conditions_parse_or_are_refused(conditions):
    code = None
    try:
        parse_policy(encoded(conditions)).check(FIELDS, NOW_MS)
    except S3Error as error:
        code = error.code
    assert code in (None, "InvalidPolicyDocument", "AccessDenied")
