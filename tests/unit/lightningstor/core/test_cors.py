"""CORS: documents, preflight answers, fields of actual replies."""

from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import cors
from photoncloud.lightningstor.errors import S3Error


def document(*rules: str) -> bytes:
    return (
        "<CORSConfiguration>" + "".join(f"<CORSRule>{rule}</CORSRule>" for rule in rules) + "</CORSConfiguration>"
    ).encode()


def rule(origin: str = "https://a.test", method: str = "GET", more: str = "") -> str:
    return f"<AllowedOrigin>{origin}</AllowedOrigin><AllowedMethod>{method}</AllowedMethod>{more}"


def test_round_trip() -> None:
    more = "<ID>one</ID><AllowedHeader>X-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>"
    more += "<MaxAgeSeconds>30</MaxAgeSeconds>"
    rules = cors.parse(document(rule(more=more), rule("*", "PUT")))
    assert rules[0].headers == ("x-*",)
    assert rules[0].max_age_sec == 30
    assert cors.parse(cors.to_xml(rules)) == rules


@pytest.mark.parametrize(
    ("body", "code", "part"),
    [
        (document(), "MalformedXML", ""),
        (document("<AllowedMethod>GET</AllowedMethod>"), "MalformedXML", ""),
        (document("<AllowedOrigin>*</AllowedOrigin>"), "MalformedXML", ""),
        (document(*([rule()] * 101)), "MalformedXML", ""),
        (document(rule(more=f"<ID>{'x' * 256}</ID>")), "MalformedXML", ""),
        (document(rule(more="<MaxAgeSeconds>-1</MaxAgeSeconds>")), "MalformedXML", ""),
        (document(rule(method="PATCH")), "InvalidRequest", "Unsupported method is PATCH"),
        (document(rule(origin="*.a.*")), "InvalidRequest", "can not have more than one wildcard"),
        (document(rule(more="<AllowedHeader>*a*</AllowedHeader>")), "InvalidRequest", "AllowedHeader"),
        (document(rule(more="<ExposeHeader>*</ExposeHeader>")), "InvalidRequest", "ExposeHeader"),
    ],
)
def test_bad_documents(body: bytes, code: str, part: str) -> None:
    with pytest.raises(S3Error) as caught:
        cors.parse(body)
    assert caught.value.code == code
    assert part in (caught.value.message or "")


RULES = cors.parse(
    document(
        rule(
            "https://*.a.test",
            "GET",
            "<AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>content-type</AllowedHeader>",
        ),
        rule("*", "PUT", "<MaxAgeSeconds>60</MaxAgeSeconds><ExposeHeader>ETag</ExposeHeader>"),
    )
)


def test_preflight_of_a_pattern_names_the_origin_and_allows_credentials() -> None:
    fields = dict(cors.preflight(RULES, "https://www.a.test", "GET", "X-Amz-Date, Content-Type"))
    assert fields["access-control-allow-origin"] == "https://www.a.test"
    assert fields["access-control-allow-credentials"] == "true"
    assert fields["access-control-allow-headers"] == "x-amz-date, content-type"
    assert fields["vary"] == cors.VARY


def test_preflight_of_a_star_never_allows_credentials() -> None:
    fields = dict(cors.preflight(RULES, "https://anywhere.test", "PUT", None))
    assert fields["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in fields
    assert fields["access-control-max-age"] == "60"
    assert fields["access-control-expose-headers"] == "ETag"


@pytest.mark.parametrize(
    ("rules", "origin", "method", "headers", "code", "message"),
    [
        (RULES, None, "GET", None, "BadRequest", "Insufficient information. Origin request header needed."),
        (RULES, "https://x", None, None, "BadRequest", "Invalid Access-Control-Request-Method: null"),
        (RULES, "https://x", "BREW", None, "BadRequest", "Invalid Access-Control-Request-Method: BREW"),
        (None, "https://x", "GET", None, "AccessForbidden", cors.NOT_ENABLED),
        (RULES, "https://b.test", "GET", None, "AccessForbidden", cors.NOT_ALLOWED),
        (RULES, "https://www.a.test", "GET", "authorization", "AccessForbidden", cors.NOT_ALLOWED),
        (RULES, "https://www.a.test", "DELETE", None, "AccessForbidden", cors.NOT_ALLOWED),
    ],
)
def test_refused_preflights(rules, origin, method, headers, code, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(S3Error) as caught:
        cors.preflight(rules, origin, method, headers)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_actual_requests_of_other_origins_get_nothing() -> None:
    assert cors.actual(RULES, "https://b.test", "GET") == []
    assert ("access-control-allow-origin", "https://w.a.test") in cors.actual(RULES, "https://w.a.test", "GET")


def test_a_wildcard_needs_room_for_both_ends() -> None:
    (only,) = cors.parse(document(rule("https://a*a.test")))
    assert cors.find((only,), "https://a.test", "GET") is None
    assert cors.find((only,), "https://aa.test", "GET") is only
