"""What IAM finds wrong with a resource, in its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam.policy_resources import is_unreadable, resource_fault

PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:s3:::b",
        "arn:photon:s3:::b/*",
        "arn:*:s3:::b",
        "arn:aws:iam::123456789012:user/x",
        "arn:aws:iam::123456789012:*",
        "arn:aws:s3:r:123456789012:accesspoint/a",
        "arn:aws:sqs:r:123456789012:q",
        "arn:aws:dns",
        "*:aws:s3:::b",
    ],
)
def test_nothing_wrong(resource: str) -> None:
    assert resource_fault(resource) == ""


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ("", 'Resource  must be in ARN format or "*".'),
        ("bucket", 'Resource bucket must be in ARN format or "*".'),
        ("urn:aws:s3:::b", 'Resource urn:aws:s3:::b must be in ARN format or "*".'),
        ("arn:aws", "Resource vendor must be fully qualified and cannot contain regexes."),
        ("arn:mars", 'Partition "mars" is not valid for resource "arn:mars:*:*:*:*".'),
        ("arn:mars:s3", 'Partition "mars" is not valid for resource "arn:mars:s3:*:*:*".'),
        ("arn:mars:s3:::b:c", 'Partition "mars" is not valid for resource "arn:mars:s3:::b:c".'),
        ("arn::s3:::b", 'Partition "" is not valid for resource "arn::s3:::b".'),
        ("arn:aws:iam:r::user/x", "IAM resource arn:aws:iam:r::user/x cannot contain region information."),
        ("arn:aws:s3:r::b", "Resource arn:aws:s3:r::b can not contain region information."),
        ("arn:aws:iam::1:x", PATHS),
    ],
)
def test_faults(resource: str, message: str) -> None:
    assert resource_fault(resource) == message


@pytest.mark.parametrize(
    ("resource", "in_list", "expected"),
    [
        ("arn:aws:s3::b", False, True),
        ("arn:aws:s3::b", True, True),
        ("arn:aws::::b", False, True),
        ("arn:aws::::b", True, False),
        ("arn:aws:s3:::b", False, False),
        ("arn:aws:b", False, False),
        ("*", False, False),
    ],
)
def test_unreadable(resource: str, in_list: bool, expected: bool) -> None:
    assert is_unreadable(resource, in_list=in_list) is expected


@given(st.text(alphabet="arnwsim3:*/?x", max_size=20))
def test_nothing_is_raised(resource: str) -> None:
    if not resource_fault(resource):
        is_unreadable(resource, in_list=False)
