"""PostObject: a browser's form uploads one file (§4.12).

The form is authenticated by its own fields, so this handler runs with the anonymous proof of the pipeline, reads the
fields, and asks the authoriser again for the form's signer before a byte of the file is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from photoncloud.lightningstor.core import tagging, xml_in, xml_out
from photoncloud.lightningstor.core.digest_rules import Demands, read_demands, verify, wanted
from photoncloud.lightningstor.core.http_message import Headers, IncomingBody, Reply, Request
from photoncloud.lightningstor.core.object_headers import Attributes, attributes
from photoncloud.lightningstor.core.post_form import FormParser, boundary_of
from photoncloud.lightningstor.core.post_policy import PostPolicy, parse_policy
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.body_intake import MAX_OBJECT_BYTES, BodyIntake
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.body_sink import StoredBody
from photoncloud.lightningstor.service.call import Call, Payload

MAX_KEY_BYTES = 1024
NO_KEY = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
BAD_VALUE = "A form field contains a control character."
FILENAME = "${filename}"
NS_PER_MS = 1_000_000

_HEADER_FIELDS = frozenset(
    {"content-type", "content-encoding", "content-disposition", "content-language", "cache-control", "expires"}
)
_AUTH_FIELDS = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token"}
)
_STATUSES = {"200": 200, "201": 201, "204": 204}


class PutResult(Protocol):
    """What the object store says of a new version."""

    @property
    def etag(self) -> str:
        """Without quotes."""
        ...

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Reply fields of a put: version id, checksum, encryption; without ETag."""
        ...


class ObjectStore(Protocol):
    async def store(self, call: Call, body: StoredBody, attributes: Attributes) -> PutResult:
        """Publish and commit a verified body as `call.key`. Takes over the body: discards it on any failure."""
        ...


class FormAuthoriser(Protocol):
    async def authorise_form(self, call: Call, form: Mapping[str, str], key: bytes) -> Call:
        """The call of the form's signer (anonymous without a policy) for `key`, allowed to put, set ACL and tags.

        Raises S3Error of authentication and AccessDenied. `call.request` holds the form's fields as headers.
        """
        ...


