"""The shape of documents; no input raises anything but the documented problem."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.backends.auth.iam.bucket_policy import parse_bucket_policy
from photoncloud.backends.auth.iam.document_syntax import SyntaxProblem, check_shape, resources_of
from photoncloud.backends.auth.iam.errors import PolicyError
from photoncloud.backends.auth.iam.policy import parse_identity_policy, parse_resource_policy, parse_trust_policy

GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def text(statement: Any, **top: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement, **top})


def test_one_statement_or_several() -> None:
    assert check_shape(text(GOOD)).statements == [GOOD]
    assert check_shape(text([GOOD, GOOD])).statements == [GOOD, GOOD]
    assert check_shape(json.dumps({"Statement": GOOD})).version is None


@pytest.mark.parametrize(
    "document",
    [
        "no JSON",
        "{}",
        text([]),
        text({}),
        text("x"),
        text(["x"]),
        text(GOOD, Version="2012-10-18"),
        text(GOOD, Version=None),
        text(GOOD, Id=5),
        text(GOOD, Extra=1),
        text(GOOD | {"Extra": 1}),
        text(GOOD | {"NotAction": "s3:*"}),
        text(GOOD | {"NotResource": "*"}),
        text(GOOD | {"Principal": "*", "NotPrincipal": "*"}),
        text(GOOD | {"Effect": "Perhaps"}),
        text(GOOD | {"Effect": True}),
        text({"Action": "s3:*", "Resource": "*"}),
        text(GOOD | {"Action": {}}),
        text(GOOD | {"Action": [None]}),
        text(GOOD | {"Action": None}),
        text(GOOD | {"Resource": None}),
        text(GOOD | {"Resource": [5]}),
        text(GOOD | {"Sid": []}),
        text(GOOD | {"Condition": []}),
        text(GOOD | {"Condition": {"StringEquals": "x"}}),
        text(GOOD | {"Condition": {"Unknown": {"k": "v"}}}),
        text(GOOD | {"Condition": {"NullIfExists": {"k": "true"}}}),
        text(GOOD | {"Condition": {"StringEquals": {"k": None}}}),
        text(GOOD | {"Condition": {"StringEquals": {"k": [["x"]]}}}),
        text(GOOD | {"Condition": {"StringEquals": {"k": {}}}}),
        text(GOOD)[:-1] + ', "Version": "2012-10-17"}',
    ],
)
def test_refused(document: str) -> None:
    with pytest.raises(SyntaxProblem):
        check_shape(document)


def test_nulls_in_lists_of_resources_are_skipped() -> None:
    assert resources_of({"Resource": ["arn:x", None, ""]}) == ["arn:x"]


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
condition = st.dictionaries(
    st.sampled_from(["StringEquals", "ForAnyValue:DateLessThan", "Null", "x", "IpAddressIfExists"]),
    st.dictionaries(st.text(max_size=4), values, max_size=2) | values,
    max_size=2,
)
statement = st.fixed_dictionaries(
    {},
    optional={
        "Effect": st.sampled_from(["Allow", "Deny", "allow"]) | values,
        "Action": st.sampled_from(["s3:GetObject", "*", "s3:"]) | values,
        "NotAction": values,
        "Resource": st.sampled_from(["*", "arn:aws:s3:::b", "arn:aws", "arn:aws:iam:::x"]) | values,
        "Principal": st.sampled_from(["*", {"AWS": "123456789012"}]) | values,
        "Condition": condition | values,
        "Sid": values,
    },
)


@settings(max_examples=300)
@given(statement, st.sampled_from(["2012-10-17", "2008-10-17", "x"]))
def test_hostile_documents(built: dict[str, Any], version: str) -> None:
    """Every parser either returns a document or refuses with a message; nothing else escapes."""
    document = json.dumps({"Version": version, "Statement": [built]})
    for parse in (parse_identity_policy, parse_resource_policy, parse_trust_policy):
        with contextlib.suppress(PolicyError):
            assert parse(document).statements
    with contextlib.suppress(PolicyError):
        assert parse_bucket_policy(document.encode(), "b").statements
