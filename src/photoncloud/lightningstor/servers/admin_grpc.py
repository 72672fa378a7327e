"""gRPC administration: `photon.lightningstor.v1.Admin`, with the standard health and reflection services.

Every call is authenticated by `x-photon-token` and decided as `photon:lightningstor:<Method>`. Methods that change
something are refused over plaintext from another machine, because a token could be replayed by whoever listens.
"""

# ruff: noqa: N802  (method names are those of the protobuf service)
from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.api.photon.lightningstor.v1 import admin_pb2_grpc as stubs
from photoncloud.backends.auth.iam.principal import Credential
from photoncloud.backends.auth.port import AuthBackend, AuthError, AuthUnavailable, PhotonToken, Resource
from photoncloud.lightningstor.core.error_table import ERRORS
from photoncloud.lightningstor.errors import IndexUnavailable, OutOfSpace, S3Error
from photoncloud.lightningstor.service.administration import Administration, BucketFacts
from photoncloud.lightningstor.service.jobs import Job, JobRequest
from photoncloud.runtime.errors import PhotonError
from photoncloud.runtime.logging import get_logger

SERVICE = "photon.lightningstor.v1.Admin"
TOKEN_METADATA = "x-photon-token"
READING_METHODS = frozenset(
    {
        "GetInfo",
        "ListBuckets",
        "GetUsage",
        "ListKeys",
        "Explain",
        "DryRunLifecycle",
        "GetJob",
        "ListJobs",
        "ExportWebsites",
    }
)
MESSAGE_LIMIT_BYTES = 4 * 1024 * 1024
"""gRPC's own default, said aloud: no message here is larger than a page of a thousand buckets."""

log = get_logger("photoncloud.lightningstor.admin")

_STATUS = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    501: grpc.StatusCode.UNIMPLEMENTED,
    503: grpc.StatusCode.UNAVAILABLE,
    507: grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Who may call what. Health and reflection pass: they tell nothing about the store."""

    def __init__(
        self, auth: AuthBackend, now_ns: Callable[[], int], *, is_tls: bool, allows_plaintext_writes: Callable[[], bool]
    ) -> None:
        self._auth = auth
        self._now_ns = now_ns
        self._is_tls = is_tls
        self._allows_plaintext_writes = allows_plaintext_writes

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = await continuation(details)
        if handler is None or not details.method.startswith(f"/{SERVICE}/"):
            return handler
        metadata = dict(details.invocation_metadata)
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                self._guarded_stream(handler.unary_stream, details.method, metadata),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            self._guarded(handler.unary_unary, details.method, metadata),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _guarded(self, method: Any, name: str, metadata: dict[str, str]) -> Any:
        async def call(request: Any, context: Any) -> Any:
            await self._admit(name, metadata, context)
            return await method(request, context)

        return call

    def _guarded_stream(self, method: Any, name: str, metadata: dict[str, str]) -> Any:
        async def call(request: Any, context: Any) -> AsyncIterator[Any]:
            await self._admit(name, metadata, context)
            async for item in method(request, context):
                yield item

        return call

    async def _admit(self, full_method: str, metadata: dict[str, str], context: Any) -> None:
        method = full_method.rpartition("/")[2]
        if method not in READING_METHODS and not self._may_write(context.peer()):
            hint = "use TLS, or set server.grpc_allow_plaintext_writes"
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{method} changes something over plaintext: {hint}")
        token = metadata.get(TOKEN_METADATA)
        if not token:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, f"metadata {TOKEN_METADATA} is missing")
        try:
            found = await self._auth.authenticate(PhotonToken(str(token), full_method), self._now_ns())
            action = f"photon:lightningstor:{method}"
            decision = await self._auth.authorize(found.principal, action, Resource("*", found.principal.account_id))
        except AuthUnavailable as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except AuthError as error:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, f"{error.code}: {error.message}")
        if not decision.is_allowed:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{found.principal.arn} may not {action}")
        log.info("admin_call", method=method, principal=found.principal.arn, peer=context.peer())

    def _may_write(self, peer: str) -> bool:
        if self._is_tls or peer.startswith("unix:") or self._allows_plaintext_writes():
            return True
        return peer.startswith(("ipv4:127.", "ipv6:[::1]", "ipv6:%5B::1%5D"))


def _told(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Errors of the service become gRPC statuses that name the code."""

    async def call(self: AdminServicer, request: Any, context: Any) -> Any:
        try:
            return await method(self, request, context)
        except (S3Error, PhotonError, IndexUnavailable, OutOfSpace) as error:
            await context.abort(*status_of(error))

    return call


