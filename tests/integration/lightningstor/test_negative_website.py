"""The website listener is no API, and nothing that is secret is in any log at any level."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from photoncloud.testkit import s3_signing as signing
from photoncloud.testkit.blocking_server import blocking_server
from photoncloud.testkit.s3_state import snapshot
from photoncloud.testkit.s3_store import SECRET_KEY, S3Store, store_settings
from photoncloud.testkit.s3_wire import Target

SITE = "www.example.test"


@dataclass(frozen=True)
class Site:
    store: S3Store
    api: Target
    web: Target


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    settings = store_settings(folder, server={"website_addr": "127.0.0.1:0", "trusted_proxies": ["192.0.2.0/24"]})
    settings["sse"] = {"c_require_tls": False}
    photon = {"logging": {"level": "debug"}}
    with blocking_server("lightningstor", folder, settings=settings, photon=photon) as process:
        store = S3Store(process)
        api = store.target
        web = Target(("127.0.0.1", process.port("website")), api.signer, host=SITE)
        document = (
            b"<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>"
        )
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{SITE}/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
        for request in (
            api.signed("PUT", f"/{SITE}"),
            api.signed("PUT", f"/{SITE}/index.html", b"<h1>home</h1>"),
            api.signed("PUT", f"/{SITE}", document, query={"website": ""}),
            api.signed("PUT", f"/{SITE}", policy, query={"policy": ""}),
            api.signed("PUT", "/private-bucket"),
            api.signed("PUT", "/private-bucket/key", b"private"),
        ):
            assert api.send(request).status in (200, 204)
        yield Site(store, api, web)


def test_it_is_a_website(site: Site) -> None:
    assert site.web.send(site.web.anonymous("GET", "/")).body == b"<h1>home</h1>"


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("PUT", "/new.html", {}),
        ("POST", "/", {"delete": ""}),
        ("POST", "/index.html", {"uploads": ""}),
        ("DELETE", "/index.html", {}),
        ("DELETE", "/", {}),
        ("PUT", "/", {"policy": ""}),
        ("PUT", "/", {"acl": ""}),
        ("PATCH", "/", {}),
    ],
)
def test_operations_of_the_api(method: str, path: str, query: dict[str, str], site: Site) -> None:
    """Signed by root or not: 405, and the store is what it was."""
    before = snapshot(site.api, site.store.data_dir)
    for request in (
        site.web.signed(method, path, b"<x/>", query=query),
        site.web.presigned(method, path, b"<x/>", query=query),
        site.web.anonymous(method, path, b"<x/>", query=query),
    ):
        answer = site.web.send(request)
        assert answer.status == 405
        assert answer.headers["content-type"].startswith("text/html")
    assert snapshot(site.api, site.store.data_dir) == before


@pytest.mark.parametrize(
    "query",
    [
        "acl",
        "policy",
        "versions",
        "list-type=2",
        "uploads",
        "prefix=&delimiter=/",
        "versionId=null",
        "location",
        "website",
        "X-Amz-Credential=a&X-Amz-Signature=b",
        "response-content-type=text/evil",
        "partNumber=1",
    ],
)
def test_queries_select_nothing(query: str, site: Site) -> None:
    for request in (site.web.anonymous("GET", "/"), site.web.signed("GET", "/")):
        answer = site.web.send(replace(request, query=query))
        assert (answer.status, answer.body) == (200, b"<h1>home</h1>")
        assert answer.headers.get("content-type") != "text/evil"


@pytest.mark.parametrize(
    "host", ["private-bucket", "private-bucket.localhost", "nobody.test", "localhost", "127.0.0.1"]
)
def test_other_hosts_show_no_bucket(host: str, site: Site) -> None:
    for path in ("/", "/key", "/private-bucket/key", f"/{SITE}/index.html"):
        answer = site.web.send(replace(site.web, host=host).signed("GET", path))
        assert answer.status in (403, 404)
        assert b"private<" not in answer.body
        assert answer.body != b"private"
        assert b"ListBucketResult" not in answer.body


@pytest.mark.parametrize(
    "path", ["/%0d%0ax-injected:%20yes", "/a%0d%0aLocation:%20http://evil/", "//evil.example/..", "/a/%0a"]
)
def test_paths_cannot_add_fields(path: str, site: Site) -> None:
    answer = site.web.send(replace(site.web.anonymous("GET", "/"), path=path))
    assert answer.status in (302, 400, 403, 404)
    assert "x-injected" not in answer.headers
    assert not answer.headers.get("location", "").startswith(("http://evil", "//"))


@pytest.mark.parametrize("length", [1_025, 4_200, 9_000])
def test_paths_and_hosts_longer_than_any_name(length: int, site: Site) -> None:
    long = "k" * length
    assert site.web.send(site.web.anonymous("GET", f"/{long}")).status in (400, 403, 404)
    assert site.web.send(site.web.anonymous("GET", f"/{long}/")).status in (400, 403, 404)
    assert site.web.send(replace(site.web, host=long).anonymous("GET", "/")).status == 404


def test_errors_do_not_echo_markup(site: Site) -> None:
    answer = site.web.send(
        replace(site.web.anonymous("GET", "/"), path="/<script>alert(1)</script>".replace("<", "%3C"))
    )
    assert b"<script>" not in answer.body


def test_nothing_secret_is_logged(site: Site) -> None:
    """At debug level, with every request on record: no secret, no signature, no customer key, no session token."""
    api = site.api
    customer = hashlib.sha256(b"customer").digest()
    key = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": base64.b64encode(customer).decode(),
        "x-amz-server-side-encryption-customer-key-md5": base64.b64encode(hashlib.md5(customer).digest()).decode(),
    }
    presigned = api.presigned("GET", "/private-bucket/key", query={"X-Amz-Security-Token": "tokentokentoken"})
    sent = [
        api.signed("PUT", "/private-bucket/ssec", b"x" * 100, fields=key),
        api.signed("GET", "/private-bucket/ssec", fields=key),
        api.signed("GET", "/private-bucket/ssec", fields={**key, "x-amz-server-side-encryption-customer-key": "bad"}),
        api.signed("GET", "/private-bucket/missing", fields=key),
        api.signed("GET", "/private-bucket/key", fields={"x-amz-security-token": "tokentokentoken"}),
        presigned,
        api.presigned("GET", "/private-bucket/key"),
        api.presigned("GET", "/private-bucket/%zz".replace("%zz", "%25")),
        api.streamed("PUT", "/private-bucket/stream", b"x" * 9000),
        replace(api, signer=replace(api.signer, secret_key="a wrong secret")).signed("GET", "/private-bucket/key"),
        api.form("/private-bucket", {"expiration": "2999-01-01T00:00:00Z", "conditions": []}, {"key": "k"}, b"x"),
    ]
    for request in sent:
        api.send(request)
        api.send(replace(request, path=request.path + "%zz"))
    assert api.send(sent[1]).body == b"x" * 100
    log = "\n".join([*site.store.process.lines, *site.store.process.errors])
    assert '"level":"debug"' in log
    secrets = [SECRET_KEY, "a wrong secret", "tokentokentoken", *key.values()]
    secrets.remove("AES256")
    secrets += [request.field("authorization").rpartition("Signature=")[2] for request in sent]
    secrets += [request.query.rpartition("X-Amz-Signature=")[2] for request in sent]
    secrets += [
        line.partition(b"chunk-signature=")[2].decode() for line in sent[8].body.split(b"\r\n") if b"-sig" in line
    ]
    stamp = signing.stamp_of()
    assert stamp[:8] in log.replace("-", "")
    assert [secret for secret in secrets if secret and secret in log] == []
