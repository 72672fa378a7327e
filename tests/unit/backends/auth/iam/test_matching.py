"""Globs, action patterns and ARN patterns, against an independent matcher."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import matching
from photoncloud.backends.auth.iam.variables import tokenize


def glob(pattern: str) -> matching.Predicate:
    return matching.compile_glob(tokenize(pattern, has_variables=True))


@settings(max_examples=500)
@given(st.text(alphabet="ab*?", max_size=10), st.text(alphabet="ab", max_size=12))
def test_globs_agree_with_regular_expressions(pattern: str, text: str) -> None:
    regex = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    assert glob(pattern)(text) is (re.fullmatch(regex, text, re.DOTALL) is not None)


def test_escaped_wildcards_are_text() -> None:
    assert glob("a${*}b")("a*b")
    assert not glob("a${*}b")("axb")
    assert glob("${?}*")("?x")


def test_hostile_globs_take_bounded_work() -> None:
    assert not glob("a*" * 200 + "b")("a" * 20_000)
    assert not glob("*?a" * 100 + "b")("a" * 2_000)
    for _ in range(40):
        assert not glob("*" + "?a" * 500 + "b*")("a" * 1_024)


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "S3:getobject", True),
        ("S3:GETOBJECT", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:Get*", "s3:PutObject", False),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?", "s3:GetObject", False),
        ("*:*", "ec2:RunInstances", True),
        ("*:Get*", "ec2:RunInstances", False),
        ("ec2:*", "s3:GetObject", False),
        ("s3*:GetObject", "s3:GetObject", False),
        ("s3:", "s3:GetObject", False),
        ("s3:Get Object", "s3:GetObject", False),
        ("s3:GetObject,PutObject", "s3:GetObject", False),
        ("s3: *", "s3:GetObject", False),
        ("photon:lightningstor:*", "photon:lightningstor:GetInfo", True),
        ("*", "photon:lightningstor:GetInfo", True),
    ],
)
def test_actions(pattern: str, action: str, expected: bool) -> None:
    assert matching.compile_action(pattern).matches(*matching.split_action(action)) is expected


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::B/k", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
        ("arn:aws:s3:::b*", "arn:aws:s3:::b/k:with:colons", True),
        ("arn:aws:s3:::*/x", "arn:aws:s3:::b/y:/x", True),
        ("arn:photon:s3:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:::b", "arn:photon:s3:::b", True),
        ("arn:aws:*:::b", "arn:aws:s3:::b", True),
        ("arn:aws:s3:*:b", "arn:aws:s3:::b", False),
        ("arn:*:b", "arn:aws:s3:::b", False),
        ("*:*:*:*:*:*", "arn:aws:s3:::b", True),
        ("arn:aws:iam::1?3:user/*", "arn:aws:iam::123:user/u", True),
    ],
)
def test_arns_are_compared_field_by_field(pattern: str, arn: str, expected: bool) -> None:
    fields = matching.split_fields(tokenize(pattern, has_variables=True))
    requested = matching.split_arn(arn)
    assert requested is not None
    if len(fields) < matching.ARN_FIELDS:
        fields += [tokenize("", has_variables=True)] * (matching.ARN_FIELDS - len(fields))
    assert matching.compile_arn(fields).matches(requested) is expected


def test_colons_of_variables_do_not_cut_fields() -> None:
    fields = matching.split_fields(tokenize("arn:aws:s3:::home/${aws:username}/*", has_variables=True))
    assert len(fields) == matching.ARN_FIELDS


def test_short_arns() -> None:
    assert matching.split_arn("*") is None
    assert matching.split_arn("arn:aws:s3") is None


def test_only_wildcards() -> None:
    assert matching.is_only_wildcards(tokenize("*?*", has_variables=True))
    assert not matching.is_only_wildcards(tokenize("*a", has_variables=True))
    assert not matching.is_only_wildcards(())
