"""State on disk: whole, versioned, refused when it is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.deploy.adapters.process_table import Identity
from photoncloud.deploy.adapters.state_file import ComponentRecord, StateFile, StateRecord, is_marked, mark
from photoncloud.deploy.errors import StateUnreadable


def test_round_trip(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    files = StateFile(tmp_path)
    assert files.read() is None
    assert files.read_plan() is None
    record = StateRecord(
        Identity(1, 2),
        "0a",
        "hash",
        {"a": ComponentRecord("running", 3, Identity(4, 5), "a-server"), "b": ComponentRecord("starting", 1)},
    )
    files.write(record)
    assert files.read() == record
    files.remove()
    assert files.read() is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"state_version": 9}', '{"state_version": 1, "components": []}']
)
def test_what_cannot_be_understood_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "state.json").write_text(text)
    (tmp_path / "run" / "plan.json").write_text(text)
    with pytest.raises(StateUnreadable):
        StateFile(tmp_path).read()
    with pytest.raises(StateUnreadable):
        StateFile(tmp_path).read_plan()


def test_the_marker_is_neither_a_link_nor_any_file(tmp_path: Path) -> None:
    assert not is_marked(tmp_path)
    mark(tmp_path)
    assert is_marked(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / ".photoncloud").symlink_to(tmp_path / ".photoncloud")
    assert not is_marked(other)
    (other / ".photoncloud").unlink()
    (other / ".photoncloud").write_text("mine")
    assert not is_marked(other)
