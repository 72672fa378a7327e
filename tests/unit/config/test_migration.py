from __future__ import annotations

import pytest

from photoncloud.config import ConfigurationError, Origin
from photoncloud.config.migration import current, migrate_text, migrate_tree
from photoncloud.config.migrations.step import Move, Respell, Step

CHAIN = (
    Step("1.1", (Move("photon.a", "photon.b"),)),
    Step("1.2", (Move("photon.b", "photon.c.d"), Respell("photon.e", {"x": "y"}))),
    Step("2.0", ()),
)


def nowhere(_path: tuple[object, ...]) -> Origin:
    return Origin("file", path="f", line=2)


def test_a_newer_file_is_refused_naming_both_versions() -> None:
    for refuse in (
        lambda: migrate_tree({"photon": {"config_version": "99.0"}}, nowhere),
        lambda: migrate_text("f", '[photon]\nconfig_version = "99.0"\n'),
    ):
        with pytest.raises(ConfigurationError) as refused:
            refuse()
        (problem,) = refused.value.problems
        assert (problem.code, problem.origin.line) == ("newer-version", 2)
        assert "99.0" in problem.message
        assert current() in problem.message


def test_only_the_missing_steps_run() -> None:
    tree = migrate_tree({"photon": {"config_version": "1.1", "a": 1, "b": 2}}, nowhere, CHAIN).tree
    assert tree["photon"] == {"config_version": "1.1", "a": 1, "c": {"d": 2}}


def test_places_follow_moved_keys_through_the_chain() -> None:
    migrated = migrate_tree({"photon": {"a": {"inner": 1}}}, nowhere, CHAIN)
    assert migrated.tree == {"photon": {"c": {"d": {"inner": 1}}}}
    assert migrated.written_as(("photon", "c", "d", "inner")) == ("photon", "a", "inner")
    assert migrated.written_as(("photon", "z")) == ("photon", "z")
    assert migrated.changed_keys == ("photon.a", "photon.b")


def test_the_chain_writes_the_last_version() -> None:
    migrated = migrate_text("f", "[photon]\na = 1 # one\ne = 'x'\n", CHAIN)
    assert (migrated.before, migrated.after) == ("1.0", "2.0")
    assert migrated.text == '[photon]\nconfig_version = "2.0"\ne = "y"\n\n[photon.c]\nd = 1 # one\n'
    assert current(()) == "1.0"


def test_what_is_no_version_is_read_as_the_oldest() -> None:
    for odd in ("one", 1.0, "1.0.0", ""):
        assert migrate_tree({"photon": {"config_version": odd}}, nowhere).version == "1.0"
    assert migrate_tree({"photon": 3}, nowhere).tree == {"photon": 3}


def test_broken_text_is_a_syntax_problem() -> None:
    with pytest.raises(ConfigurationError) as refused:
        migrate_text("f", "[photon\n")
    assert refused.value.problems[0].code == "syntax"
