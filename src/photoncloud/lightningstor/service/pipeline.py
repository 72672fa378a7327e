"""One request from its head to its reply, in the one order of lightningstor.md §4.1.

Address, operation, authentication, bucket, authorisation (copy source included), rules of the operation's fields,
admission; only then the handler, whose first read of the body sends `100 Continue`. What is refused is explained to
the operator and recorded once, here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from photoncloud.lightningstor.core import actions, cors, target
from photoncloud.lightningstor.core.access_conditions import AccessContext
from photoncloud.lightningstor.core.addressing import Domains, address
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.core.http_message import Reply, Request
from photoncloud.lightningstor.core.object_key import check_object_key
from photoncloud.lightningstor.core.operations import PREFLIGHT
from photoncloud.lightningstor.core.router import route
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.admission import Admission
from photoncloud.lightningstor.service.authentication import Authenticator
from photoncloud.lightningstor.service.authorisation import Authoriser, Question
from photoncloud.lightningstor.service.bucket_directory import Bucket, BucketDirectory
from photoncloud.lightningstor.service.bucket_owner import check_expected_owner
from photoncloud.lightningstor.service.call import Call, Handler, Payload
from photoncloud.lightningstor.service.copy_sources import CopySources
from photoncloud.lightningstor.service.error_replies import as_s3_error, error_reply
from photoncloud.lightningstor.service.explain import Explanations, refusal_of
from photoncloud.lightningstor.service.traffic import Traffic
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor.pipeline")
audit = get_logger("photoncloud.lightningstor.audit")
"""One line a request. Refusals, failures and changes of buckets are `info`, the rest is `debug`: with
`photon.logging.levels."photoncloud.lightningstor.audit" = "debug"` every request is on record."""

_WITH_SOURCE = frozenset({"CopyObject", "UploadPartCopy"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ORDINARY = frozenset({304, 404, 412, 416})
"""Answers that are part of ordinary work: neither explained nor notable."""
_NS_PER_SEC = 1_000_000_000


@dataclass(slots=True)
class Exchange:
    """What is known about a request so far, for whoever reports on it."""

    request: Request
    operation: str = "Unknown"
    bucket_name: str = ""
    key: bytes = b""
    bucket: Bucket | None = None
    question: Question | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where the pipeline tells what happened. `report_defect(request_id, error)` logs what nobody expected."""

    explanations: Explanations
    traffic: Traffic
    report_defect: Callable[[str, BaseException], None]
    monotonic_ns: Callable[[], int]
    host_id: str


