"""Websites as visitors see them: §4.14 rule by rule, over plain HTTP and TLS; buckets are set up through the API."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from photoncloud.testkit.s3_store import S3Store
from photoncloud.testkit.tls import Authority, Issued

ORIGIN = "https://app.example.test"
INDEX = {"IndexDocument": {"Suffix": "index.html"}}


@dataclass(frozen=True)
class Page:
    """An answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str | None:
        return self.headers.get("location")

    @property
    def code(self) -> str:
        found = re.search(rb"<li>Code: (\w+)</li>", self.body)
        return found[1].decode() if found else ""


class Visitor:
    """A browser that follows nothing and keeps nothing."""

    def __init__(self, store: S3Store, issued: Issued) -> None:
        self.store = store
        self._issued = issued

    def get(self, host: str, target: str = "/", method: str = "GET", *, tls: bool = False, **fields: str) -> Page:
        port = self.store.process.port("website-tls" if tls else "website")
        if tls:
            context = ssl.create_default_context(cafile=self._issued.ca_file)
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", port, timeout=10, context=context
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Host": host, **{name.replace("_", "-"): value for name, value in fields.items()}}
        try:
            connection.request(method, target, headers=headers)
            answer = connection.getresponse()
            return Page(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return Authority(tmp_path_factory.mktemp("tls")).issue()


@pytest.fixture(scope="module")
def store(start_store: Any, issued: Issued) -> Iterator[S3Store]:
    server = {
        "website_addr": "127.0.0.1:0",
        "website_tls_addr": "127.0.0.1:0",
        "s3_tls_addr": "127.0.0.1:0",
        "tls_cert_file": str(issued.cert_file),
        "tls_key_file": str(issued.key_file),
    }
    website = {"domain": "sites.example.test", "hosts": {"shop.example.org": "custom"}}
    with start_store(server=server, website=website) as running:
        yield running


@pytest.fixture(scope="module")
def s3(store: S3Store) -> Any:
    return store.client()


@pytest.fixture(scope="module")
def visitor(store: S3Store, issued: Issued) -> Visitor:
    return Visitor(store, issued)


def open_to_readers(s3: Any, bucket: str, prefix: str = "") -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/{prefix}*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def make_site(s3: Any, bucket: str, configuration: dict[str, Any], files: dict[str, bytes]) -> None:
    """A public website with these objects."""
    s3.create_bucket(Bucket=bucket)
    for key, body in files.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/html")
    open_to_readers(s3, bucket)
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=configuration)


SITE = "www.example.com"


@pytest.fixture(scope="module", autouse=True)
def site(s3: Any) -> None:
    files = {
        "index.html": b"home",
        "docs/index.html": b"documentation",
        "docs/page.html": b"0123456789",
        "sorry.html": b"<h1>sorry</h1>",
        "ä ö/index.html": b"umlauts",
        "100%/index.html": b"percent",
        "large.bin": bytes(range(256)) * 1000,
    }
    make_site(s3, SITE, {**INDEX, "ErrorDocument": {"Key": "sorry.html"}}, files)


# Finding the bucket.


@pytest.mark.parametrize("host", [SITE, f"{SITE}:9002", f"{SITE}.", "WWW.Example.COM", f"{SITE}.sites.example.test"])
def test_a_host_finds_its_bucket(visitor: Visitor, host: str) -> None:
    assert (visitor.get(host).status, visitor.get(host).body) == (200, b"home")


def test_a_label_below_the_domain_is_a_bucket(visitor: Visitor, s3: Any) -> None:
    make_site(s3, "label", INDEX, {"index.html": b"label"})
    assert visitor.get("label.sites.example.test").body == b"label"
    assert visitor.get("label").body == b"label", "a bucket of exactly that name"


def test_a_custom_host(visitor: Visitor, s3: Any) -> None:
    make_site(s3, "custom", INDEX, {"index.html": b"custom"})
    assert visitor.get("shop.example.org:80").body == b"custom"


