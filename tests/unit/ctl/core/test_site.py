"""Which files of a website go up, and the documents that make a bucket one."""

from __future__ import annotations

import json

import pytest

from photoncloud.ctl.core import site


def test_only_what_differs_goes_up() -> None:
    plan = site.plan({"new": "1", "changed": "2", "same": "3"}, {"changed": "x", "same": "3", "gone": "4"})
    assert plan == site.SitePlan(upload=("changed", "new"), unchanged=("same",), surplus=("gone",))


def test_the_website_document() -> None:
    assert b"<ErrorDocument>" not in site.website_document("index.html", "")
    document = site.website_document("index.html", "a&b.html")
    assert b"<Suffix>index.html</Suffix>" in document
    assert b"<Key>a&amp;b.html</Key>" in document


def test_a_policy_of_its_own_is_known_again() -> None:
    policy = site.public_read_policy("photos")
    assert json.loads(policy)["Statement"][0]["Resource"] == "arn:aws:s3:::photos/*"
    assert site.is_own_policy(policy)


@pytest.mark.parametrize(
    "policy",
    [
        b"",
        b"[]",
        b'{"Statement": {}}',
        b'{"Statement": [{"Sid": "Other"}]}',
        b'{"Statement": ["PhotonctlPublicRead"]}',
        b'{"Statement": [{"Sid": "PhotonctlPublicRead"}, {"Sid": "More"}]}',
    ],
)
def test_policies_of_others_are_not(policy: bytes) -> None:
    assert not site.is_own_policy(policy)