class Pipeline:
    """`domains` may be replaced while the server runs."""

    def __init__(
        self,
        *,
        domains: Domains,
        directory: BucketDirectory,
        authenticator: Authenticator,
        authoriser: Authoriser,
        copy_sources: CopySources,
        admission: Admission,
        handlers: Mapping[str, Handler],
        reporting: Reporting,
    ) -> None:
        self.domains = domains
        self._directory = directory
        self._authenticator = authenticator
        self._authoriser = authoriser
        self._copy_sources = copy_sources
        self._admission = admission
        self._handlers = handlers
        self._report = reporting

    async def handle(self, request: Request) -> Reply:
        """The reply to any request; refusals and defects included."""
        started_ns = self._report.monotonic_ns()
        exchange = Exchange(request)
        try:
            reply = await self._serve(exchange)
        except Exception as error:
            reply = self._refuse(exchange, error)
        if b"origin" in request.fields and exchange.operation != PREFLIGHT.name:
            _add_cors(exchange, reply)
        self._record(exchange, reply, self._report.monotonic_ns() - started_ns)
        return reply

    async def _serve(self, exchange: Exchange) -> Reply:
        request = exchange.request
        path, raw_query = target.split(request.target)
        query = target.parameters(raw_query)
        addressed = address(path, request.fields.get(b"host", b""), self.domains)
        exchange.bucket_name, exchange.key = addressed.bucket, addressed.key
        found = route(request.method, addressed.bucket, addressed.key, query, request.fields)
        operation = found.operation
        if operation is not None:
            exchange.operation = operation.name
        if operation is PREFLIGHT:
            return await self._preflight(exchange)
        caller = await self._authenticator.authenticate(request)
        if found.refusal is not None or operation is None:
            raise found.refusal or S3Error("MethodNotAllowed")
        check_object_key(addressed.key)
        bucket = await self._bucket(exchange)
        context = AccessContext(request, operation.name, query, request.received_ns, caller.signature)
        version = query.get("versionId", "")
        question = Question(caller.principal, bucket, addressed.bucket, addressed.key, version, context)
        exchange.question = question
        authorised = await self._authoriser.authorise(question, actions.needs(operation.name, query, request.fields))
        source = await self._copy_sources.resolve(question) if operation.name in _WITH_SOURCE else None
        if request.method == "PUT" and b"content-length" not in request.fields:
            _check_framing(request, caller.payload)
        call = Call(
            request,
            operation.name,
            authorised,
            addressed.bucket,
            addressed.key,
            query,
            bucket,
            caller.payload,
            request.received_ns,
            source,
        )
        self._admission.enter()
        try:
            await self._admission.admit(request, bucket, operation.name)
            return await self._handlers[operation.name](call)
        finally:
            self._admission.leave()

    async def _bucket(self, exchange: Exchange) -> Bucket | None:
        """The bucket a request speaks of; None for the service and for CreateBucket. Raises S3Error."""
        name = exchange.bucket_name
        if not name or exchange.operation == "CreateBucket":
            return None
        bucket = self._directory.known(name) or await self._directory.get(name)
        if bucket is None:
            raise S3Error("NoSuchBucket", fields={"BucketName": name})
        exchange.bucket = bucket
        check_expected_owner(bucket, exchange.request.fields.get(b"x-amz-expected-bucket-owner"))
        return bucket

    async def _preflight(self, exchange: Exchange) -> Reply:
        """CORS preflight: nobody is authenticated, the bucket's rules alone answer."""
        fields = exchange.request.fields
        bucket = await self._directory.get(exchange.bucket_name) if exchange.bucket_name else None
        allowed = cors.preflight(
            None if bucket is None else bucket.parsed("cors", cors.parse),
            _text(fields.get(b"origin")),
            _text(fields.get(b"access-control-request-method")),
            _text(fields.get(b"access-control-request-headers")),
        )
        return Reply(200, [(name.encode(), value.encode("latin-1")) for name, value in allowed])

    def _refuse(self, exchange: Exchange, error: Exception) -> Reply:
        request = exchange.request
        refusal = as_s3_error(error)
        if refusal is None:
            self._report.report_defect(request.request_id, error)
            refusal = S3Error("InternalError")
        elif refusal is not error:
            log.warning("request_unserved", request_id=request.request_id, code=refusal.code, reason=str(error))
        exchange.code = refusal.code
        if ERRORS[refusal.code].status in _ORDINARY:
            return error_reply(refusal, request.request_id, self._report.host_id)
        question = exchange.question
        self._report.explanations.keep(
            refusal_of(
                request,
                refusal,
                operation=exchange.operation,
                principal=question.principal.arn if question else "",
                reason=question.why if question and refusal.code == "AccessDenied" else "",
                decision=question.decision if question else None,
            )
        )
        return error_reply(refusal, request.request_id, self._report.host_id)

    def _record(self, exchange: Exchange, reply: Reply, elapsed_ns: int) -> None:
        request = exchange.request
        sent = reply.length if reply.length is not None else len(reply.body) if isinstance(reply.body, bytes) else 0
        code = exchange.code or str(reply.status)
        self._report.traffic.record(exchange.operation, code, elapsed_ns / _NS_PER_SEC, request.body.length or 0, sent)
        is_change_of_bucket = not exchange.key and request.method not in _READING
        is_notable = is_change_of_bucket or (reply.status >= 400 and reply.status not in _ORDINARY)
        (audit.info if is_notable else audit.debug)(
            "request",
            request_id=request.request_id,
            operation=exchange.operation,
            bucket=exchange.bucket_name,
            key=exchange.key,
            principal=exchange.question.principal.arn if exchange.question else "",
            peer=request.peer,
            status=reply.status,
            code=exchange.code,
            duration_us=elapsed_ns // 1000,
        )


def _check_framing(request: Request, payload: Payload) -> None:
    """A PUT without Content-Length: only a streaming payload may come in chunked transfer coding."""
    if not request.has_transfer_encoding:
        raise S3Error("MissingContentLength")
    if not payload.mode.startswith("streaming"):
        raise S3Error("NotImplemented", fields={"Header": "Transfer-Encoding"})


def _add_cors(exchange: Exchange, reply: Reply) -> None:
    """Fields of an actual cross-origin request, also on errors."""
    rules = exchange.bucket.parsed("cors", cors.parse) if exchange.bucket is not None else None
    if rules:
        origin = exchange.request.fields[b"origin"].decode("latin-1")
        fields = cors.actual(rules, origin, exchange.request.method)
        reply.headers += [(name.encode(), value.encode("latin-1")) for name, value in fields]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
