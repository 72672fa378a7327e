"""Credential scopes: what is taken apart, and in which words it is refused (test_sigv4 has the whole table)."""

from __future__ import annotations

import pytest

from photoncloud.backends.auth.iam.errors import SigV4Error
from photoncloud.backends.auth.iam.sigv4_scope import SigV4Rules, parse_scope

RULES = SigV4Rules()


def test_parts() -> None:
    scope = parse_scope("team/key/20260304/us-east-1/s3/aws4_request", RULES, in_query=False)
    assert scope == ("team/key", "20260304", "us-east-1", "s3")
    assert scope.text == "20260304/us-east-1/s3/aws4_request"


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "AK",
        "AK/20260304/us-east-1/s3",
        "/20260304/us-east-1/s3/aws4_request",
        "AK/2026030/us-east-1/s3/aws4_request",
        "AK/２０２６０３０４/us-east-1/s3/aws4_request",
        "AK/20260304//s3/aws4_request",
        "AK/20260304/us-east-1//aws4_request",
    ],
)
@pytest.mark.parametrize("in_query", [True, False])
def test_refused(credential: str, in_query: bool) -> None:
    with pytest.raises(SigV4Error) as caught:
        parse_scope(credential, RULES, in_query=in_query)
    expected = "AuthorizationQueryParametersError" if in_query else "AuthorizationHeaderMalformed"
    assert (caught.value.code, caught.value.status) == (expected, 400)


def test_regions() -> None:
    assert SigV4Rules(region="a").accepts_region("a")
    assert not SigV4Rules(region="a").accepts_region("b")
    assert SigV4Rules(region="a", accept_regions=frozenset({"b"})).accepts_region("b")
    assert SigV4Rules(region="a", accept_regions=frozenset({"*"})).accepts_region("anything")