class PostObjects:
    def __init__(self, intake: BodyIntake, keys: BodyKeys, objects: ObjectStore, authoriser: FormAuthoriser) -> None:
        self._intake = intake
        self._keys = keys
        self._objects = objects
        self._authoriser = authoriser

    async def post_object(self, call: Call) -> Reply:
        """The handler of `PostObject`."""
        form = _FormBody(call.request.body, FormParser(boundary_of(call.header("content-type") or "")))
        await form.read_fields()
        fields = form.parser.fields
        key = _key(fields, form.parser.filename)
        request = _as_request(call.request, fields)
        posted = replace(call, request=request, key=key, payload=Payload("unsigned"))
        posted = await self._authoriser.authorise_form(posted, fields, key)
        policy = parse_policy(fields["policy"]) if "policy" in fields else None
        if policy is not None:
            shown = {**fields, "key": key.decode("utf-8"), "bucket": call.bucket_name}
            policy.check(shown, call.now_ns // NS_PER_MS)
        kept = attributes(request.fields, request.headers)
        body = await self._read_file(posted, form, policy)
        result = await self._objects.store(posted, body, kept)
        return _reply(call, fields, key, result)

    async def _read_file(self, call: Call, form: _FormBody, policy: PostPolicy | None) -> StoredBody:
        request = call.request
        demands = read_demands(request.fields, request.headers, "unsigned")
        limit = MAX_OBJECT_BYTES
        if policy is not None and policy.size_range is not None:
            limit = min(limit, policy.size_range[1])
        body = await self._intake.store(
            form.file(limit),
            length=None,
            algorithms=wanted(demands, None),
            encryption=self._keys.for_new_body(call),
        )
        try:
            _judge(body, demands, policy)
        except S3Error:
            await asyncio.shield(body.discard())
            raise
        return body


def _judge(body: StoredBody, demands: Demands, policy: PostPolicy | None) -> None:
    if policy is not None:
        policy.check_size(body.size)
    verify(demands, None, body.digests, {})


class _FormBody:
    """The request's body as a form: fields first, then the file as an iterator."""

    def __init__(self, body: IncomingBody, parser: FormParser) -> None:
        self._body = body
        self.parser = parser
        self._first: list[bytes] = []

    async def read_fields(self) -> None:
        """Until the file begins, or the form ends without one (an error)."""
        while not self.parser.has_file:
            buffer = await self._body.read()
            if not buffer:
                self.parser.finish()
            self._first = self.parser.feed(buffer)

    async def file(self, limit: int) -> AsyncIterator[bytes]:
        """The file's bytes; raises S3Error EntityTooLarge once they are more than `limit`."""
        size = 0
        pieces = self._first
        while True:
            for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise S3Error("EntityTooLarge", fields={"ProposedSize": str(size), "MaxSizeAllowed": str(limit)})
                yield piece
            buffer = await self._body.read()
            if not buffer:
                self.parser.finish()
                return
            pieces = self.parser.feed(buffer)


def _key(fields: Mapping[str, str], filename: str) -> bytes:
    key = fields.get("key", "").replace(FILENAME, filename).encode("utf-8")
    if not key:
        raise S3Error("InvalidArgument", NO_KEY, fields={"ArgumentName": "key", "ArgumentValue": ""})
    if len(key) > MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError", fields={"Size": str(len(key)), "MaxSizeAllowed": str(MAX_KEY_BYTES)})
    return key


def _as_request(request: Request, form: Mapping[str, str]) -> Request:
    """The form's fields in the place of request headers, so that all rules of PutObject read them."""
    headers: Headers = tuple((name.encode("utf-8"), _header_value(name, value)) for name, value in _header_fields(form))
    return replace(request, headers=headers, fields=dict(headers))


def _header_fields(form: Mapping[str, str]) -> list[tuple[str, str]]:
    fields = []
    for name, value in form.items():
        if name == "acl":
            fields.append(("x-amz-acl", value))
        elif name == "tagging":
            tags = tagging.parse_xml(xml_in.parse(value.encode("utf-8"), "Tagging"), tagging.OBJECT_TAGS)
            fields.append(("x-amz-tagging", urlencode(tags)))
        elif name in _HEADER_FIELDS or (name.startswith("x-amz-") and name not in _AUTH_FIELDS):
            fields.append((name, value))
    return fields


def _header_value(name: str, value: str) -> bytes:
    if any(character < " " or character == "\x7f" for character in value):
        raise S3Error("InvalidArgument", BAD_VALUE, fields={"ArgumentName": name, "ArgumentValue": ""})
    return value.strip().encode("utf-8")


def _reply(call: Call, form: Mapping[str, str], key: bytes, result: PutResult) -> Reply:
    etag = f'"{result.etag}"'
    location = _location(call, key)
    headers = [*result.headers, (b"ETag", etag.encode("ascii")), (b"Location", location.encode("ascii"))]
    target = _redirect(form.get("success_action_redirect") or form.get("redirect") or "", call.bucket_name, key, etag)
    if target is not None:
        return Reply(303, [*headers[:-1], (b"Location", target)])
    status = _STATUSES.get(form.get("success_action_status", ""), 204)
    if status != 201:
        return Reply(status, headers)
    content = xml_out.wrap(
        "PostResponse",
        xml_out.element("Location", location),
        xml_out.element("Bucket", call.bucket_name),
        xml_out.element("Key", key.decode("utf-8")),
        xml_out.element("ETag", etag),
    )
    return Reply(201, [*headers, xml_out.CONTENT_TYPE], xml_out.DECLARATION + content)


def _location(call: Call, key: bytes) -> str:
    scheme = "https" if call.request.secure else "http"
    host = quote(call.request.fields.get(b"host", b"localhost"), safe=":.[]-")
    return f"{scheme}://{host}/{call.bucket_name}/{quote(key, safe='/~')}"


def _redirect(url: str, bucket: str, key: bytes, etag: str) -> bytes | None:
    """Where the browser goes next, with what was stored; None when the field is absent or no http(s) address."""
    if any(character <= " " or character > "~" for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("bucket", bucket), ("key", key.decode("utf-8"))]
    return urlunsplit(parts._replace(query=urlencode([*query, ("etag", etag)]))).encode("ascii")
