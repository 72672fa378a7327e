"""Lifecycle carried out on real use cases: conditional deletions, locks that win, a clock that cannot be believed."""

from __future__ import annotations

from typing import Any

import pytest

from photoncloud.lightningstor.core import key_space
from photoncloud.lightningstor.core.transaction import Put, Transaction
from photoncloud.lightningstor.errors import OutOfSpace, S3Error
from photoncloud.lightningstor.service.bucket_directory import BucketDirectory
from photoncloud.lightningstor.service.expirer import Expirer

DAY_SEC = 86_400
DAY_NS = DAY_SEC * 1_000_000_000
TEN_YEARS_NS = 3650 * DAY_NS


def document(inside: str, prefix: str = "") -> bytes:
    rule = f"<Rule><ID>r</ID><Filter><Prefix>{prefix}</Prefix></Filter><Status>Enabled</Status>{inside}</Rule>"
    return f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>".encode()


EXPIRE = document("<Expiration><Days>1</Days></Expiration>")
EVERYTHING = document(
    "<Expiration><Days>1</Days></Expiration>"
    "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"
)


class Lifecycle:
    """An expirer over a world; events are only counted."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.directory = BucketDirectory(world.index)
        self.aborted: list[bytes] = []
        self.expirer = Expirer(
            world.index,
            self.directory,
            world.objects,
            self._abort,
            self,  # type: ignore[arg-type]
            world.usage,
            world.clock.now_ns,
        )

    async def _abort(self, bucket: Any, key: bytes, upload_id: bytes) -> None:
        self.aborted.append(upload_id)

    def rows_of(self, *args: Any) -> tuple[Put, ...]:
        return ()

    async def rules(self, bucket: Any, rules: bytes) -> Any:
        """The bucket with these rules, as the directory knows it."""
        row = key_space.bucket_document(bucket.record.id, "lifecycle")
        await self.world.index.commit(Transaction((), (Put(row, rules),)))
        self.directory.forget(bucket.record.name)
        return await self.directory.get(bucket.record.name)

    def pass_days(self, days: int) -> None:
        self.world.clock.ns += days * DAY_NS


@pytest.fixture
def lifecycle(world: Any) -> Lifecycle:
    return Lifecycle(world)


async def test_what_is_due_goes_and_nothing_else(lifecycle: Lifecycle) -> None:
    world = lifecycle.world
    bucket = await world.bucket()
    for key in ("log/a", "log/b", "kept"):
        await world.put(bucket, key, b"x")
    await lifecycle.rules(bucket, document("<Expiration><Days>1</Days></Expiration>", "log/"))
    assert (await lifecycle.expirer.walk()).deleted == 0
    lifecycle.pass_days(3)
    assert (await lifecycle.expirer.walk()).deleted == 2
    assert await world.get(bucket, "kept") == b"x"
    assert (await world.families())["c"] == 1


async def test_a_dry_run_says_the_same_and_does_nothing(lifecycle: Lifecycle) -> None:
    world = lifecycle.world
    bucket = await world.bucket()
    await world.put(bucket, "a", b"x")
    bucket = await lifecycle.rules(bucket, EXPIRE)
    later = (world.clock.ns + 3 * DAY_NS) // 1_000_000
    assert [action.key async for action in lifecycle.expirer.dry_run(bucket, later)] == [b"a"]
    assert await world.get(bucket, "a") == b"x"


async def test_a_rewrite_between_decision_and_deletion_wins(lifecycle: Lifecycle) -> None:
    world = lifecycle.world
    bucket = await world.bucket()
    await world.put(bucket, "a", b"old")
    await lifecycle.rules(bucket, EXPIRE)
    lifecycle.pass_days(3)
    delete = world.objects.delete

    async def rewrite_first(*args: Any, **kwargs: Any) -> Any:
        await world.put(bucket, "a", b"new")
        return await delete(*args, **kwargs)

    world.objects.delete = rewrite_first
    await lifecycle.expirer.walk()
    assert await world.get(bucket, "a") == b"new"


async def test_locks_win_over_lifecycle(lifecycle: Lifecycle) -> None:
    world = lifecycle.world
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True, default_lock=("COMPLIANCE", 30, "Days"))
    locked = await world.put(bucket, "a", b"locked")
    await world.put(bucket, "a", b"newer")
    await lifecycle.rules(bucket, EVERYTHING)
    lifecycle.pass_days(10)
    status = await lifecycle.expirer.walk()
    assert status.kept_by_lock == 1
    assert await world.get(bucket, "a", versionId=locked) == b"locked"
    lifecycle.pass_days(30)
    await lifecycle.expirer.walk()
    assert (await world.refused("GetObject", bucket, "a", versionId=locked)).code == "NoSuchVersion"


async def test_a_clock_set_back_stops_lifecycle_and_keeps_expired_locks(lifecycle: Lifecycle) -> None:
    """Ten years back: nothing is deleted, and a version whose retention is over by now is not given up either."""
    world = lifecycle.world
    bucket = await world.bucket(versioning="Enabled", lock_enabled=True, default_lock=("COMPLIANCE", 1, "Days"))
    locked = await world.put(bucket, "a", b"locked")
    await lifecycle.rules(bucket, EVERYTHING)
    lifecycle.pass_days(10)
    await world.put(bucket, "b", b"newest record")
    world.clock.ns -= TEN_YEARS_NS
    status = await lifecycle.expirer.walk()
    assert (status.deleted, "clock" in status.stopped) == (0, True)
    assert (await world.refused("DeleteObject", bucket, "a", versionId=locked)).code == "AccessDenied"
    assert await world.get(bucket, "a", versionId=locked) == b"locked"
    world.clock.ns += TEN_YEARS_NS
    assert (await lifecycle.expirer.walk()).stopped == ""


async def test_one_bad_bucket_does_not_stop_the_walk(lifecycle: Lifecycle) -> None:
    world = lifecycle.world
    for name, rules in (("bad-rules", b"<Nonsense/>"), ("good", EXPIRE)):
        bucket = await world.bucket(name)
        await world.put(bucket, "a", b"x")
        await lifecycle.rules(bucket, rules)
    await world.index.commit(Transaction((), (Put(key_space.bucket("bad-record"), b"\1rubbish"),)))
    lifecycle.pass_days(3)
    status = await lifecycle.expirer.walk()
    assert status.deleted == 1
    assert status.failures == ["bad-rules: MalformedXML"]


@pytest.mark.parametrize("error", [OutOfSpace("full"), S3Error("SlowDown")])
async def test_one_refused_deletion_does_not_stop_the_walk(lifecycle: Lifecycle, error: Exception) -> None:
    world = lifecycle.world
    bucket = await world.bucket()
    for key in ("a", "b"):
        await world.put(bucket, key, b"x")
    await lifecycle.rules(bucket, EXPIRE)
    lifecycle.pass_days(3)
    delete = world.objects.delete

    async def refuse_a(where: Any, key: bytes, deletion: Any) -> Any:
        if key == b"a":
            raise error
        return await delete(where, key, deletion)

    world.objects.delete = refuse_a
    status = await lifecycle.expirer.walk()
    assert (status.deleted, len(status.failures)) == (1, 1)


async def test_uploads_are_aborted(lifecycle: Lifecycle) -> None:
    world = lifecycle.world
    bucket = await world.bucket()
    await world.call("CreateMultipartUpload", bucket, "a")
    abort = (
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
    )
    await lifecycle.rules(bucket, document(abort))
    lifecycle.pass_days(3)
    assert (await lifecycle.expirer.walk()).deleted == 1
    assert len(lifecycle.aborted) == 1