def test_an_unknown_host_and_a_bucket_that_is_no_website(visitor: Visitor, s3: Any) -> None:
    unknown = visitor.get("nobody.example.com")
    assert (unknown.status, unknown.code) == (404, "NoSuchBucket")
    assert unknown.headers["content-type"] == "text/html; charset=utf-8"
    s3.create_bucket(Bucket="no-website")
    plain = visitor.get("no-website")
    assert (plain.status, plain.code) == (404, "NoSuchWebsiteConfiguration")
    assert b"The specified bucket does not have a website configuration" in plain.body


# Index, slash, error document.


def test_index_documents(visitor: Visitor) -> None:
    assert visitor.get(SITE, "/docs/").body == b"documentation"
    assert visitor.get(SITE, "/docs/page.html").body == b"0123456789"
    assert visitor.get(SITE, "/%C3%A4%20%C3%B6/").body == b"umlauts"
    assert visitor.get(SITE, "/large.bin").body == bytes(range(256)) * 1000


def test_a_forgotten_slash_is_put_back(visitor: Visitor) -> None:
    found = visitor.get(SITE, "/docs")
    assert (found.status, found.location) == (302, "/docs/")
    assert visitor.get(SITE, "/%C3%A4%20%C3%B6").location == "/%C3%A4%20%C3%B6/"
    percent = visitor.get(SITE, "/100%25")
    assert (percent.status, percent.location) == (302, "/100%25/"), "a redirect leads where it says"
    assert visitor.get(SITE, percent.location or "").body == b"percent"


