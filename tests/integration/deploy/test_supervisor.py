"""The local supervisor with real processes (deploy.md §4.4, §9.1-3)."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from photoncloud.deploy import bootstrap
from photoncloud.deploy.adapters.control_socket import ControlClient
from photoncloud.deploy.adapters.process_table import Identity, identity
from photoncloud.deploy.adapters.run_lock import RunLock
from photoncloud.deploy.adapters.state_file import ComponentRecord, StateFile, StateRecord
from photoncloud.deploy.errors import DataDirectoryUnusable, DeployError, PortTaken, SupervisorRunning
from photoncloud.deploy.service import takedown

CHAIN: dict[str, dict[str, Any]] = {
    "kv": {"ready_delay_sec": 0.3},
    "auth": {"topology": {"needs": {"kv": "healthy"}}},
    "store": {"topology": {"needs": {"kv": "healthy", "auth": "started"}}},
}


def is_running(pid: int) -> bool:
    return identity(pid) is not None


def test_everything_comes_up_in_order_and_down_leaves_nothing(installation) -> None:
    installation.up(CHAIN)
    rows = [installation.wait(name, "up") for name in CHAIN]
    ready = [event["component"] for event in installation.events() if event["event"] == "ready"]
    assert ready[0] == "kv"
    assert set(ready) == set(CHAIN)
    assert installation.down() == []
    assert not any(is_running(row["pid"]) for row in rows)
    assert sorted(path.name for path in (installation.data_dir / "run").iterdir()) == ["lock", "plan.json"]
    stops = [e["component"] for e in installation.events() if e.get("phase") == "stopped"]
    assert stops == ["store", "auth", "kv"]


def test_a_component_gets_a_narrow_environment_and_private_files(installation) -> None:
    os.environ["PHOTON_TEST_SECRET"] = "must not travel"
    try:
        installation.up({"a": {}})
        row = installation.wait("a", "up")
    finally:
        del os.environ["PHOTON_TEST_SECRET"]
    raw = Path(f"/proc/{row['pid']}/environ").read_bytes().decode()
    names = {part.split("=", 1)[0] for part in raw.split("\0") if part}
    assert names <= {"PATH", "LANG", "TZ", "HOME", "NOTIFY_SOCKET", "WATCHDOG_USEC", "PHOTON_CONFIG", "PHOTON_MODE"}
    for folder in ("", "secrets", "run", "config", "log", "a"):
        assert stat.S_IMODE((installation.data_dir / folder).stat().st_mode) == 0o700
    assert stat.S_IMODE((installation.data_dir / "run" / "control.sock").stat().st_mode) == 0o600
    for file in (installation.data_dir / "secrets").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_killing_the_supervisor_leaves_no_child_and_up_works_again(installation) -> None:
    supervisor = installation.up_in_terminal({"a": {"worker": 600}, "b": {}})
    pids = [installation.wait(name, "up")["pid"] for name in ("a", "b")]
    supervisor.kill()
    supervisor.wait()
    installation.until(lambda: not any(is_running(pid) for pid in pids), "children are gone", 2.0)
    installation.up({"a": {}, "b": {}})
    installation.wait("a", "up")
    assert installation.down() == []


def test_a_killed_child_comes_back_and_the_others_stay(installation) -> None:
    installation.up(CHAIN)
    before = {name: installation.wait(name, "up")["pid"] for name in CHAIN}
    os.kill(before["kv"], signal.SIGKILL)
    after = installation.wait("kv", "up", restarts=1)
    assert after["pid"] != before["kv"]
    assert {name: installation.row(name)["pid"] for name in ("auth", "store")} == {
        name: before[name] for name in ("auth", "store")
    }


def test_a_child_that_ignores_sigterm_is_killed_with_its_workers(installation) -> None:
    installation.up({"a": {"ignore_term": True, "worker": 600, "topology": {"stop_timeout_sec": 1}}})
    pid = installation.wait("a", "up")["pid"]
    workers = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    assert workers
    assert installation.down() == []
    assert not any(is_running(worker) for worker in [pid, *workers])


def test_daemons_that_left_the_session_end_too(installation) -> None:
    installation.up({"a": {"daemon": 987}})
    pid = installation.wait("a", "up")["pid"]
    daemons = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    assert daemons
    assert installation.down() == []
    assert not any(is_running(daemon) for daemon in daemons)


def test_a_taken_port_names_its_holder_and_nothing_starts(installation) -> None:
    port = installation.ports["b"] = installation.free_port()
    with subprocess.Popen([sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]) as holder:
        try:
            installation.until(lambda: _accepts(port), "the stranger listens")
            with pytest.raises(PortTaken) as taken:
                installation.up({"a": {}, "b": {}})
        finally:
            holder.terminate()
    assert taken.value.exit_status == 71
    assert f"pid {holder.pid}" in str(taken.value)
    assert "http.server" in str(taken.value)
    assert not (installation.data_dir / "run" / "state.json").exists()
    assert installation.log("a") == ""


def test_a_port_lost_between_probe_and_bind_is_reported_not_retried(installation) -> None:
    prepared = installation.prepare({"a": {}})
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", installation.ports["a"]))
        stranger.listen()
        bootstrap.start_detached(prepared)
        row = installation.wait("a", "failed")
    assert "exit status 71" in row["reason"]
    assert row["restarts"] == 0


def test_a_hopeless_status_fails_at_once_with_its_last_lines_and_blocks_dependents(installation) -> None:
    installation.up({"a": {"exit_status": 78}, "b": {"topology": {"needs": {"a": "healthy"}}}, "c": {}})
    row = installation.wait("a", "failed")
    assert "exit status 78" in row["reason"]
    assert "needs a" in installation.wait("b", "blocked")["reason"]
    installation.wait("c", "up")
    failed = next(event for event in installation.events() if event.get("phase") == "failed")
    assert "giving up" in failed["last_lines"]


def test_never_ready_is_aborted_and_tried_again(installation) -> None:
    installation.up({"a": {"never_ready": True, "topology": {"start_timeout_sec": 1}}})
    installation.until(lambda: installation.row("a")["restarts"] >= 1, "it was restarted")
    assert any("not ready within 1 s" in str(event.get("reason")) for event in installation.events())


def test_ready_from_a_stranger_does_not_count(installation) -> None:
    installation.up({"a": {"never_ready": True}})
    installation.until(lambda: installation.row("a")["pid"], "it runs")
    address = str(installation.data_dir / "run" / "notify-a.sock")
    if not Path(address).exists():
        pytest.skip("the data directory's path is too long for a socket: an abstract one is used")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"READY=1", address)
    time.sleep(0.3)
    assert installation.row("a")["phase"] == "starting"


def test_sickness_and_recovery_are_seen(installation, tmp_path) -> None:
    sick = tmp_path / "sick"
    installation.up({"a": {"sick_file": str(sick)}})
    installation.wait("a", "up")
    sick.touch()
    assert "store: cannot write" in installation.wait("a", "up", healthy=False)["reason"]
    sick.unlink()
    installation.wait("a", "up", healthy=True)


def log_sizes(data_dir: Path) -> dict[str, int]:
    """Sizes of the log files of `a`; empty when a rotation was under way while they were looked at."""
    try:
        return {path.name: path.stat().st_size for path in (data_dir / "log").glob("a.log*")}
    except FileNotFoundError:
        return {}


def test_a_log_flood_never_blocks_the_child_and_is_rotated(installation) -> None:
    installation.up({"a": {"flood_mb": 64}, "b": {}})
    installation.wait("b", "up")
    installation.wait("a", "up")
    kept = {"a.log", "a.log.1", "a.log.2", "a.log.3", "a.log.4"}
    sizes: dict[str, int] = {}

    def is_complete() -> bool:
        sizes.clear()
        sizes.update(log_sizes(installation.data_dir))
        return set(sizes) == kept

    installation.until(is_complete, "rotated")
    assert all(size <= 11 * 1024 * 1024 for size in sizes.values())


def test_output_goes_to_the_log_and_long_lines_are_cut(installation) -> None:
    installation.up({"a": {"say": "y" * 100_000}})
    installation.wait("a", "up")
    first = installation.log("a").splitlines()[0]
    assert len(first) == 64 * 1024 - 1
    assert '"operation_mode"' in installation.log("a")


def test_second_up_changes_only_what_differs(installation) -> None:
    installation.up({"a": {}, "b": {"say": "one"}, "gone": {}})
    before = {name: installation.wait(name, "up")["pid"] for name in ("a", "b", "gone")}
    prepared = installation.prepare({"a": {}, "b": {"say": "two"}, "new": {}})
    assert prepared.is_running
    answer = bootstrap.apply(prepared)
    assert (answer["added"], answer["removed"]) == (["new"], ["gone"])
    assert (answer["restarted"], answer["unchanged"]) == (["b"], ["a"])
    assert answer["reasons"] == {"b": ["fake.say"]}
    installation.wait("new", "up")
    assert installation.wait("b", "up", incarnation=2)["pid"] != before["b"]
    assert installation.row("a")["pid"] == before["a"]
    installation.until(lambda: not is_running(before["gone"]), "the removed component ends")
    same = bootstrap.apply(installation.prepare({"a": {}, "b": {"say": "two"}, "new": {}}))
    assert same["unchanged"] == ["a", "b", "new"]


def test_reloadable_leaves_are_reloaded(installation) -> None:
    installation.up({"a": {"say": "one"}})
    pid = installation.wait("a", "up")["pid"]
    StateFile(installation.data_dir).write_plan(installation.prepare({"a": {"say": "two"}}).plan)
    answer = bootstrap.ask(installation.data_dir, "reload", reloadable={"a": ["fake.say"]})
    assert answer["reloaded"] == ["a"]
    installation.until(lambda: "reloaded" in installation.log("a").splitlines(), "SIGHUP arrived")
    assert installation.row("a")["pid"] == pid


def test_stop_start_restart_by_name(installation) -> None:
    installation.up({"a": {}, "b": {}})
    first = installation.wait("a", "up")["pid"]
    bootstrap.ask(installation.data_dir, "stop", components=["a"])
    installation.wait("a", "stopped")
    bootstrap.ask(installation.data_dir, "start", components=["a"])
    second = installation.wait("a", "up")["pid"]
    bootstrap.ask(installation.data_dir, "restart", components=["a"])
    third = installation.wait("a", "up", incarnation=3)["pid"]
    assert len({first, second, third}) == 3
    with pytest.raises(DeployError, match="no component 'zzz'"):
        bootstrap.ask(installation.data_dir, "stop", components=["zzz"])


@pytest.mark.parametrize(
    "request_text", [b"nonsense\n", b"[1]\n", b'{"command": "explode"}\n', b'{"command": "stop"}\n']
)
def test_bad_requests_are_answered_and_hurt_nothing(installation, request_text: bytes) -> None:
    installation.up({"a": {}})
    installation.wait("a", "up")
    with socket.socket(socket.AF_UNIX) as client:
        folder = os.open(installation.data_dir / "run", os.O_PATH)
        client.connect(f"/proc/self/fd/{folder}/control.sock")
        os.close(folder)
        client.sendall(request_text)
        assert b'"ok": false' in client.makefile("rb").readline()
    assert ControlClient(installation.data_dir / "run").ask("status")["ok"]


def test_one_supervisor_a_data_directory(installation) -> None:
    installation.up({"a": {}})
    with pytest.raises(SupervisorRunning):
        RunLock(installation.data_dir)


def test_sigterm_during_start_is_a_clean_down(installation) -> None:
    supervisor = installation.up_in_terminal(
        {"a": {"ready_delay_sec": 20}, "b": {"topology": {"needs": {"a": "healthy"}}}}
    )
    pid = installation.until(lambda: installation.row("a")["pid"], "a is being started")
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0
    assert not is_running(pid)
    assert installation.down() == []


def test_a_second_signal_skips_the_waiting(installation) -> None:
    supervisor = installation.up_in_terminal({"a": {"ignore_term": True, "topology": {"stop_timeout_sec": 600}}})
    pid = installation.wait("a", "up")["pid"]
    supervisor.send_signal(signal.SIGINT)
    installation.until(lambda: installation.row("a")["phase"] == "stopping", "it is being stopped")
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(20) == 0
    assert not is_running(pid)


def test_leftovers_are_ended_only_with_their_start_time(installation) -> None:
    installation.prepare({"a": {}})
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command, start_new_session=True) as ours, subprocess.Popen(command) as stranger:
        mine, other = identity(ours.pid), identity(stranger.pid)
        assert mine is not None
        assert other is not None
        records = {
            "a": ComponentRecord("running", 1, mine, sys.executable),
            "b": ComponentRecord("running", 1, Identity(other.pid, other.start_ticks - 1), sys.executable),
            "c": ComponentRecord("running", 1, other, "/usr/bin/another-program"),
        }
        record = StateRecord(Identity(1, 1), "test", "", records)
        assert takedown.end_leftovers(record) == ["a"]
        assert ours.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
        stranger.kill()


def test_a_port_that_somebody_else_took_is_not_left_over(installation) -> None:
    installation.up({"a": {}})
    installation.wait("a", "up")
    assert installation.down() == []
    with socket.create_server(("127.0.0.1", installation.ports["a"])):
        assert installation.down() == []


def test_data_is_removed_only_where_we_made_it(installation, tmp_path) -> None:
    installation.up({"a": {}})
    installation.wait("a", "up")
    with pytest.raises(DataDirectoryUnusable, match="in use"):
        takedown.remove_data(installation.data_dir)
    assert installation.down() == []
    takedown.remove_data(installation.data_dir)
    assert not installation.data_dir.exists()
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    with pytest.raises(DataDirectoryUnusable, match="not made by photonctl"):
        takedown.remove_data(foreign)
    assert (foreign / "thesis.txt").exists()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