def status_of(error: S3Error | PhotonError | IndexUnavailable | OutOfSpace) -> tuple[grpc.StatusCode, str]:
    """The status and text a caller sees."""
    if isinstance(error, S3Error):
        entry = ERRORS[error.code]
        details = ", ".join(f"{name}={value}" for name, value in error.fields.items())
        text = f"{error.code}: {error.message or entry.message}" + (f" ({details})" if details else "")
        return _STATUS.get(entry.status, grpc.StatusCode.INTERNAL), text
    if isinstance(error, PhotonError):
        return grpc.StatusCode.INVALID_ARGUMENT, str(error)
    if isinstance(error, OutOfSpace):
        return grpc.StatusCode.RESOURCE_EXHAUSTED, f"InsufficientStorage: {error}"
    return grpc.StatusCode.UNAVAILABLE, f"ServiceUnavailable: {error}"


class AdminServicer(stubs.AdminServicer):
    """Messages in, use cases, messages out."""

    def __init__(self, administration: Administration, durability: Callable[[], str]) -> None:
        self._admin = administration
        self._durability = durability

    @_told
    async def GetInfo(self, request: pb.GetInfoRequest, context: Any) -> pb.Info:
        facts = self._admin.facts
        totals = await self._admin.usage("")
        return pb.Info(
            version=facts.version,
            component_id=facts.component_id,
            mode=facts.mode,
            stage=facts.stage,
            backends=facts.backends,
            durability=self._durability(),
            data_dir=facts.data_dir,
            metadata_path=facts.metadata_path,
            free_bytes=self._admin.free_bytes(),
            buckets=len(totals),
            objects=sum(usage.objects for _, usage in totals),
            bytes=sum(usage.size for _, usage in totals),
            started_unix_ms=facts.started_ms,
            features=facts.features,
        )

    @_told
    async def ListBuckets(self, request: pb.ListBucketsRequest, context: Any) -> pb.ListBucketsResponse:
        found, more = await self._admin.list_buckets(request.prefix, request.start_after, request.limit)
        return pb.ListBucketsResponse(buckets=[bucket_message(facts) for facts in found], truncated=more)

    @_told
    async def CreateBucket(self, request: pb.CreateBucketRequest, context: Any) -> pb.Bucket:
        facts = await self._admin.create_bucket(request.name, request.account, object_lock=request.object_lock)
        return bucket_message(facts)

    @_told
    async def DeleteBucket(self, request: pb.DeleteBucketRequest, context: Any) -> pb.DeleteBucketResponse:
        removed = await self._admin.delete_bucket(request.name, force=request.force)
        return pb.DeleteBucketResponse(removed_versions=removed)

    @_told
    async def GetUsage(self, request: pb.GetUsageRequest, context: Any) -> pb.GetUsageResponse:
        found = await self._admin.usage(request.bucket)
        usage = [pb.Usage(bucket=name, objects=total.objects, bytes=total.size) for name, total in found]
        return pb.GetUsageResponse(usage=usage)

    @_told
    async def ListKeys(self, request: pb.ListKeysRequest, context: Any) -> pb.ListKeysResponse:
        return pb.ListKeysResponse(keys=[key_message(key) for key in await self._admin.list_keys()])

    @_told
    async def CreateKey(self, request: pb.CreateKeyRequest, context: Any) -> pb.CreatedKey:
        created, credential = await self._admin.create_key(request.user, request.account, request.policy)
        return pb.CreatedKey(key=key_message(credential), secret=created.secret.reveal())

    @_told
    async def SetKeyEnabled(self, request: pb.SetKeyEnabledRequest, context: Any) -> pb.AccessKey:
        return key_message(await self._admin.set_key_enabled(request.id, is_enabled=request.enabled))

    @_told
    async def DeleteKey(self, request: pb.DeleteKeyRequest, context: Any) -> pb.DeleteKeyResponse:
        await self._admin.delete_key(request.id)
        return pb.DeleteKeyResponse()

    @_told
    async def Explain(self, request: pb.ExplainRequest, context: Any) -> pb.Explanation:
        refusal = self._admin.explain(request.request_id)
        if refusal is None:
            text = f"no refusal with request id {request.request_id!r} is remembered (the latest 4096 are)"
            await context.abort(grpc.StatusCode.NOT_FOUND, text)
            raise AssertionError("abort raises")
        reasons = [refusal.reason] if refusal.reason else []
        reasons += [f"{name}: {text}" for name, text in (*refusal.policy.items(), *refusal.signature.items())]
        reasons += [f"no value for condition key {name}" for name in refusal.missing_context]
        return pb.Explanation(
            request_id=refusal.request_id,
            operation=refusal.operation,
            target=f"{refusal.method} {refusal.target}",
            principal=refusal.principal,
            code=refusal.code,
            message=refusal.message,
            reasons=reasons,
            time_unix_ms=refusal.time_ns // 1_000_000,
        )

    async def DryRunLifecycle(
        self, request: pb.DryRunLifecycleRequest, context: Any
    ) -> AsyncIterator[pb.LifecycleAction]:
        try:
            async for action in self._admin.dry_run(request.bucket, request.at_unix_ms):
                yield pb.LifecycleAction(
                    action=action.kind,
                    key=action.key.decode("utf-8"),
                    version_id=action.version_text,
                    rule_id=action.expiry.rule_id,
                    due_unix_ms=action.expiry.at_ms,
                )
        except (S3Error, IndexUnavailable) as error:
            await context.abort(*status_of(error))

    @_told
    async def StartJob(self, request: pb.StartJobRequest, context: Any) -> pb.Job:
        wanted = JobRequest(request.kind, request.bucket, request.directory)
        return job_message(await self._admin.start_job(wanted))

    @_told
    async def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.Job:
        job = self._admin.jobs.find(request.id)
        if job is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no job {request.id!r}")
            raise AssertionError("abort raises")
        return job_message(job)

    @_told
    async def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        return pb.ListJobsResponse(jobs=[job_message(job) for job in self._admin.jobs.all()])

    @_told
    async def ExportWebsites(self, request: pb.ExportWebsitesRequest, context: Any) -> pb.ExportWebsitesResponse:
        text, count = await self._admin.export_websites(request.format or "zone", request.target)
        return pb.ExportWebsitesResponse(text=text, websites=count)