def test_the_error_document_keeps_the_status(visitor: Visitor, s3: Any) -> None:
    open_list = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::listed"}
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::listed/*"}
    make_site(s3, "listed", {**INDEX, "ErrorDocument": {"Key": "sorry.html"}}, {"sorry.html": b"sorry"})
    missing = visitor.get("listed", "/absent")
    assert (missing.status, missing.body) == (403, b"sorry"), "who may not list does not learn what is missing"
    policy = {"Version": "2012-10-17", "Statement": [open_list, read]}
    s3.put_bucket_policy(Bucket="listed", Policy=json.dumps(policy))
    missing = visitor.get("listed", "/absent")
    assert (missing.status, missing.body, missing.headers["content-type"]) == (404, b"sorry", "text/html")
    head = visitor.get("listed", "/absent", "HEAD")
    assert (head.status, head.body) == (404, b"")


def test_without_error_document_there_is_a_page(visitor: Visitor, s3: Any) -> None:
    make_site(s3, "bare", INDEX, {"index.html": b"bare"})
    page = visitor.get("bare", "/absent")
    assert page.status == 403
    text = page.body.decode()
    assert "<title>403 Forbidden</title>" in text
    assert "<h1>403 Forbidden</h1>" in text
    for line in ("Code: AccessDenied", "Message: ", "RequestId: ", "HostId: "):
        assert f"<li>{line}" in text
    assert page.headers["x-amz-request-id"] in text
    assert page.headers["x-amz-id-2"] in text


def test_an_error_document_that_fails_itself(visitor: Visitor, s3: Any) -> None:
    make_site(s3, "doubly", {**INDEX, "ErrorDocument": {"Key": "gone.html"}}, {"index.html": b"x"})
    page = visitor.get("doubly", "/absent")
    assert page.status == 403
    assert b"An Error Occurred While Attempting to Retrieve a Custom Error Document" in page.body
    assert b"<li>Key: gone.html</li>" in page.body


def test_what_is_shown_is_escaped(visitor: Visitor, s3: Any) -> None:
    open_list = {"Effect": "Allow", "Principal": "*", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::escaped"}
    make_site(s3, "escaped", INDEX, {"index.html": b"x"})
    s3.put_bucket_policy(Bucket="escaped", Policy=json.dumps({"Version": "2012-10-17", "Statement": [open_list]}))
    page = visitor.get("escaped", "/%3Cscript%3Ealert(1)%3C/script%3E")
    assert b"<script>" not in page.body


@pytest.mark.parametrize("is_404", [True, False])
def test_missing_as_404(start_store: Any, issued: Issued, is_404: bool) -> None:
    with start_store(server={"website_addr": "127.0.0.1:0"}, website={"missing_as_404": is_404}) as store:
        make_site(store.client(), "quiet", INDEX, {"index.html": b"x"})
        page = Visitor(store, issued).get("quiet", "/absent")
    assert (page.status, page.code) == ((404, "NoSuchKey") if is_404 else (403, "AccessDenied"))


# Redirects.


def test_everything_elsewhere(visitor: Visitor, s3: Any) -> None:
    s3.create_bucket(Bucket="moved")
    everything = {"RedirectAllRequestsTo": {"HostName": "new.example.com"}}
    s3.put_bucket_website(Bucket="moved", WebsiteConfiguration=everything)
    found = visitor.get("moved", "/a%20b?x=1&y")
    assert (found.status, found.location) == (301, "http://new.example.com/a%20b?x=1&y")
    assert visitor.get("moved", "/", tls=True).location == "https://new.example.com/"
    everything["RedirectAllRequestsTo"]["Protocol"] = "https"
    s3.put_bucket_website(Bucket="moved", WebsiteConfiguration=everything)
    assert visitor.get("moved").location == "https://new.example.com/"


RULES = {
    "prefix": {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}},
    "page": {
        "Condition": {"KeyPrefixEquals": "page"},
        "Redirect": {"ReplaceKeyWith": "other.html", "HttpRedirectCode": "307"},
    },
    "host": {
        "Condition": {"KeyPrefixEquals": "away/"},
        "Redirect": {"HostName": "away.example.com", "Protocol": "https", "HttpRedirectCode": "302"},
    },
    "missing": {
        "Condition": {"HttpErrorCodeReturnedEquals": "403", "KeyPrefixEquals": "lost/"},
        "Redirect": {"HostName": "archive.example.com", "ReplaceKeyPrefixWith": "found/"},
    },
    "any missing": {"Condition": {"HttpErrorCodeReturnedEquals": "403"}, "Redirect": {"ReplaceKeyWith": "search?q="}},
}


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/old/a/b%20c", 301, "http://ruled/new/a/b%20c"),
        ("/old/", 301, "http://ruled/new/"),
        ("/old/50%25?", 301, "http://ruled/new/50%25"),
        ("/page-1", 307, "http://ruled/other.html"),
        ("/away/x", 302, "https://away.example.com/away/x"),
        ("/lost/x", 301, "http://archive.example.com/found/x"),
        ("/nothing", 301, "http://ruled/search?q="),
        ("/index.html", 200, None),
    ],
)
def test_routing_rules(visitor: Visitor, s3: Any, target: str, status: int, location: str | None) -> None:
    if "ruled" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        make_site(s3, "ruled", {**INDEX, "RoutingRules": list(RULES.values())}, {"index.html": b"ruled"})
    found = visitor.get("ruled", target)
    assert (found.status, found.location) == (status, location)


def test_an_object_may_lead_elsewhere(visitor: Visitor, s3: Any) -> None:
    s3.put_object(Bucket=SITE, Key="link", Body=b"x", WebsiteRedirectLocation="https://example.net/there?a=b")
    s3.put_object(Bucket=SITE, Key="inside", Body=b"x", WebsiteRedirectLocation="/docs/")
    for method in ("GET", "HEAD"):
        found = visitor.get(SITE, "/link", method)
        assert (found.status, found.location, found.body) == (301, "https://example.net/there?a=b", b"")
    assert visitor.get(SITE, "/inside").location == "/docs/"
    assert s3.get_object(Bucket=SITE, Key="link")["Body"].read() == b"x", "the API gives the object"
    with pytest.raises(ClientError, match="InvalidRedirectLocation"):
        s3.put_object(Bucket=SITE, Key="evil", WebsiteRedirectLocation="ftp://x")


# Objects as the API serves them.


def test_validators_ranges_and_heads(visitor: Visitor) -> None:
    page = visitor.get(SITE, "/docs/page.html")
    etag, modified = page.headers["etag"], page.headers["last-modified"]
    unchanged = visitor.get(SITE, "/docs/page.html", If_None_Match=etag)
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", etag)
    assert visitor.get(SITE, "/docs/page.html", If_Modified_Since=modified).status == 304
    part = visitor.get(SITE, "/docs/page.html", Range="bytes=2-4")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert visitor.get(SITE, "/docs/page.html", Range="bytes=10-").status == 416
    head = visitor.get(SITE, "/docs/page.html", "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")


def test_validators_do_not_touch_the_error_document(visitor: Visitor, s3: Any) -> None:
    etag = s3.head_object(Bucket=SITE, Key="sorry.html")["ETag"]
    found = visitor.get(SITE, "/absent", If_None_Match=etag, Range="bytes=0-1")
    assert (found.status, found.body) == (403, b"<h1>sorry</h1>")


def test_stored_headers_are_sent(visitor: Visitor, s3: Any) -> None:
    packed = gzip.compress(b"packed")
    options = {"ContentEncoding": "gzip", "CacheControl": "max-age=60", "ContentType": "text/css"}
    s3.put_object(Bucket=SITE, Key="style.css", Body=packed, **options)
    found = visitor.get(SITE, "/style.css")
    sent = [found.headers[name] for name in ("content-encoding", "cache-control", "content-type")]
    assert (sent, gzip.decompress(found.body)) == (["gzip", "max-age=60", "text/css"], b"packed")


def test_private_objects_stay_private(visitor: Visitor, s3: Any) -> None:
    s3.create_bucket(Bucket="half-open")
    for key in ("public/index.html", "private/index.html", "index.html"):
        s3.put_object(Bucket="half-open", Key=key, Body=key.encode())
    open_to_readers(s3, "half-open", "public/")
    s3.put_bucket_website(Bucket="half-open", WebsiteConfiguration=INDEX)
    assert visitor.get("half-open", "/public/").status == 200
    for target in ("/", "/private/", "/private/index.html"):
        refused = visitor.get("half-open", target)
        assert (refused.status, refused.code) == (403, "AccessDenied")
    assert visitor.get("half-open", "/private").status == 403, "no redirect tells that there is something"
    assert visitor.get("half-open", "/public").status == 302


def test_block_public_access_closes_a_website(visitor: Visitor, s3: Any) -> None:
    make_site(s3, "closed", INDEX, {"index.html": b"x"})
    block = {"RestrictPublicBuckets": True, "BlockPublicPolicy": False}
    s3.put_public_access_block(Bucket="closed", PublicAccessBlockConfiguration=block)
    assert visitor.get("closed").status == 403


def test_an_acl_may_open_one_object(visitor: Visitor, s3: Any) -> None:
    s3.create_bucket(Bucket="by-acl")
    s3.put_object(Bucket="by-acl", Key="index.html", Body=b"open", ACL="public-read")
    s3.put_bucket_website(Bucket="by-acl", WebsiteConfiguration=INDEX)
    assert visitor.get("by-acl").body == b"open"


def test_encrypted_objects(visitor: Visitor, s3: Any, store: S3Store, issued: Issued) -> None:
    s3.put_object(Bucket=SITE, Key="sealed.html", Body=b"sealed", ServerSideEncryption="AES256")
    assert visitor.get(SITE, "/sealed.html").body == b"sealed"
    secure = store.client(endpoint=store.process.url("s3-tls", scheme="https"), verify=str(issued.ca_file))
    options = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    secure.put_object(Bucket=SITE, Key="theirs.html", Body=b"x", **options)
    refused = visitor.get(SITE, "/theirs.html")
    assert refused.status == 400


# What is no website.


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_reading(visitor: Visitor, method: str) -> None:
    refused = visitor.get(SITE, "/docs/page.html", method)
    assert (refused.status, refused.code) == (405, "MethodNotAllowed")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
    assert visitor.get(SITE, "/docs/page.html").status == 200


@pytest.mark.parametrize("query", ["acl", "uploads", "list-type=2", "versionId=null", "policy", "tagging", "x-id=x"])
def test_query_strings_select_nothing(visitor: Visitor, query: str) -> None:
    assert visitor.get(SITE, f"/docs/page.html?{query}").body == b"0123456789"
    assert visitor.get(SITE, f"/?{query}").body == b"home"


def test_credentials_are_not_looked_at(visitor: Visitor, s3: Any) -> None:
    garbage = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    assert visitor.get(SITE, "/", Authorization=garbage).body == b"home"
    s3.create_bucket(Bucket="secret-site")
    s3.put_object(Bucket="secret-site", Key="index.html", Body=b"x")
    s3.put_bucket_website(Bucket="secret-site", WebsiteConfiguration=INDEX)
    signed = s3.generate_presigned_url("get_object", {"Bucket": "secret-site", "Key": "index.html"})
    query = signed.partition("?")[2]
    assert visitor.get("secret-site", f"/index.html?{query}").status == 403


def test_bad_targets_are_told_in_html(visitor: Visitor) -> None:
    for target in ("/%ff", "/" + "k" * 1025):
        page = visitor.get(SITE, target)
        assert page.status in (400, 403), target
        assert page.headers["content-type"].startswith("text/html")


# Across origins.


def test_cors_of_a_website(visitor: Visitor, s3: Any) -> None:
    make_site(s3, "shared", INDEX, {"index.html": b"shared"})
    rule = {"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET"], "AllowedHeaders": ["x-*"], "MaxAgeSeconds": 60}
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": [rule]})
    asked = {"Origin": ORIGIN, "Access_Control_Request_Method": "GET"}
    allowed = visitor.get("shared", "/", "OPTIONS", **asked)
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert allowed.headers["access-control-max-age"] == "60"
    refused = visitor.get("shared", "/", "OPTIONS", **{**asked, "Origin": "https://else.test"})
    assert (refused.status, refused.code) == (403, "AccessForbidden")
    page = visitor.get("shared", "/", Origin=ORIGIN)
    assert (page.body, page.headers["access-control-allow-origin"]) == (b"shared", ORIGIN)
    assert "Origin" in page.headers["vary"]
    missing = visitor.get("shared", "/absent", Origin=ORIGIN)
    assert (missing.status, missing.headers["access-control-allow-origin"]) == (403, ORIGIN)
    assert "access-control-allow-origin" not in visitor.get("shared", "/", Origin="https://else.test").headers


# What the API refuses to keep.


@pytest.mark.parametrize(
    ("configuration", "code", "message"),
    [
        ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"),
        ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"),
        ({"RedirectAllRequestsTo": {"HostName": "x"}, **INDEX}, "InvalidRequest", "RedirectAllRequestsTo"),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "300", "HostName": "x"}}]},
            "InvalidRequest",
            "The provided HTTP redirect code (300) is not valid. Valid codes are 3XX except 300.",
        ),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]},
            "InvalidRequest",
            "",
        ),
        ({**INDEX, "RoutingRules": [{"Redirect": {"HostName": "x"}}] * 51}, "InvalidRequest", "limited to 50"),
        ({**INDEX, "RoutingRules": [{"Redirect": {"HostName": "a\r\nb"}}]}, "", ""),
    ],
)
def test_refused_configurations(s3: Any, configuration: dict[str, Any], code: str, message: str) -> None:
    s3.put_bucket_website(Bucket=SITE, WebsiteConfiguration={**INDEX, "ErrorDocument": {"Key": "sorry.html"}})
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_website(Bucket=SITE, WebsiteConfiguration=configuration)
    error = refused.value.response["Error"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert not code or (error["Code"], message in error["Message"]) == (code, True)
    assert s3.get_bucket_website(Bucket=SITE)["ErrorDocument"] == {"Key": "sorry.html"}, "the old one stays"


def test_a_switched_off_listener(start_store: Any, tmp_path: Path) -> None:
    with start_store(server={"website_addr": "127.0.0.1:0"}, features={"website": False}) as store:
        with pytest.raises(KeyError):
            store.process.address("website")
        store.client().create_bucket(Bucket="off")
        with pytest.raises(ClientError, match="NotImplemented"):
            store.client().put_bucket_website(Bucket="off", WebsiteConfiguration=INDEX)
