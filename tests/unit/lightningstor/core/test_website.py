"""Websites: documents, routing decisions, locations and error pages."""

from __future__ import annotations

import pytest

from photoncloud.lightningstor.core import website
from photoncloud.lightningstor.errors import S3Error


def document(inside: str) -> bytes:
    return f"<WebsiteConfiguration>{inside}</WebsiteConfiguration>".encode()


INDEX = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
ALL = "<RedirectAllRequestsTo><HostName>www.test</HostName></RedirectAllRequestsTo>"


def with_rules(*rules: str) -> website.Website:
    listed = "".join(f"<RoutingRule>{rule}</RoutingRule>" for rule in rules)
    return website.parse(document(f"{INDEX}<RoutingRules>{listed}</RoutingRules>"))


def test_index_and_error_document() -> None:
    site = website.parse(document(f"{INDEX}<ErrorDocument><Key>404.html</Key></ErrorDocument>"))
    assert (site.index_suffix, site.error_key, site.rules) == ("index.html", "404.html", ())


def test_redirect_all_keeps_path_and_query() -> None:
    site = website.parse(document(ALL))
    assert website.location_of_all(site, "/a%20b?c=d", "https") == "https://www.test/a%20b?c=d"


@pytest.mark.parametrize(
    ("inside", "code", "part"),
    [
        ("", "InvalidArgument", "IndexDocument Suffix"),
        ("<IndexDocument><Suffix>a/b</Suffix></IndexDocument>", "InvalidArgument", "not well formed"),
        ("<IndexDocument><Suffix></Suffix></IndexDocument>", "InvalidArgument", "not well formed"),
        (INDEX + "<ErrorDocument/>", "InvalidArgument", "ErrorDocument Key"),
        (ALL + INDEX, "InvalidRequest", "RedirectAllRequestsTo cannot be provided"),
        ("<RedirectAllRequestsTo/>", "MalformedXML", ""),
        (ALL.replace("</HostName>", "</HostName><Protocol>ftp</Protocol>"), "InvalidRequest", "protocol"),
        (INDEX + INDEX, "MalformedXML", ""),
    ],
)
def test_bad_documents(inside: str, code: str, part: str) -> None:
    with pytest.raises(S3Error) as caught:
        website.parse(document(inside))
    assert caught.value.code == code
    assert part in (caught.value.message or "")


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        (
            "<Redirect><HttpRedirectCode>300</HttpRedirectCode></Redirect>",
            "(300) is not valid. Valid codes are 3XX except 300.",
        ),
        ("<Redirect><HttpRedirectCode>404</HttpRedirectCode></Redirect>", "(404) is not valid"),
        ("<Redirect><HttpRedirectCode>x</HttpRedirectCode></Redirect>", "(x) is not valid"),
        ("<Condition/><Redirect><HostName>h</HostName></Redirect>", "Condition cannot be empty"),
        (
            "<Condition><HttpErrorCodeReturnedEquals>200</HttpErrorCodeReturnedEquals></Condition><Redirect/>",
            "HTTP error code (200)",
        ),
        (
            "<Redirect><ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith></Redirect>",
            "not both",
        ),
        ("<Redirect><HostName>a&#10;b</HostName></Redirect>", "control characters"),
    ],
)
def test_bad_rules(rule: str, part: str) -> None:
    with pytest.raises(S3Error) as caught:
        with_rules(rule)
    assert caught.value.code == "InvalidRequest"
    assert part in (caught.value.message or "")


def test_more_than_fifty_rules_are_refused() -> None:
    with pytest.raises(S3Error) as caught:
        with_rules(*["<Redirect><HostName>h</HostName></Redirect>"] * 51)
    assert caught.value.code == "InvalidRequest"


@pytest.mark.parametrize(
    ("key", "expected"), [("", "index.html"), ("a/", "a/index.html"), ("a", "a"), ("a/b.css", "a/b.css")]
)
def test_directories_get_the_index(key: str, expected: str) -> None:
    site = website.parse(document(INDEX))
    assert website.index_key(site, key) == expected


def test_slash_candidate() -> None:
    site = website.parse(document(INDEX))
    assert website.slash_candidate(site, "docs") == "docs/index.html"
    assert website.slash_candidate(site, "docs/") is None
    assert website.slash_candidate(site, "") is None
    assert website.slash_location("döcs") == "/d%C3%B6cs/"


def test_rules_by_prefix_come_first_and_only_the_prefix_is_replaced() -> None:
    site = with_rules(
        "<Condition><KeyPrefixEquals>docs/</KeyPrefixEquals></Condition>"
        "<Redirect><ReplaceKeyPrefixWith>documents/</ReplaceKeyPrefixWith></Redirect>",
        "<Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition>"
        "<Redirect><HostName>other.test</HostName><Protocol>https</Protocol>"
        "<ReplaceKeyWith>gone</ReplaceKeyWith><HttpRedirectCode>302</HttpRedirectCode></Redirect>",
        "<Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>"
        "<KeyPrefixEquals>img/</KeyPrefixEquals></Condition><Redirect><HostName>never.test</HostName></Redirect>",
    )
    rule = website.first_rule(site, "docs/a b")
    assert rule is not None
    assert website.location(rule, "docs/a b", "http", "h:9002") == "http://h:9002/documents/a%20b"
    assert website.first_rule(site, "x") is None
    missing = website.error_rule(site, "img/x", 404)
    assert missing is not None
    assert website.location(missing, "img/x", "http", "h") == "https://other.test/gone"
    assert missing.redirect.status == 302
    assert website.error_rule(site, "x", 403) is None


def test_a_rule_without_condition_takes_everything() -> None:
    site = with_rules("<Redirect><HostName>new.test</HostName></Redirect>")
    rule = website.first_rule(site, "any/thing")
    assert rule is not None
    assert website.location(rule, "any/thing", "https", "old") == "https://new.test/any/thing"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("WWW.Example.test:9002", ("www.example.test",)),
        ("www.example.test.", ("www.example.test",)),
        ("site.web.test", ("site.web.test", "site")),
        ("custom.test", ("bucket-one",)),
        ("web.test", ("web.test",)),
        ("[::1]:9002", ("[::1]",)),
    ],
)
def test_hosts(host: str, expected: tuple[str, ...]) -> None:
    assert website.bucket_of_host(host, {"custom.test": "bucket-one"}, "web.test") == expected


def test_a_redirect_leads_to_the_key_that_was_asked_for() -> None:
    """What a visitor's key contains is encoded; what an operator wrote into a rule stays as written."""
    assert website.slash_location("50%/a?b#c") == "/50%25/a%3Fb%23c/"
    rule = website.RoutingRule(website.Redirect(replace_prefix="new/%20?q="), "old/")
    assert website.location(rule, "old/100%", "http", "h") == "http://h/new/%20?q=100%25"


def test_error_page_escapes_what_users_chose() -> None:
    page = website.ErrorPage(
        404, "Not Found", "NoSuchKey", "gone", (("Key", "<script>"),), "AccessDenied", "no", "404.html"
    )
    html = website.error_html(page, "REQ", "HOST").decode()
    assert "<title>404 Not Found</title>" in html
    assert "<h1>404 Not Found</h1>" in html
    assert "<li>Key: &lt;script&gt;</li>" in html
    assert "<li>RequestId: REQ</li>" in html
    assert "An Error Occurred While Attempting to Retrieve a Custom Error Document" in html
    assert "<li>Code: AccessDenied</li>" in html
