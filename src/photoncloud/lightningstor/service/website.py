"""Static websites: anonymous reading of a bucket by host name, with index, error documents and redirects.

Order (§4.14 of the component's page): redirect of everything; rules by prefix; index of a directory; the object or
its own redirect; the slash a visitor forgot; rules by error code; the error document; a plain HTML page. Query strings
select nothing here, and credentials are not looked at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from photoncloud.lightningstor.core import cors, website
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.core.object_key import check_object_key
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory

FetchObject = Callable[[Request, Bucket, bytes], Awaitable[Reply]]
"""GetObject of (bucket, key) as anybody, after deciding `s3:GetObject` for nobody in particular. Raises S3Error."""

_REDIRECT = b"x-amz-website-redirect-location"
_PLAIN_REQUEST_DROPS = frozenset({b"range", b"if-range", b"if-match", b"if-none-match"})
_PLAIN_REQUEST_DROPS |= {b"if-modified-since", b"if-unmodified-since"}
"""Validators speak of the page asked for, not of the error document sent in its place."""


@dataclass(frozen=True, slots=True)
class WebsiteRules:
    """Settings that may change while the server runs."""

    hosts: dict[str, str]
    domain: str
    missing_as_404: bool


class Websites:
    """`rules()` gives the present settings; `host_id` names the server on error pages."""

    def __init__(
        self, directory: BucketDirectory, fetch: FetchObject, rules: Callable[[], WebsiteRules], host_id: str
    ) -> None:
        self._directory = directory
        self._fetch = fetch
        self._rules = rules
        self._host_id = host_id

    async def handle(self, request: Request) -> Reply:
        """Answer any request; refusals become HTML pages."""
        bucket = None
        try:
            bucket = await self._bucket(request)
            reply = await self._answer(request, bucket)
        except S3Error as error:
            reply = self._error_reply(request, _page(error, ""), error)
        if bucket is not None:
            self._add_cors(request, bucket, reply)
        return reply

    async def _bucket(self, request: Request) -> Bucket:
        host = request.fields.get(b"host", b"").decode("latin-1")
        rules = self._rules()
        candidates = website.bucket_of_host(host, rules.hosts, rules.domain)
        for name in candidates:
            found = await self._directory.get(name)
            if found is not None:
                return found
        raise S3Error("NoSuchBucket", fields={"BucketName": candidates[0]})

    async def _answer(self, request: Request, bucket: Bucket) -> Reply:
        if request.method == "OPTIONS":
            return _preflight(request, bucket)
        if request.method not in ("GET", "HEAD"):
            fields = {"Method": request.method.upper(), "ResourceType": "OBJECT"}
            raise S3Error("MethodNotAllowed", fields=fields, headers=(("Allow", "GET, HEAD, OPTIONS"),))
        site = bucket.parsed("website", website.parse)
        if site is None:
            raise S3Error("NoSuchWebsiteConfiguration", fields={"BucketName": bucket.record.name})
        target = request.target.decode("latin-1")
        if site.redirect_all is not None:
            return _redirect(301, website.location_of_all(site, target, _scheme(request)))
        key = _key(target)
        rule = website.first_rule(site, key)
        if rule is not None:
            return self._follow(request, rule, key)
        return await self._serve(request, bucket, site, key)

    async def _serve(self, request: Request, bucket: Bucket, site: website.Website, key: str) -> Reply:
        wanted = website.index_key(site, key)
        try:
            reply = await self._fetch(request, bucket, wanted.encode())
        except S3Error as error:
            return await self._missing(request, bucket, site, key, wanted, self._as_missing(error))
        location = next((value for name, value in reply.headers if name == _REDIRECT), None)
        if location is not None:
            await _drop(reply)
            return _redirect(301, location.decode("latin-1"))
        return reply

    def _as_missing(self, error: S3Error) -> S3Error:
        """With `missing_as_404` a refusal looks like absence, as visitors of a website expect."""
        if error.code == "AccessDenied" and self._rules().missing_as_404:
            return S3Error("NoSuchKey", fields=error.fields)
        return error

    async def _missing(
        self, request: Request, bucket: Bucket, site: website.Website, key: str, wanted: str, error: S3Error
    ) -> Reply:
        status = ERRORS[error.code].status
        candidate = website.slash_candidate(site, key)
        if candidate is not None and status in (403, 404) and await self._is_readable(request, bucket, candidate):
            return _redirect(website.SLASH_REDIRECT_STATUS, website.slash_location(key))
        rule = website.error_rule(site, key, status)
        if rule is not None:
            return self._follow(request, rule, key)
        page = _page(error, wanted)
        if site.error_key and 400 <= status < 500:
            try:
                reply = await self._fetch(_plain(request), bucket, site.error_key.encode())
                reply.status = status
                return reply
            except S3Error as second:
                page = replace(
                    page,
                    document_code=second.code,
                    document_message=_message(second),
                    document_key=site.error_key,
                )
        return self._error_reply(request, page, error)

    async def _is_readable(self, request: Request, bucket: Bucket, key: str) -> bool:
        try:
            reply = await self._fetch(_plain(request), bucket, key.encode())
        except S3Error:
            return False
        await _drop(reply)
        return True

    def _follow(self, request: Request, rule: website.RoutingRule, key: str) -> Reply:
        host = request.fields.get(b"host", b"").decode("latin-1")
        return _redirect(rule.redirect.status, website.location(rule, key, _scheme(request), host))

    def _error_reply(self, request: Request, page: website.ErrorPage, error: S3Error) -> Reply:
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"x-amz-error-code", page.code.encode())]
        headers += [(name.lower().encode(), value.encode("latin-1")) for name, value in error.headers]
        body = website.error_html(page, request.request_id, self._host_id)
        return Reply(page.status, headers, body, close=error.close)

    @staticmethod
    def _add_cors(request: Request, bucket: Bucket, reply: Reply) -> None:
        origin = request.fields.get(b"origin")
        if origin is None or request.method == "OPTIONS":
            return
        rules = bucket.parsed("cors", cors.parse)
        if rules is not None:
            fields = cors.actual(rules, origin.decode("latin-1"), request.method)
            reply.headers += [(name.encode(), value.encode("latin-1")) for name, value in fields]


def _preflight(request: Request, bucket: Bucket) -> Reply:
    def value(name: bytes) -> str | None:
        found = request.fields.get(name)
        return None if found is None else found.decode("latin-1")

    fields = cors.preflight(
        bucket.parsed("cors", cors.parse),
        value(b"origin"),
        value(b"access-control-request-method"),
        value(b"access-control-request-headers"),
    )
    return Reply(200, [(name.encode(), text.encode("latin-1")) for name, text in fields])


def _key(target: str) -> str:
    """The key of a request target: path without its first slash, decoded once. Raises S3Error InvalidURI."""
    path = target.partition("?")[0].removeprefix("/")
    raw = unquote_to_bytes(path)
    if raw:
        check_object_key(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise S3Error("InvalidURI", fields={"URI": path}) from error


def _scheme(request: Request) -> str:
    return "https" if request.secure else "http"


def _redirect(status: int, location: str) -> Reply:
    return Reply(status, [(b"location", location.encode("utf-8"))])


def _message(error: S3Error) -> str:
    return error.message if error.message is not None else ERRORS[error.code].message


def _page(error: S3Error, key: str) -> website.ErrorPage:
    status = ERRORS[error.code].status
    details = tuple(error.fields.items())
    if key and "Key" not in error.fields:
        details = (*details, ("Key", key))
    return website.ErrorPage(status, HTTPStatus(status).phrase, error.code, _message(error), details)


def _plain(request: Request) -> Request:
    """The same visitor asking for something else: without validators and ranges, and with a body to be sent."""
    return replace(
        request,
        method="GET",
        headers=tuple(each for each in request.headers if each[0] not in _PLAIN_REQUEST_DROPS),
        fields={name: value for name, value in request.fields.items() if name not in _PLAIN_REQUEST_DROPS},
    )


async def _drop(reply: Reply) -> None:
    """Release what an unsent body holds."""
    close = getattr(reply.body, "aclose", None)
    if close is not None:
        await close()
