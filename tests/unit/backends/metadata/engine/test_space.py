from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.backends.metadata.engine.space import SpaceGuard

RESERVE = 1 << 20
LOW = 1 << 18


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What the file system says it has free."""
    room = {"bytes": 1 << 30}
    monkeypatch.setattr(SpaceGuard, "_free_bytes", lambda self: room["bytes"])
    return room


def test_the_reserve_takes_real_room(tmp_path: Path) -> None:
    guard = SpaceGuard(tmp_path, reserve_bytes=RESERVE, low_bytes=LOW)
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= RESERVE
    assert guard.has_room()


def test_full_and_back(tmp_path: Path, free: dict[str, int]) -> None:
    guard = SpaceGuard(tmp_path, reserve_bytes=RESERVE, low_bytes=LOW)
    free["bytes"] = LOW
    assert guard.has_room()
    free["bytes"] = LOW - 1
    assert not guard.has_room()
    assert not (tmp_path / "reserve").exists()
    free["bytes"] = LOW - 1 + RESERVE  # what the reserve itself gave back is no reason to take writes again
    assert not guard.has_room()
    free["bytes"] = RESERVE + 2 * LOW
    assert guard.has_room()
    assert (tmp_path / "reserve").exists()


def test_a_disk_too_small_for_the_reserve_starts_full(tmp_path: Path, free: dict[str, int]) -> None:
    free["bytes"] = RESERVE
    guard = SpaceGuard(tmp_path, reserve_bytes=RESERVE, low_bytes=LOW)
    assert guard.is_full
    assert not (tmp_path / "reserve").exists()


def test_an_existing_reserve_is_kept(tmp_path: Path, free: dict[str, int]) -> None:
    SpaceGuard(tmp_path, reserve_bytes=RESERVE, low_bytes=LOW)
    free["bytes"] = LOW
    assert not SpaceGuard(tmp_path, reserve_bytes=RESERVE, low_bytes=LOW).is_full


def test_without_a_reserve(tmp_path: Path, free: dict[str, int]) -> None:
    guard = SpaceGuard(tmp_path, reserve_bytes=0, low_bytes=LOW)
    assert guard.has_room()
    assert not (tmp_path / "reserve").exists()
