"""From a request to a plan for one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.deploy.errors import HostUnsuitable, LevelUnknown, TopologyInvalid
from photoncloud.deploy.service.overrides import OverrideRefused
from photoncloud.deploy.service.resolve import Host, Request, highest_level, resolve, topology

EVERYTHING = Host(frozenset({"root", "ipvs"}), may_bind_low=True, has_program=lambda name: True)
NOTHING = Host(frozenset(), may_bind_low=False, has_program=lambda name: False)

FILE = """
[level]
name = "mine"
extends = "0a"

[components.lb]
ports = { ops = 8080 }
needs = { lightningstor = "healthy" }
env = { STORE = "@lightningstor.s3.http" }
optional = true
requires_host = ["ipvs"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    return path


def test_a_file_of_ones_own_extends_a_level(file: Path, tmp_path: Path) -> None:
    found = resolve(Request(file=file), EVERYTHING, tmp_path / "d", "0.1.0")
    assert found.topology.names == ("lightningstor", "lb")
    lb = found.plan.program("lb")
    assert lb is not None
    assert lb.environment["STORE"] == "http://127.0.0.1:9001"
    assert found.left_out == ()


def test_what_cannot_run_here_is_left_out_when_optional(file: Path, tmp_path: Path) -> None:
    host = Host(frozenset(), may_bind_low=True, has_program=lambda name: True)
    found = resolve(Request(file=file), host, tmp_path / "d", "0.1.0")
    assert found.topology.names == ("lightningstor",)
    assert found.left_out == (("lb", "this machine lacks ipvs"),)


def test_what_is_not_installed_is_refused_with_the_pip_line(tmp_path: Path) -> None:
    with pytest.raises(HostUnsuitable, match=r'pip install "photoncloud\[lightningstor\]"'):
        resolve(Request(level="0a"), NOTHING, tmp_path, "0.1.0")
    with pytest.raises(HostUnsuitable, match="no level can run here"):
        highest_level(NOTHING)


def test_without_a_level_the_highest_is_taken(tmp_path: Path) -> None:
    assert resolve(Request(), EVERYTHING, tmp_path, "0.1.0").topology.name == highest_level(EVERYTHING) == "0"


def test_set_changes_leaves_variables_and_ports() -> None:
    settings = (
        "lightningstor:standalone.storage.durability=fsync",
        "lightningstor:standalone.server.max_connections=99",
        "lightningstor:env.PHOTON_LOG_LEVEL=12",
        "lightningstor:ports.ops=9999",
        "lightningstor:mode=hybrid",
    )
    (store,) = topology(Request(level="0a", settings=settings)).components
    assert store.config["standalone"]["storage"]["durability"] == "fsync"
    assert store.config["standalone"]["server"]["max_connections"] == 99
    assert store.config["standalone"]["server"]["s3_addr"] == "@listen.s3"
    assert store.env["PHOTON_LOG_LEVEL"] == "12"
    assert store.port("ops").number == 9999  # type: ignore[union-attr]
    assert store.mode == "hybrid"


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        (Request(level="7"), LevelUnknown, "there are: 0, 0a"),
        (Request(level="../0a"), LevelUnknown, "no level"),
        (Request(level="0a", settings=("nonsense",)), OverrideRefused, "COMPONENT:KEY=VALUE"),
        (Request(level="0a", settings=("ghost:a=1",)), OverrideRefused, "no component 'ghost'"),
        (Request(level="0a", only=("ghost",)), OverrideRefused, "no component 'ghost'"),
        (Request(level="0a", without=("lightningstor",)), OverrideRefused, "no component is left"),
        (Request(level="0a", settings=("lightningstor:env.A=@ghost.x",)), TopologyInvalid, "no component 'ghost'"),
        (Request(level="0a", settings=("lightningstor:mode=bad",)), TopologyInvalid, "none of standalone"),
    ],
)
def test_refusals(request_: Request, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        topology(request_)


def test_problems_of_a_file_come_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[level]\nname = "x"\n\n[components.a]\nmode = "standalone"\nneeeds = {}\n')
    with pytest.raises(TopologyInvalid) as refused:
        topology(Request(file=path))
    assert str(refused.value.findings[0]).startswith(f"{path}:6:1: error[unknown-key]")
    assert "did you mean 'needs'" in refused.value.findings[0]
    path.write_text("[level\n")
    with pytest.raises(TopologyInvalid, match=r"bad\.toml"):
        topology(Request(file=path))


def test_ports_of_an_earlier_run_are_kept(tmp_path: Path) -> None:
    first = resolve(Request(level="0a", port_offset=100), EVERYTHING, tmp_path, "0.1.0")
    again = resolve(Request(level="0a"), EVERYTHING, tmp_path, "0.1.0", first.plan.ports)
    assert again.plan.ports == first.plan.ports


def test_an_offset_beats_the_ports_of_an_earlier_run(tmp_path: Path) -> None:
    keep = {("lightningstor", "s3"): 9001}
    resolution = resolve(Request(level="0a", port_offset=1000), EVERYTHING, tmp_path, "1", keep)
    assert resolution.ports.number("lightningstor", "s3") == 10001
