"""Every use case built from the engines, and the table of handlers."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from photoncloud.backends.auth.iam.sigv4 import SigV4Rules
from photoncloud.lightningstor.adapters.random_pool import RandomPool
from photoncloud.lightningstor.bootstrap.accounts import Accounts
from photoncloud.lightningstor.bootstrap.engines import Engines
from photoncloud.lightningstor.bootstrap.index_store import MEBIBYTE
from photoncloud.lightningstor.core import xml_in
from photoncloud.lightningstor.core.addressing import Domains
from photoncloud.lightningstor.core.operations import SERVED
from photoncloud.lightningstor.service.admission import Admission, AdmissionLimits, NoQuota
from photoncloud.lightningstor.service.authentication import Authenticator
from photoncloud.lightningstor.service.authorisation import Authoriser
from photoncloud.lightningstor.service.body_digests import BodyDigests
from photoncloud.lightningstor.service.body_intake import BodyIntake
from photoncloud.lightningstor.service.body_keys import BodyKeys
from photoncloud.lightningstor.service.body_output import BodyOutput
from photoncloud.lightningstor.service.body_sink import BodyStores
from photoncloud.lightningstor.service.bucket_directory import BucketDirectory
from photoncloud.lightningstor.service.bucket_settings import BucketSettings, Features, Surroundings
from photoncloud.lightningstor.service.buckets import BucketRules, Buckets, BucketSurroundings
from photoncloud.lightningstor.service.call import Call, Handler
from photoncloud.lightningstor.service.collaborators import Collaborators, NoExpiry
from photoncloud.lightningstor.service.commits import Commits
from photoncloud.lightningstor.service.copies import Copies
from photoncloud.lightningstor.service.copy_sources import CopySources
from photoncloud.lightningstor.service.expiry_headers import LifecycleHeaders
from photoncloud.lightningstor.service.explain import Explanations
from photoncloud.lightningstor.service.fixed_answers import FixedAnswers
from photoncloud.lightningstor.service.form_access import FormAccess
from photoncloud.lightningstor.service.head_cache import HeadCache
from photoncloud.lightningstor.service.key_batches import KeyBatches
from photoncloud.lightningstor.service.listings import Listings
from photoncloud.lightningstor.service.multi_delete import MultiDelete
from photoncloud.lightningstor.service.multipart import Multipart
from photoncloud.lightningstor.service.object_reads import ObjectReads
from photoncloud.lightningstor.service.object_settings import ObjectSettings
from photoncloud.lightningstor.service.objects import Objects
from photoncloud.lightningstor.service.outbox import EventOutbox
from photoncloud.lightningstor.service.part_uploads import PartUploads
from photoncloud.lightningstor.service.pipeline import Pipeline, Reporting
from photoncloud.lightningstor.service.post_objects import PostObjects
from photoncloud.lightningstor.service.traffic import Traffic
from photoncloud.lightningstor.service.upload_rows import UploadRows
from photoncloud.lightningstor.service.usage import UsageLedger
from photoncloud.lightningstor.service.version_reader import VersionReader
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.logging import get_logger

log = get_logger("photoncloud.lightningstor.service")

_TOKEN_KEY_PURPOSE = "listing-tokens"
_RULE_ID_BYTES = 16
_DIGEST_REQUIRED = frozenset({"PutObjectLegalHold", "PutObjectLockConfiguration", "PutObjectRetention"})
"""Documents that must come with a Content-MD5 or a checksum."""


class _HandlesOperations(Protocol):
    def handlers(self) -> Mapping[str, Handler]: ...


@dataclass(slots=True)
class Services:
    """The use cases that others than the pipeline speak to as well."""

    settings: Settings
    """The present ones: a reload replaces them."""
    accounts: Accounts
    directory: BucketDirectory
    authenticator: Authenticator
    authoriser: Authoriser
    admission: Admission
    buckets: Buckets
    objects: Objects
    multipart: Multipart
    usage: UsageLedger
    commits: Commits
    outbox: EventOutbox
    explanations: Explanations
    traffic: Traffic
    pipeline: Pipeline
    handlers: Mapping[str, Handler]
    host_id: str


def sigv4_rules(settings: Settings) -> SigV4Rules:
    """How signatures are judged."""
    accepted = frozenset(settings.server.accept_regions)
    return SigV4Rules("s3", settings.server.region, accepted, settings.auth.clock_skew_sec)


def admission_limits(settings: Settings) -> AdmissionLimits:
    return AdmissionLimits(settings.server.max_inflight_requests, settings.storage.min_free_bytes)


def bucket_rules(settings: Settings) -> BucketRules:
    ownership = settings.buckets.default_object_ownership
    return BucketRules(
        region=settings.server.region,
        accept_regions=settings.server.accept_regions,
        default_ownership="" if ownership == "none" else ownership,
        block_public_access=settings.buckets.default_public_access_block,
        max_per_account=settings.buckets.max_per_account,
        offers_lock=settings.features.versioning and settings.features.object_lock,
    )


class _Builder:
    """Builds the use cases one after the other; each step uses what the ones before it made."""

    def __init__(self, engines: Engines, settings: Settings, clock: Clock, component_id: str) -> None:
        self.engines = engines
        self.settings = settings
        self.clock = clock
        self.accounts = Accounts(engines.auth)
        self.directory = BucketDirectory(engines.index)
        self.cache = HeadCache(settings.metadata.cache_size_mb * MEBIBYTE // 4)
        self.reader = VersionReader(engines.index, self.cache)
        self.usage = UsageLedger(engines.index)
        self.random_bytes = RandomPool(os.urandom)
        self.commits = Commits(
            engines.index,
            self.cache,
            self.reader,
            self.usage,
            clock.now_ns,
            self.random_bytes,
            settings.storage.durability,
        )
        self.authenticator = Authenticator(engines.auth, sigv4_rules(settings))
        self.authoriser = Authoriser(engines.auth, self.reader)
        stores = BodyStores(
            engines.hashes, engines.blobs, engines.cipher, self.random_bytes, settings.storage.inline_max_bytes
        )
        self.intake = BodyIntake(stores)
        self.keys = BodyKeys(engines.cipher, requires_tls=settings.sse.c_require_tls, is_enabled=settings.features.sse)
        self.output = BodyOutput(
            engines.index,
            engines.blobs,
            engines.cipher,
            engines.hashes,
            verifies_inline=settings.storage.verify_reads != "off",
        )
        self.outbox = EventOutbox(
            engines.index,
            engines.events,
            os.urandom,
            source=f"/photon/lightningstor/{component_id}",
            region=settings.server.region,
            limit=settings.events.max_outbox_rows,
        )
        self.around = Collaborators(
            index=engines.index,
            reader=self.reader,
            commits=self.commits,
            intake=self.intake,
            output=self.output,
            stores=stores,
            keys=self.keys,
            access=self.authoriser,
            find_email=self.accounts.find_email,
            find_id=self.accounts.find_id,
            outbox=self.outbox,
            expiry=LifecycleHeaders(settings.lifecycle.debug_day_sec) if settings.features.lifecycle else NoExpiry(),
        )
        self.token_key = engines.box.derived_key(_TOKEN_KEY_PURPOSE)
        self.objects = Objects(self.around)
        self.upload_rows = UploadRows(engines.index, self.commits)
        self.digests = BodyDigests(engines.index, self.output, engines.hashes)
        self.multipart = Multipart(self.around, self.upload_rows)

    async def read_document(self, call: Call) -> bytes:
        """The body of a configuration request, verified."""
        return await self.intake.document(
            call, limit=xml_in.DOCUMENT_LIMIT_BYTES, requires_digest=call.operation in _DIGEST_REQUIRED
        )

    def buckets(self) -> Buckets:
        around = BucketSurroundings(
            index=self.engines.index,
            directory=self.directory,
            authoriser=self.authoriser,
            read_document=self.read_document,
            uploads=self.multipart,
            totals=self.usage,
            find_email=self.accounts.find_email,
            find_id=self.accounts.find_id,
            random_bytes=os.urandom,
            token_key=self.token_key,
        )
        return Buckets(around, lambda: bucket_rules(self.settings))

    def bucket_settings(self) -> BucketSettings:
        features = self.settings.features
        surroundings = Surroundings(
            read_document=self.read_document,
            find_email=self.accounts.find_email,
            find_id=self.accounts.find_id,
            check_policy=self.accounts.check_policy,
            serves_target=self.engines.events.serves,
            new_id=lambda _number: os.urandom(_RULE_ID_BYTES).hex(),
            test_events=self.outbox.rows_of_test,
        )
        offered = Features(
            features.versioning, features.lifecycle, features.object_lock, features.website, features.sse
        )
        return BucketSettings(self.engines.index, self.directory, offered, surroundings)


def build_services(engines: Engines, settings: Settings, clock: Clock, component_id: str) -> Services:
    """Every use case, and the pipeline in front of them. `component_id` names this server in events."""
    builder = _Builder(engines, settings, clock, component_id)
    buckets = builder.buckets()
    form_access = FormAccess(builder.authenticator, builder.authoriser)
    parts: list[_HandlesOperations] = [
        buckets,
        builder.bucket_settings(),
        FixedAnswers(builder.read_document),
        builder.objects,
        ObjectReads(builder.around),
        MultiDelete(
            builder.around,
            builder.objects,
            KeyBatches(engines.index, builder.cache, builder.reader, builder.commits),
        ),
        Listings(engines.index, builder.reader, builder.token_key),
        Copies(builder.around, builder.digests),
        builder.multipart,
        PartUploads(builder.around, builder.upload_rows, builder.digests),
        ObjectSettings(builder.around),
    ]
    posts = PostObjects(builder.intake, builder.keys, builder.objects, form_access)
    handlers = merge_handlers(parts) | {"PostObject": posts.post_object}
    host_id = base64.b64encode(hashlib.sha256(engines.box.derived_key("host-id")).digest()).decode()
    reporting = Reporting(Explanations(), Traffic(), _report_defect, clock.monotonic_ns, host_id)
    admission = Admission(admission_limits(settings), engines.blobs, NoQuota())
    pipeline = Pipeline(
        domains=Domains(settings.server.domains),
        directory=builder.directory,
        authenticator=builder.authenticator,
        authoriser=builder.authoriser,
        copy_sources=CopySources(builder.directory, builder.authoriser, builder.reader),
        admission=admission,
        handlers=handlers,
        reporting=reporting,
    )
    return Services(
        settings=settings,
        accounts=builder.accounts,
        directory=builder.directory,
        authenticator=builder.authenticator,
        authoriser=builder.authoriser,
        admission=admission,
        buckets=buckets,
        objects=builder.objects,
        multipart=builder.multipart,
        usage=builder.usage,
        commits=builder.commits,
        outbox=builder.outbox,
        explanations=reporting.explanations,
        traffic=reporting.traffic,
        pipeline=pipeline,
        handlers=handlers,
        host_id=host_id,
    )


def merge_handlers(parts: Iterable[_HandlesOperations]) -> dict[str, Handler]:
    """One table of all handlers. Raises ValueError for an operation that two use cases claim or S3 does not have."""
    merged: dict[str, Handler] = {}
    for part in parts:
        for operation, handler in part.handlers().items():
            if operation in merged or operation not in SERVED:
                raise ValueError(f"{type(part).__name__} may not handle {operation}")
            merged[operation] = handler
    return merged


def _report_defect(request_id: str, error: BaseException) -> None:
    log.error("request_failed", request_id=request_id, exc_info=error)
