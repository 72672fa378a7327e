"""All eleven actions, and what a rule may not say."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from photoncloud.nightlight.core.labels import Labels
from photoncloud.nightlight.core.scrape.relabel import Action, RelabelRule, action_of, relabel
from photoncloud.nightlight.errors import InvalidPattern, InvalidRelabelling

LABELS = Labels.of({"a": "foo", "b": "bar", "c": "Baz"})


def applied(labels: Labels = LABELS, **fields: Any) -> dict[str, str] | None:
    found = relabel(labels, [RelabelRule(**{**fields, "action": Action(fields.get("action", "replace"))})])
    return None if found is None else dict(found)


def test_replace() -> None:
    assert applied(source_labels=("a", "b"), regex="f(.*);(.*)r", target_label="d", replacement="$1-${2}x") == {
        **dict(LABELS),
        "d": "oo-bax",
    }
    assert applied(source_labels=("a",), regex="nope", target_label="d") == dict(LABELS)
    assert applied(source_labels=("a",), regex="f.*", target_label="a", replacement="") == {"b": "bar", "c": "Baz"}
    assert applied(source_labels=("a",), regex="(f).*", target_label="x_$1", replacement="y") == {
        **dict(LABELS),
        "x_f": "y",
    }
    assert applied(source_labels=("x",), target_label="a") == {"b": "bar", "c": "Baz"}
    assert applied(source_labels=("a", "b"), separator="/", target_label="d") == {**dict(LABELS), "d": "foo/bar"}


def test_a_target_that_expands_to_nothing_changes_nothing() -> None:
    assert applied(source_labels=("x",), regex="(.*)", target_label="$1", replacement="y") == dict(LABELS)


@pytest.mark.parametrize(
    ("action", "regex", "stays"),
    [("keep", "f.*", True), ("keep", "x", False), ("drop", "f.*", False), ("drop", "fo", True)],
)
def test_keep_and_drop(action: str, regex: str, stays: bool) -> None:
    assert (applied(action=action, source_labels=("a",), regex=regex) is not None) is stays


@pytest.mark.parametrize(
    ("action", "target", "stays"),
    [("keepequal", "d", True), ("keepequal", "b", False), ("dropequal", "d", False), ("dropequal", "b", True)],
)
def test_equalities(action: str, target: str, stays: bool) -> None:
    labels = LABELS.with_label("d", "foo")
    assert (applied(labels, action=action, source_labels=("a",), target_label=target) is not None) is stays


def test_hashmod() -> None:
    wanted = int.from_bytes(hashlib.md5(b"foo").digest()[8:], "big") % 1000
    assert applied(action="hashmod", source_labels=("a",), target_label="h", modulus=1000) == {
        **dict(LABELS),
        "h": str(wanted),
    }


def test_names() -> None:
    assert applied(action="labelmap", regex="(a|b)", replacement="x_$1") == {**dict(LABELS), "x_a": "foo", "x_b": "bar"}
    assert applied(action="labeldrop", regex="a|c") == {"b": "bar"}
    assert applied(action="labelkeep", regex="a|c") == {"a": "foo", "c": "Baz"}


def test_case() -> None:
    assert applied(action="lowercase", source_labels=("c",), target_label="c") == {**dict(LABELS), "c": "baz"}
    assert applied(action="uppercase", source_labels=("c",), target_label="d") == {**dict(LABELS), "d": "BAZ"}


def test_rules_run_in_order_until_a_drop() -> None:
    rules = [
        RelabelRule(source_labels=("a",), target_label="t", replacement="1"),
        RelabelRule(Action.DROP, source_labels=("t",), regex="1"),
        RelabelRule(source_labels=("a",), target_label="u"),
    ]
    assert relabel(LABELS, rules) is None


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"action": Action.HASHMOD, "target_label": "a"},
            "relabel configuration for hashmod requires non-zero modulus",
        ),
        ({}, "relabel configuration for replace action requires 'target_label' value"),
        ({"target_label": "\udcff"}, "\"\\xff\" is invalid 'target_label' for replace action"),
        (
            {"action": Action.LABELDROP, "target_label": "a"},
            "labeldrop action requires only 'regex', and no other fields",
        ),
        (
            {"action": Action.KEEPEQUAL, "target_label": "a", "regex": "x"},
            "keepequal action requires only 'source_labels' and `target_label`, and no other fields",
        ),
    ],
)
def test_refuses(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidRelabelling) as caught:
        RelabelRule(**fields)
    assert str(caught.value) == text


def test_unknown_action_and_bad_pattern() -> None:
    with pytest.raises(InvalidRelabelling, match='unknown relabel action "nope"'):
        action_of("nope")
    assert action_of("LabelMap") is Action.LABELMAP
    with pytest.raises(InvalidPattern):
        RelabelRule(target_label="a", regex="(")
