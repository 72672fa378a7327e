from __future__ import annotations

from typing import Any

import pytest
from config_samples import Dns, Lb, MemoryFiles, Stor, no_probe

from photoncloud.config import ConfigurationError, UsageError, load
from photoncloud.config.files import FileProblem
from photoncloud.config.mode import ProbeAnswer


def run(
    files: dict[str, Any] | None = None, argv: tuple[str, ...] = (), environ: dict[str, str] | None = None, **more: Any
) -> Any:
    return load("lightningstor", Stor, argv, environ or {}, files=MemoryFiles(files or {}, **more), probe=no_probe)


def test_nothing_at_all_is_a_whole_configuration() -> None:
    resolved = run()
    assert (resolved.mode, resolved.mode_reason, resolved.stage) == ("standalone", "default", "S0")
    assert resolved.photon.component_id == "lightningstor-host-1"
    assert resolved.settings.server.s3_addr == "0.0.0.0:9001"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("a" * 80, "lightningstor-" + "a" * 49), ("bad_host!.x", "lightningstor-bad_host-.x"), ("-", "lightningstor")],
)
def test_a_defaulted_id_is_a_valid_one(host: str, expected: str) -> None:
    assert run(host=host).photon.component_id == expected


def test_every_problem_of_every_source_at_once_sorted() -> None:
    files = {
        "/etc/photon/photon.toml": "[photon]\nmode = 'x'\ny = 1\n",
        "/etc/lightningstor/config.toml": FileProblem("input/output error"),
        "/f": "[[\n",
    }
    argv = ("--config", "/f", "--set", "photon.z=1")
    with pytest.raises(ConfigurationError) as refused:
        run(files, argv, {"PHOTON_LOG_LEVEL": "loud", "PHOTON_Q": "1"})
    assert [(problem.code, problem.origin.describe()) for problem in refused.value.problems] == [
        ("unreadable", "/etc/lightningstor/config.toml"),
        ("unknown-mode", "/etc/photon/photon.toml:2"),
        ("unknown-key", "/etc/photon/photon.toml:3"),
        ("syntax", "/f:1"),
        ("unknown-key", "flag --set photon.z"),
        ("bad-value", "env PHOTON_LOG_LEVEL"),
        ("unknown-env", "env PHOTON_Q"),
    ]


def test_a_lower_layer_is_checked_although_it_is_overridden() -> None:
    with pytest.raises(ConfigurationError, match=r"/etc/photon/photon.toml:1:8: error\[unknown-mode\]"):
        run({"/etc/photon/photon.toml": "photon.mode = 'x'\n"}, environ={"PHOTON_MODE": "standalone"})


def test_the_named_file_comes_from_the_flag_before_the_variable() -> None:
    files = {"/a": "photon.component_id = 'a'\n", "/b": "photon.component_id = 'b'\n"}
    assert run(files, ("--config", "/a"), {"PHOTON_CONFIG": "/b"}).photon.component_id == "a"
    assert run(files, (), {"PHOTON_CONFIG": "/b"}).photon.component_id == "b"
    with pytest.raises(ConfigurationError, match="named by env PHOTON_CONFIG"):
        run(files, (), {"PHOTON_CONFIG": "/c"})


def test_a_drop_in_adds_one_entry_and_changes_another() -> None:
    base = "[[standalone.loadbalancers]]\nname = 'web'\nvip = '10.0.0.1'\nport = 80\n"
    drop_in = (
        "[[standalone.loadbalancers]]\nname = 'web'\nport = 81\n"
        "[[standalone.loadbalancers]]\nname = 'api'\nvip = '10.0.0.2'\nport = 443\n"
    )
    files = MemoryFiles({"/etc/photon/photon.toml": base, "/etc/photon/conf.d/x.toml": drop_in})
    resolved = load("fiberlb", Lb, [], {}, files=files)
    assert [(b.name, b.vip, b.port) for b in resolved.settings.loadbalancers] == [
        ("web", "10.0.0.1", 81),
        ("api", "10.0.0.2", 443),
    ]
    assert resolved.origin("standalone.loadbalancers[web].port").path == "/etc/photon/conf.d/x.toml"
    assert resolved.origin("standalone.loadbalancers[web].vip").line == 3


def test_old_files_are_migrated_in_memory_and_keep_their_places() -> None:
    resolved = run({"/f": "[photon.integrated]\nheartbeat_interval_sec = 7\n"}, ("--config", "/f"))
    leaf = resolved.leaves()["photon.integrated.registration.heartbeat_interval_sec"]
    assert (leaf.value, leaf.origin.line) == (7, 2)
    (note,) = resolved.notes
    assert (note.level, note.event, note.fields["from"]) == ("info", "config_migrated", "1.0")
    conflict = "[photon.integrated]\nheartbeat_interval_sec = 7\nregistration.heartbeat_interval_sec = 8\n"
    with pytest.raises(ConfigurationError, match="conflict"):
        run({"/f": conflict}, ("--config", "/f"))


def test_a_secret_that_others_may_read_is_noted() -> None:
    text = "standalone.auth.secret_key = 'hush'\n"
    assert run({"/f": text}, ("--config", "/f"), permissions={"/f": 0o600}).notes == ()
    (note,) = run({"/f": text}, ("--config", "/f"), permissions={"/f": 0o644}).notes
    assert (note.event, note.fields["keys"]) == ("config_secret_readable", ["standalone.auth.secret_key"])


def test_probe_only_without_a_mode() -> None:
    asked = []

    def probe(url: str) -> ProbeAnswer:
        asked.append(url)
        return ProbeAnswer(cause="no")

    def start(mode: str) -> Any:
        environ = {"PHOTON_MODE": mode, "RESOURCE_MANAGER": "http://rm:1/"}
        return load("flashdns", Dns, [], environ, files=MemoryFiles(), probe=probe)

    assert start("standalone").mode_reason == "env PHOTON_MODE"
    assert asked == []
    assert start("").mode_reason == "probe http://rm:1/health failed: no"
    assert asked == ["http://rm:1/health"]


def test_misuse() -> None:
    with pytest.raises(ValueError, match="flashdns"):
        load("lightningstor", Dns, [], {}, files=MemoryFiles())
    with pytest.raises(UsageError):
        run(argv=("--what",))
