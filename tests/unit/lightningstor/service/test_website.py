"""Website requests, page by page: what a visitor gets, in S3's order of rules."""

from __future__ import annotations

import pytest

from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex
from photoncloud.lightningstor.core import cors
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.core.records import BucketRecord
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory, Document
from photoncloud.lightningstor.service.website import WebsiteRules, Websites

CONFIGURATION = b"""<WebsiteConfiguration>
<IndexDocument><Suffix>index.html</Suffix></IndexDocument><ErrorDocument><Key>error.html</Key></ErrorDocument>
<RoutingRules>
<RoutingRule><Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition>
<Redirect><ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith><HttpRedirectCode>307</HttpRedirectCode></Redirect></RoutingRule>
<RoutingRule><Condition><KeyPrefixEquals>gone/</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>
</Condition><Redirect><ReplaceKeyWith>where.html</ReplaceKeyWith></Redirect></RoutingRule>
</RoutingRules></WebsiteConfiguration>"""
CORS = (
    b"<CORSConfiguration><CORSRule><AllowedOrigin>https://a.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    b"</CORSRule></CORSConfiguration>"
)
PAGES = {
    "index.html": b"home",
    "docs/index.html": b"docs",
    "error.html": b"sorry",
    "a b.txt": b"text",
    "moved": b"",
}
SECRET = "secret.html"


class Site:
    """One website with the pages above; `secret.html` exists and is refused to the public."""

    def __init__(
        self, website: bytes = CONFIGURATION, *, missing_as_404: bool = False, pages: dict[str, bytes] = PAGES
    ) -> None:
        self.pages = pages
        self.asked: list[Request] = []
        directory = BucketDirectory(LocalIndex(MemoryMetadata()))
        record = BucketRecord(
            name="www.example.test", id=b"\1" * 8, owner="o", owner_name="o", account_id="1", region="r", created_ms=0
        )
        documents = {"cors": Document(CORS, 1)} | ({"website": Document(website, 1)} if website else {})
        directory._known["www.example.test"] = Bucket(record, 1, 1, documents)
        rules = WebsiteRules({"custom.test": "www.example.test"}, "web.test", missing_as_404)
        self.websites = Websites(directory, self.fetch, lambda: rules, "host-id")

    async def fetch(self, request: Request, bucket: Bucket, key: bytes) -> Reply:
        self.asked.append(request)
        name = key.decode()
        if name == SECRET:
            raise S3Error("AccessDenied")
        if name not in self.pages:
            raise S3Error("NoSuchKey", fields={"Key": name})
        if name == "moved":
            return Reply(200, [(b"x-amz-website-redirect-location", b"https://other.test/x")])
        return Reply(200, [(b"content-type", b"text/html")], self.pages[name])

    async def get(self, target: str, method: str = "GET", host: str = "www.example.test:9002", **fields: str) -> Reply:
        headers = {b"host": host.encode()} | {n.replace("_", "-").encode(): v.encode() for n, v in fields.items()}
        request = Request(method, target.encode(), tuple(headers.items()), headers, None, "192.0.2.1", False, "REQ", 0)  # type: ignore[arg-type]
        return await self.websites.handle(request)


def field(reply: Reply, name: bytes) -> bytes | None:
    return dict(reply.headers).get(name)


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/", 200, b"home"),
        ("/docs/", 200, b"docs"),
        ("/a%20b.txt", 200, b"text"),
        ("/a%20b.txt?acl&uploads", 200, b"text"),
        ("/missing", 404, b"sorry"),
        ("/secret.html", 403, b"sorry"),
        ("/docs//", 404, b"sorry"),
    ],
)
async def test_pages(target: str, status: int, body: bytes) -> None:
    reply = await Site().get(target)
    assert (reply.status, reply.body) == (status, body)


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/docs", 302, b"/docs/"),
        ("/old/page", 307, b"http://www.example.test:9002/new/page"),
        ("/gone/page", 301, b"http://www.example.test:9002/where.html"),
        ("/moved", 301, b"https://other.test/x"),
    ],
)
async def test_redirects(target: str, status: int, location: bytes) -> None:
    reply = await Site().get(target)
    assert (reply.status, field(reply, b"location")) == (status, location)


@pytest.mark.parametrize(
    "host", ["www.example.test", "WWW.EXAMPLE.TEST.", "custom.test:80", "www.example.test.web.test"]
)
async def test_hosts_find_their_bucket(host: str) -> None:
    assert (await Site().get("/", host=host)).body == b"home"


async def test_unknown_hosts_and_buckets_without_website() -> None:
    for site, host, code in (
        (Site(), "nobody.test", b"NoSuchBucket"),
        (Site(b""), "www.example.test", b"NoSuchWebsiteConfiguration"),
    ):
        reply = await site.get("/", host=host)
        assert reply.status == 404
        assert isinstance(reply.body, bytes)
        assert code in reply.body
        assert b"<h1>404 Not Found</h1>" in reply.body


async def test_redirect_all_keeps_the_raw_target() -> None:
    site = Site(
        b"<WebsiteConfiguration><RedirectAllRequestsTo><HostName>new.test</HostName><Protocol>https</Protocol>"
        b"</RedirectAllRequestsTo></WebsiteConfiguration>"
    )
    reply = await site.get("/a%20b?x=1")
    assert (reply.status, field(reply, b"location")) == (301, b"https://new.test/a%20b?x=1")


async def test_a_missing_error_document_is_told_on_the_page() -> None:
    reply = await Site(pages={"index.html": b"home"}).get("/missing")
    assert reply.status == 404
    assert isinstance(reply.body, bytes)
    assert b"An Error Occurred While Attempting to Retrieve a Custom Error Document" in reply.body
    assert b"<li>Key: missing</li>" in reply.body


async def test_missing_as_404_hides_what_is_refused() -> None:
    reply = await Site(missing_as_404=True).get("/secret.html")
    assert (reply.status, reply.body) == (404, b"sorry")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_only_reading(method: str) -> None:
    reply = await Site().get("/", method=method)
    assert reply.status == 405
    assert field(reply, b"allow") == b"GET, HEAD, OPTIONS"
    assert field(reply, b"content-type") == b"text/html; charset=utf-8"


async def test_error_documents_are_fetched_without_the_visitors_validators() -> None:
    site = Site()
    await site.get("/missing", if_none_match='"x"', range="bytes=0-1")
    assert b"if-none-match" in site.asked[0].fields
    assert b"if-none-match" not in site.asked[-1].fields
    assert b"range" not in site.asked[-1].fields


async def test_cors_on_pages_errors_and_preflight() -> None:
    site = Site()
    for target in ("/", "/missing"):
        reply = await site.get(target, origin="https://a.test")
        assert field(reply, b"access-control-allow-origin") == b"https://a.test"
    assert field(await site.get("/", origin="https://b.test"), b"access-control-allow-origin") is None
    allowed = await site.get("/", method="OPTIONS", origin="https://a.test", access_control_request_method="GET")
    assert (allowed.status, field(allowed, b"vary")) == (200, cors.VARY.encode())
    assert (await site.get("/", method="OPTIONS")).status == 400


@pytest.mark.parametrize("target", ["/%ff", "/" + "x" * 1025])
async def test_keys_that_cannot_exist(target: str) -> None:
    assert (await Site().get(target)).status == 400