def bucket_message(facts: BucketFacts) -> pb.Bucket:
    record = facts.record
    return pb.Bucket(
        name=record.name,
        account=record.owner_name,
        created_unix_ms=record.created_ms,
        versioning=record.versioning,
        object_lock=record.lock_enabled,
        website=facts.has_website,
        objects=facts.usage.objects,
        bytes=facts.usage.size,
    )


def key_message(key: Credential) -> pb.AccessKey:
    who = key.principal
    return pb.AccessKey(
        id=key.access_key_id, user=who.user_name, account=who.account_name, enabled=key.is_enabled, principal=who.arn
    )


def job_message(job: Job) -> pb.Job:
    return pb.Job(
        id=job.id,
        kind=job.kind,
        state=job.state,
        done=job.done,
        total=job.total,
        findings=job.findings,
        error=job.error,
        started_unix_ms=job.started_ms,
        ended_unix_ms=job.ended_ms,
    )


class AdminListener:
    """The gRPC server as `App.serve` wants it."""

    def __init__(
        self, address: str, servicer: AdminServicer, gate: Gate, tls_files: Callable[[], tuple[bytes, bytes]] | None
    ) -> None:
        self._address = address
        self._servicer = servicer
        self._gate = gate
        self._tls_files = tls_files
        self._server: Any = None
        self._health = health.aio.HealthServicer()
        self.addresses: dict[str, str] = {}

    async def start(self) -> None:
        """Bind. Raises OSError when the address is taken."""
        options = [
            ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.so_reuseport", 0),
        ]
        self._server = grpc.aio.server(interceptors=[self._gate], options=options)
        stubs.add_AdminServicer_to_server(self._servicer, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)
        try:
            port = self._bind()
        except RuntimeError as error:
            raise OSError(98, f"{self._address}: {error}") from error
        await self._server.start()
        for name in ("", SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self.addresses = {"grpc": f"{self._address.rpartition(':')[0]}:{port}"}

    def _bind(self) -> int:
        if self._tls_files is None:
            return int(self._server.add_insecure_port(self._address))

        def fetch() -> Any:
            key, certificate = self._tls_files() if self._tls_files else (b"", b"")
            return grpc.ssl_server_certificate_configuration([(key, certificate)])

        credentials = grpc.dynamic_ssl_server_credentials(fetch(), fetch)
        return int(self._server.add_secure_port(self._address, credentials))

    async def stop_accepting(self) -> None:
        await self._health.enter_graceful_shutdown()

    async def drain(self, timeout: float) -> None:
        """Calls under way may end within the limit."""
        await self._server.stop(timeout)

    async def close(self) -> None:
        if self._server is not None:
            await self._server.stop(0)
