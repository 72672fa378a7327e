"""Jobs: one of a kind at a time, remembered with what they found and how they ended."""

import asyncio
import itertools

import pytest

from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service import jobs as module
from photoncloud.lightningstor.service.jobs import JobRequest, Jobs


class Work:
    """A kind of job that waits until the test lets it go."""

    def __init__(self):
        self.go = asyncio.Event()
        self.requests = []

    async def __call__(self, request, job):
        self.requests.append(request)
        await self.go.wait()
        job.done = 3
        job.report("found something")


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def jobs(work):
    async def fail(request, job):
        raise OSError("disk on fire")

    clock, ids = itertools.count(1000), itertools.count(1)
    return Jobs({"gc": work, "broken": fail}, lambda: next(clock), lambda size: next(ids).to_bytes(size, "big"))


async def ended(job):
    async with asyncio.timeout(5):
        while job.state == "running":  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_job_runs_beside_its_caller(jobs, work):
    job = jobs.start(JobRequest("gc", bucket="b"))
    assert (job.state, job.ended_ms, jobs.find(job.id)) == ("running", 0, job)
    with pytest.raises(S3Error, match="OperationAborted"):
        jobs.start(JobRequest("gc"))
    work.go.set()
    await ended(job)
    assert (job.state, job.done, job.findings) == ("done", 3, ["found something"])
    assert job.ended_ms > job.started_ms
    assert work.requests == [JobRequest("gc", bucket="b")]


async def test_a_failure_is_told(jobs):
    job = jobs.start(JobRequest("broken"))
    await ended(job)
    assert (job.state, job.error) == ("failed", "OSError: disk on fire")


async def test_unknown_kinds_are_refused(jobs):
    with pytest.raises(S3Error) as refused:
        jobs.start(JobRequest("dance"))
    assert (refused.value.code, "broken, gc" in refused.value.message) == ("InvalidArgument", True)


async def test_the_newest_are_remembered_and_running_ones_never_forgotten(jobs, work, monkeypatch):
    monkeypatch.setattr(module, "JOBS_KEPT", 3)
    running = jobs.start(JobRequest("gc"))
    for _ in range(5):
        await ended(jobs.start(JobRequest("broken")))
    assert len(jobs.all()) == 3
    assert jobs.find(running.id) is running
    assert jobs.all()[-1] is running
    work.go.set()
    await ended(running)


async def test_findings_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "FINDINGS_KEPT", 2)
    job = module.Job("1", "scrub", 0)
    for number in range(5):
        job.report(str(number))
    assert job.findings == ["0", "1"]
