"""Long work an operator starts and watches: collection, scrubbing, checkpoints, counting."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from photoncloud.lightningstor.errors import S3Error
from photoncloud.runtime import tasks

JOBS_KEPT = 100
"""Finished jobs remembered: enough to look back over a day's work."""
FINDINGS_KEPT = 1000
_ID_BYTES = 4


@dataclass
class Job:
    """One run. `total` is 0 while unknown; `state` is running, done or failed."""

    id: str
    kind: str
    started_ms: int
    state: str = "running"
    done: int = 0
    total: int = 0
    findings: list[str] = field(default_factory=list)
    error: str = ""
    ended_ms: int = 0

    def report(self, finding: str) -> None:
        """Keep a line for the operator."""
        if len(self.findings) < FINDINGS_KEPT:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """`bucket` limits a scrub or count, `directory` is a checkpoint's target."""

    kind: str
    bucket: str = ""
    directory: str = ""


Work = Callable[[JobRequest, Job], Awaitable[None]]


class Jobs:
    """`kinds` maps a kind to its work; one job of a kind runs at a time."""

    def __init__(
        self, kinds: Mapping[str, Work], now_ms: Callable[[], int], random_bytes: Callable[[int], bytes]
    ) -> None:
        self._kinds = kinds
        self._now_ms = now_ms
        self._random = random_bytes
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def start(self, request: JobRequest) -> Job:
        """Begin; returns at once. Raises S3Error InvalidArgument (unknown kind), OperationAborted (one runs)."""
        work = self._kinds.get(request.kind)
        if work is None:
            known = ", ".join(sorted(self._kinds))
            raise S3Error("InvalidArgument", f"unknown job {request.kind!r}; one of: {known}")
        if any(job.kind == request.kind and job.state == "running" for job in self._jobs.values()):
            raise S3Error("OperationAborted", f"a {request.kind} job is running already")
        job = Job(self._random(_ID_BYTES).hex(), request.kind, self._now_ms())
        self._remember(job)
        tasks.spawn(self._run(work, request, job), name=f"job-{request.kind}")
        return job

    def find(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """Newest first."""
        return list(reversed(self._jobs.values()))

    def _remember(self, job: Job) -> None:
        self._jobs[job.id] = job
        while len(self._jobs) > JOBS_KEPT:
            oldest = next((each for each in self._jobs.values() if each.state != "running"), None)
            if oldest is None:
                return
            del self._jobs[oldest.id]

    async def _run(self, work: Work, request: JobRequest, job: Job) -> None:
        try:
            await work(request, job)
            job.state = "done"
        except asyncio.CancelledError:
            job.state, job.error = "failed", "the server stopped"
            raise
        except Exception as error:
            job.state, job.error = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            job.ended_ms = self._now_ms()
