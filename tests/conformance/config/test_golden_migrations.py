"""Files before and after migration, byte for byte; migrating twice changes nothing more."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from photoncloud.config.migration import current, migrate_text, migrate_tree
from photoncloud.config.origin import Origin

GOLDEN = Path(__file__).resolve().parent / "golden"
BEFORE = sorted(GOLDEN.glob("*.before.toml"))


def read(path: Path) -> str:
    return path.read_bytes().decode()


@pytest.mark.parametrize("before", BEFORE, ids=lambda path: path.name.removesuffix(".before.toml"))
def test_golden_file(before: Path) -> None:
    text, expected = read(before), read(before.with_name(before.name.replace(".before.", ".after.")))
    once = migrate_text(str(before), text)
    assert once.text == expected
    twice = migrate_text(str(before), once.text)
    assert (twice.text, twice.changes, twice.before) == (once.text, (), current())
    kept = [
        line for line in text.splitlines() if not any(word in line for word in ("level", "heartbeat", "config_version"))
    ]
    assert set(kept) <= set(expected.splitlines()) or "{" in text


@pytest.mark.parametrize("before", BEFORE, ids=lambda path: path.name.removesuffix(".before.toml"))
def test_the_steps_in_memory_give_the_same_tables(before: Path) -> None:
    in_memory = migrate_tree(tomllib.loads(read(before)), lambda _path: Origin()).tree
    written: dict[str, Any] = tomllib.loads(migrate_text(str(before), read(before)).text)
    for tree in (in_memory, written):
        tree.setdefault("photon", {}).pop("config_version", None)
        integrated = tree["photon"].get("integrated")
        if integrated == {}:
            del tree["photon"]["integrated"]
    assert in_memory == written


def test_there_are_enough_golden_files() -> None:
    assert len(BEFORE) >= 40
    assert len(list(GOLDEN.glob("*.after.toml"))) == len(BEFORE)
