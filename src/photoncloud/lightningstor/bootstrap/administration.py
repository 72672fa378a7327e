"""The admin API: jobs, facts, and the gRPC listener."""

from __future__ import annotations

import os
from pathlib import Path

import photoncloud
from photoncloud.backends.auth.local import LocalAuth
from photoncloud.config import Resolved
from photoncloud.lightningstor.bootstrap.background import Background
from photoncloud.lightningstor.bootstrap.engines import Engines
from photoncloud.lightningstor.bootstrap.services import Services
from photoncloud.lightningstor.servers.admin_grpc import AdminListener, AdminServicer, Gate
from photoncloud.lightningstor.service.administration import Administration, ServerFacts, Surroundings
from photoncloud.lightningstor.service.bucket_blobs import bucket_blobs
from photoncloud.lightningstor.service.jobs import Job, JobRequest, Jobs
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.clock import Clock

_NS_PER_MS = 1_000_000


def admin_listener(
    engines: Engines, services: Services, background: Background, resolved: Resolved, clock: Clock
) -> AdminListener | None:
    """The gRPC server; None when it is switched off, or when keys are not administered here."""
    settings: Settings = resolved.settings
    if not settings.server.grpc_addr or not isinstance(engines.auth, LocalAuth):
        return None
    administration = Administration(
        _facts(resolved, clock),
        Surroundings(
            index=engines.index,
            blobs=engines.blobs,
            directory=services.directory,
            buckets=services.buckets,
            objects=services.objects,
            usage=services.usage,
            keys=engines.auth,
            explanations=services.explanations,
            expirer=background.expirer,
            jobs=_jobs(engines, services, background, clock),
            now_ns=clock.now_ns,
            random_bytes=os.urandom,
        ),
    )
    is_tls = bool(settings.server.tls_cert_file)
    gate = Gate(
        engines.auth,
        clock.now_ns,
        is_tls=is_tls,
        allows_plaintext_writes=lambda: services.settings.server.grpc_allow_plaintext_writes,
    )
    servicer = AdminServicer(administration, lambda: services.commits.level)

    def read_tls() -> tuple[bytes, bytes]:
        server = services.settings.server
        return Path(server.tls_key_file).read_bytes(), Path(server.tls_cert_file).read_bytes()

    return AdminListener(settings.server.grpc_addr, servicer, gate, read_tls if is_tls else None)


def _facts(resolved: Resolved, clock: Clock) -> ServerFacts:
    settings: Settings = resolved.settings
    return ServerFacts(
        version=photoncloud.__version__,
        component_id=resolved.photon.component_id,
        mode=resolved.mode,
        stage=resolved.stage,
        backends=dict(resolved.backends),
        data_dir=settings.storage.data_dir,
        metadata_path=settings.metadata.path,
        started_ms=clock.now_ns() // _NS_PER_MS,
        features=settings.features.model_dump(),
        region=settings.server.region,
        website_domain=settings.website.domain,
        website_hosts=dict(settings.website.hosts),
    )


def _jobs(engines: Engines, services: Services, background: Background, clock: Clock) -> Jobs:
    async def collect(request: JobRequest, job: Job) -> None:
        job.done = await background.collector.collect()

    async def scrub(request: JobRequest, job: Job) -> None:
        bucket = await services.directory.get(request.bucket) if request.bucket else None
        if bucket is None:
            report = await background.scrubber.scrub_once()
        else:
            report = await background.scrubber.scrub(bucket_blobs(engines.index, bucket.record.id))
        job.done = job.total = report.blobs
        for blob, finding in report.damaged.items():
            job.report(f"{blob}: {finding}")

    async def checkpoint(request: JobRequest, job: Job) -> None:
        await engines.index.checkpoint(request.directory)
        job.done = job.total = 1

    async def recount_usage(request: JobRequest, job: Job) -> None:
        async for bucket in services.buckets.all_buckets():
            if request.bucket in ("", bucket.name):
                await services.usage.recount(bucket.id)
                job.done += 1

    kinds = {"gc": collect, "scrub": scrub, "checkpoint": checkpoint, "usage-recount": recount_usage}
    return Jobs(kinds, lambda: clock.now_ns() // _NS_PER_MS, os.urandom)
