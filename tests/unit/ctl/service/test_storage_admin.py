"""How failures of a store's administration end a command, and how lists and jobs are followed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from photoncloud.api.lightningstor import AdminError
from photoncloud.api.photon.lightningstor.v1 import admin_pb2 as pb
from photoncloud.ctl.errors import CommandFailed, ServiceUnreachable, UsageWrong
from photoncloud.ctl.service import storage_admin
from photoncloud.ctl.service.storage import StorageTarget
from photoncloud.ctl.service.storage_admin import administration, all_buckets, checkpoint_directory, run_job

TARGET = StorageTarget("127.0.0.1:1", "", "", "key", "secret")


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        ("UNAVAILABLE", ServiceUnreachable, 69),
        ("DEADLINE_EXCEEDED", ServiceUnreachable, 69),
        ("PERMISSION_DENIED", CommandFailed, 77),
        ("UNAUTHENTICATED", CommandFailed, 77),
        ("NOT_FOUND", CommandFailed, 1),
    ],
)
def test_endings(code: str, kind: type[CommandFailed], status: int) -> None:
    with pytest.raises(kind, match="why") as failed, administration(TARGET):
        raise AdminError(code, "why")
    assert failed.value.exit_status == status


def test_an_authority_that_is_not_there() -> None:
    target = StorageTarget("127.0.0.1:1", "", "", "key", "secret", ca_file="/absent.pem")
    with pytest.raises(UsageWrong, match="absent"), administration(target):
        pass


class Admin:
    """Answers from a script, in order."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Any]] = []

    def call(self, method: str, request: Any) -> Any:
        self.asked.append((method, request))
        return self.answers.pop(0)


def test_every_page_is_read() -> None:
    pages = [
        pb.ListBucketsResponse(buckets=[pb.Bucket(name="a"), pb.Bucket(name="b")], truncated=True),
        pb.ListBucketsResponse(buckets=[pb.Bucket(name="c")]),
    ]
    admin = Admin(*pages)
    assert [bucket.name for bucket in all_buckets(admin, "p")] == ["a", "b", "c"]  # type: ignore[arg-type]
    assert [request.start_after for _, request in admin.asked] == ["", "b"]


def test_a_job_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_admin, "time", SimpleNamespace(sleep=lambda seconds: None))
    running, done = pb.Job(id="1", kind="gc", state="running"), pb.Job(id="1", kind="gc", state="done")
    seen: list[str] = []
    admin = Admin(running, running, done)
    job = run_job(admin, pb.StartJobRequest(kind="gc"), waits=True, on_progress=lambda job: seen.append(job.state))  # type: ignore[arg-type]
    assert (job.state, seen) == ("done", ["running", "running"])
    detached = run_job(Admin(running), pb.StartJobRequest(kind="gc"), waits=False, on_progress=lambda job: None)  # type: ignore[arg-type]
    assert detached.state == "running"
    failed = Admin(pb.Job(kind="gc", state="failed", error="disk"))
    with pytest.raises(CommandFailed, match="gc failed: disk"):
        run_job(failed, pb.StartJobRequest(kind="gc"), waits=True, on_progress=lambda job: None)  # type: ignore[arg-type]


def test_a_checkpoint_is_named_on_the_servers_machine() -> None:
    assert checkpoint_directory("/srv/copy") == "/srv/copy"
    with pytest.raises(UsageWrong):
        checkpoint_directory("copy")
