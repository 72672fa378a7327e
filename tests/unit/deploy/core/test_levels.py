"""The levels of this installation: valid, complete, and rendered as they are committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.service.render import FORMATS, rendered, stale
from photoncloud.deploy.service.resolve import Request, topology

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("name", level_files.names())
def test_a_level_is_valid_and_named_as_its_file(name: str) -> None:
    assert topology(Request(level=name)).name == name


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", level_files.names())
def test_committed_renderings_are_current(name: str, form: str) -> None:
    folder = ROOT / "deploy" / f"level{name}" / form
    assert stale(rendered(topology(Request(level=name)), form), folder) == [], "run: make gen"


def test_level_0a_is_object_storage_with_the_ports_of_the_plan() -> None:
    (store,) = topology(Request(level="0a")).components
    assert store.name == "lightningstor"
    assert {port.name: port.number for port in store.ports} == {"grpc": 9000, "s3": 9001, "website": 9002, "ops": 9003}
    assert store.needs == {}
