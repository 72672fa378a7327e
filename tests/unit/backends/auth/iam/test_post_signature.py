"""Signatures of browser form uploads (that botocore's forms verify stands in conformance)."""

from __future__ import annotations

import contextlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import sigv4
from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.post_signature import parse_post_form
from photoncloud.backends.auth.iam.signing_key import derive_signing_key

NOW_NS = int(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC).timestamp()) * 10**9
DAY_NS = 86_400 * 10**9
KEY = derive_signing_key("secret", "20260304", "us-east-1", "s3")
POLICY = "eyJjb25kaXRpb25zIjpbXX0="
FORM = {
    "key": "k",
    "policy": POLICY,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": "AK/20260304/us-east-1/s3/aws4_request",
    "x-amz-date": "20260304T050607Z",
    "x-amz-signature": hmac.digest(KEY, POLICY.encode(), "sha256").hex(),
}
RULES = sigv4.SigV4Rules()


def test_accepted() -> None:
    parsed = parse_post_form(FORM | {"x-amz-security-token": "t"}, RULES, NOW_NS)
    assert parsed is not None
    assert (parsed.mechanism, parsed.security_token) == (sigv4.Mechanism.POST, b"t")
    sigv4.verify(parsed, KEY)


def test_anonymous() -> None:
    assert parse_post_form({"key": "k"}, RULES, NOW_NS) is None


def test_another_policy() -> None:
    parsed = parse_post_form(FORM | {"policy": POLICY[:-1]}, RULES, NOW_NS)
    assert parsed is not None
    with pytest.raises(SigV4Error, match="SignatureDoesNotMatch"):
        sigv4.verify(parsed, KEY)


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("policy", "policy"),
        ("x-amz-algorithm", "X-Amz-Algorithm"),
        ("x-amz-credential", "X-Amz-Credential"),
        ("x-amz-date", "X-Amz-Date"),
        ("x-amz-signature", "X-Amz-Signature"),
    ],
)
def test_missing_fields(field: str, shown: str) -> None:
    for form in ({name: value for name, value in FORM.items() if name != field}, FORM | {field: ""}):
        with pytest.raises(SigV4Error) as caught:
            parse_post_form(form, RULES, NOW_NS)
        assert caught.value.message == (
            f"Bucket POST must contain a field named '{shown}'.  If it is specified, please check the order of the "
            "fields."
        )
        assert caught.value.fields["ArgumentName"] == shown


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"x-amz-algorithm": "AWS4-HMAC-SHA1"}, "InvalidArgument"),
        ({"x-amz-credential": "AK/20260304/eu-west-1/s3/aws4_request"}, "AuthorizationQueryParametersError"),
        ({"x-amz-credential": "AK/20260303/us-east-1/s3/aws4_request"}, "AuthorizationQueryParametersError"),
        ({"x-amz-date": "2026-03-04"}, "InvalidArgument"),
        ({"awsaccesskeyid": "AK", "signature": "x"}, "InvalidRequest"),
    ],
)
def test_malformed_fields(changes: dict[str, str], code: str) -> None:
    with pytest.raises(SigV4Error) as caught:
        parse_post_form(FORM | changes, RULES, NOW_NS)
    assert (caught.value.code, caught.value.status) == (code, 400)


def test_a_signing_key_lives_seven_days() -> None:
    assert parse_post_form(FORM, RULES, NOW_NS + 7 * DAY_NS) is not None
    with pytest.raises(SigV4Error, match="Request has expired"):
        parse_post_form(FORM, RULES, NOW_NS + 7 * DAY_NS + 10**9)
    with pytest.raises(SigV4Error, match="Request is not valid yet"):
        parse_post_form(FORM, RULES, NOW_NS - 901 * 10**9)


@example({"x-amz-credential": "\ud800/20260304/us-east-1/s3/aws4_request", "policy": "\ud800"})
@given(st.dictionaries(st.sampled_from(sorted(FORM)), st.text(st.characters(), max_size=20)))
def test_hostile_forms(form: dict[str, str]) -> None:
    with contextlib.suppress(SigV4Error):
        parsed = parse_post_form(FORM | form, RULES, NOW_NS)
        assert parsed is not None
        sigv4.verify(parsed, KEY)
