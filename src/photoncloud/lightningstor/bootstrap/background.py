"""Work beside requests: collector, scrubber, lifecycle, outbox, totals, checkpoints. One task each."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from photoncloud.config.declaration import EXAMPLE_ACCESS_KEY
from photoncloud.lightningstor.bootstrap.engines import Engines
from photoncloud.lightningstor.bootstrap.services import Services
from photoncloud.lightningstor.core.lifecycle import DAY_SEC
from photoncloud.lightningstor.errors import IndexUnavailable, OutOfSpace
from photoncloud.lightningstor.ports import Index
from photoncloud.lightningstor.service.blob_owners import BlobOwners
from photoncloud.lightningstor.service.collector import Collector
from photoncloud.lightningstor.service.expirer import Expirer
from photoncloud.lightningstor.service.scrubber import Scrubber
from photoncloud.lightningstor.service.usage import FLUSH_INTERVAL_SEC, UsageLedger
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime.clock import Clock
from photoncloud.runtime.errors import PhotonError
from photoncloud.runtime.logging import get_logger
from photoncloud.runtime.tasks import spawn

log = get_logger("photoncloud.lightningstor.background")

CHECKPOINTS = "checkpoints"
EXAMPLE_WARNING_SEC = 3600
_NS_PER_SEC = 1_000_000_000


@dataclass(slots=True)
class Background:
    """The workers that others speak to as well: jobs, the admin API, reloads."""

    collector: Collector
    scrubber: Scrubber
    expirer: Expirer


def build_background(engines: Engines, services: Services, settings: Settings, clock: Clock) -> Background:
    storage = settings.storage
    return Background(
        collector=Collector(
            engines.index,
            engines.blobs,
            clock,
            grace_sec=storage.gc_grace_sec,
            orphan_age_sec=storage.orphan_age_sec,
        ),
        scrubber=Scrubber(
            engines.blobs,
            BlobOwners(engines.index).find,
            bytes_per_sec=storage.scrub_bytes_per_sec,
            monotonic=time.monotonic,
        ),
        expirer=Expirer(
            engines.index,
            services.directory,
            services.objects,
            services.multipart.abort,
            services.outbox,
            services.usage,
            clock.now_ns,
            day_sec=settings.lifecycle.debug_day_sec,
        ),
    )


class Work:
    """The tasks of this process; ends before the engines it works on, and then writes the totals a last time."""

    def __init__(
        self, background: Background, engines: Engines, services: Services, settings: Settings, clock: Clock
    ) -> None:
        self._services = services
        self._wanted: dict[str, Coroutine[Any, Any, None]] = {
            "collector": background.collector.run(),
            "scrubber": background.scrubber.run(),
            "outbox": services.outbox.run(),
            "usage": _keep_totals(services, clock),
        }
        if settings.auth.access_key == EXAMPLE_ACCESS_KEY:
            self._wanted["example-credentials"] = _warn_of_example_credentials(clock)
        if settings.features.lifecycle:
            self._wanted["lifecycle"] = background.expirer.run()
            if settings.lifecycle.debug_day_sec != DAY_SEC:
                hint = "objects expire by days of another length; meant for tests"
                log.warning("lifecycle_day_is_not_a_day", debug_day_sec=settings.lifecycle.debug_day_sec, hint=hint)
        if settings.metadata.checkpoint_interval_sec:
            self._wanted["checkpoints"] = _keep_checkpoints(engines.index, settings, clock)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [spawn(work, name=name, critical=True) for name, work in self._wanted.items()]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._services.usage.close()


async def recount(services: Services) -> None:
    """Count every bucket anew: after a crash the totals may lack what came after the last flush."""
    async for bucket in services.buckets.all_buckets():
        await services.usage.recount(bucket.id)
    services.usage.needs_recount = False


async def _keep_totals(services: Services, clock: Clock) -> None:
    ledger: UsageLedger = services.usage
    while True:
        try:
            if ledger.needs_recount:
                await recount(services)
            await ledger.flush()
        except (IndexUnavailable, OutOfSpace) as error:
            log.warning("totals_not_written", reason=str(error))
        await clock.sleep(FLUSH_INTERVAL_SEC)


async def _warn_of_example_credentials(clock: Clock) -> None:
    """The key pair that stands in every S3 document opens this store to everybody who can reach it."""
    while True:
        log.warning("example_credentials_in_use", access_key=EXAMPLE_ACCESS_KEY, hint="set auth.access_key of your own")
        await clock.sleep(EXAMPLE_WARNING_SEC)


def checkpoint_root(settings: Settings) -> Path:
    """Where periodic checkpoints lie."""
    configured = settings.metadata.checkpoint_dir
    return Path(configured) if configured else Path(settings.metadata.path) / CHECKPOINTS


async def _keep_checkpoints(index: Index, settings: Settings, clock: Clock) -> None:
    root = checkpoint_root(settings)
    while True:
        await clock.sleep(settings.metadata.checkpoint_interval_sec)
        name = datetime.fromtimestamp(clock.now_ns() // _NS_PER_SEC, UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            await index.checkpoint(str(root / name))
            for old in sorted(path for path in root.iterdir())[: -settings.metadata.checkpoint_keep]:
                shutil.rmtree(old)
        except (OSError, PhotonError, IndexUnavailable) as error:
            log.warning("checkpoint_failed", directory=str(root / name), reason=str(error))
