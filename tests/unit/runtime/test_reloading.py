"""a reload changes all or nothing (config.md §4.14)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from photoncloud.config import ConfigurationError, Problem, Resolved
from photoncloud.runtime.errors import PhotonError
from photoncloud.runtime.reloading import Reloading, remember

Configure = Callable[..., Resolved]


async def test_reloadable_leaves_change_and_others_wait(configure: Configure, captured: list[Any]) -> None:
    new = configure("standalone.limits.speed=9", "standalone.limits.size=9", "photon.grace_timeout_sec=3")
    reloading = Reloading(configure(), lambda: new)
    outcome = await reloading.run()
    assert outcome == {
        "result": "applied",
        "changed": ["photon.grace_timeout_sec", "standalone.limits.speed"],
        "restart_required": ["standalone.limits.size"],
    }
    assert reloading.resolved.settings.limits.speed == 9
    assert reloading.resolved.settings.limits.size == 1
    assert reloading.resolved.photon.grace_timeout_sec == 3
    events = {record["event"]: record for record in captured}
    assert events["config_restart_required"]["keys"] == ["standalone.limits.size"]
    assert events["config_reloaded"]["changed"] == outcome["changed"]


async def test_problems_refuse_it_as_a_whole(configure: Configure, captured: list[Any]) -> None:
    def load() -> Resolved:
        raise ConfigurationError([Problem("unknown-key", "a", 'unknown key "a"'), Problem("bad-value", "b", "bad")])

    before = configure()
    reloading = Reloading(before, load)
    outcome = await reloading.run()
    assert outcome["result"] == "refused"
    assert outcome["problems"] == ['error[unknown-key]: unknown key "a"', "error[bad-value]: bad"]
    assert reloading.resolved is before
    assert captured[0]["event"] == "config_reload_refused"


@pytest.mark.parametrize(
    "error", [PhotonError("credentials-broken", cause="line 3"), FileNotFoundError(2, "gone", "f")]
)
async def test_one_refusing_participant_stops_all(configure: Configure, error: Exception) -> None:
    before = configure()
    reloading = Reloading(before, lambda: configure("standalone.limits.speed=2"))
    committed: list[str] = []
    reloading.join(lambda _: lambda: committed.append("first"))

    async def refuse(_: Resolved) -> None:
        raise error

    reloading.join(refuse)
    reloading.join(lambda _: lambda: committed.append("last"))
    outcome = await reloading.run()
    assert outcome["result"] == "refused"
    assert committed == []
    assert reloading.resolved is before


async def test_commits_run_after_every_prepare_in_one_turn(configure: Configure) -> None:
    reloading = Reloading(configure(), lambda: configure("standalone.limits.speed=2"))
    steps: list[str] = []

    async def slow(wanted: Resolved) -> Callable[[], None]:
        steps.append(f"prepare {wanted.settings.limits.speed}")
        return lambda: steps.append("commit slow")

    def quick(_: Resolved) -> Callable[[], None]:
        steps.append("prepare quick")
        return lambda: steps.append("commit quick")

    def only_checks(_: Resolved) -> None:
        steps.append("check")

    for participant in (slow, quick, only_checks):
        reloading.join(participant)
    await reloading.run()
    assert steps == ["prepare 2", "prepare quick", "check", "commit slow", "commit quick"]


async def test_without_a_loader_it_is_refused(configure: Configure) -> None:
    assert (await Reloading(configure(), None).run())["result"] == "refused"


def test_last_good_is_written_without_secrets_when_the_state_directory_exists(
    configure: Configure, tmp_path: Path
) -> None:
    resolved = configure("standalone.limits.speed=7")
    remember(resolved)
    assert not (tmp_path / "state").exists()
    (tmp_path / "state").mkdir()
    remember(resolved)
    file = tmp_path / "state" / "config" / "last-good.json"
    assert json.loads(file.read_text())["standalone.limits.speed"] == 7
    assert file.stat().st_mode & 0o077 == 0


def test_failing_to_remember_is_a_line(configure: Configure, tmp_path: Path, captured: list[Any]) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "config").write_text("in the way")
    remember(configure())
    assert captured[0]["event"] == "last_good_not_written"
