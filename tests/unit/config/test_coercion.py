from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config import Address, ConfigModel, Secret, Url, setting
from photoncloud.config.coercion import LIST_ITEMS_MAX, Refused, fit, from_text, shown
from photoncloud.config.tree import LeafNode, table_node


class Row(ConfigModel):
    """A row."""

    name: str = setting(description="Name.")
    token: Secret | None = setting(None, "Token.")


class Everything(ConfigModel):
    """One of each."""

    flag: bool = setting(False, "Flag.")
    count: int = setting(0, "Count.")
    ratio: float = setting(0.0, "Ratio.")
    wait_sec: int = setting(0, "Wait.")
    wait_ms: int = setting(0, "Wait.")
    pause_sec: float = setting(0.0, "Pause.")
    keep_days: int = setting(0, "Keep.")
    size_mb: int = setting(0, "Size.")
    size_bytes: int = setting(0, "Size.")
    rate_bytes_per_sec: int = setting(0, "Rate.")
    word: str = setting("", "Word.")
    kind: Literal["group", "fsync"] = setting("group", "Kind.", synonyms={"sync": "fsync"})
    folded: Literal["a", "b"] = setting("a", "Folded.", fold_case=True)
    number: Literal[1, 2] = setting(1, "Number.")
    items: tuple[str, ...] = setting((), "Items.")
    delays_sec: tuple[int, ...] = setting((), "Delays.")
    urls: tuple[Url, ...] = setting((), "Urls.")
    listen: tuple[Address, ...] = setting((), "Addresses.", single=True)
    labels: Mapping[str, str] = setting(factory=dict, description="Labels.")
    weights: Mapping[str, int] = setting(factory=dict, description="Weights.")
    rows: tuple[Row, ...] = setting((), "Rows.")
    folder: Path = setting(Path("/"), "Folder.")
    secret: Secret | None = setting(None, "Secret.")
    either: int | str = setting(0, "Either.")


def leaf(name: str) -> LeafNode:
    node = table_node(Everything).children[name]
    assert isinstance(node, LeafNode)
    return node


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        *(("flag", text, True) for text in ("true", "1", "Yes", "ON", " true ")),
        *(("flag", text, False) for text in ("false", "0", "no", "Off")),
        ("count", "1_000", 1000),
        ("count", "-3", -3),
        ("count", "+3", 3),
        ("ratio", "1e-3", 0.001),
        ("ratio", "5", 5.0),
        ("wait_sec", "5", 5),
        ("wait_sec", "1h30m", 5400),
        ("wait_sec", "7d", 604_800),
        ("wait_sec", "3000ms", 3),
        ("wait_sec", "1.5m", 90),
        ("wait_ms", "1s500ms", 1500),
        ("pause_sec", "1500ms", 1.5),
        ("keep_days", "2w", 14),
        ("size_mb", "256MiB", 256),
        ("size_mb", "1GiB", 1024),
        ("size_bytes", "10MB", 10_000_000),
        ("rate_bytes_per_sec", "8388608", 8_388_608),
        ("word", " kept as it is ", " kept as it is "),
        ("kind", "sync", "fsync"),
        ("folded", " B ", "b"),
        ("items", "a, b ,c", ("a", "b", "c")),
        ("items", '["a,b", "c"]', ("a,b", "c")),
        ("delays_sec", "1s,2m", (1, 120)),
        ("urls", "http://a:1/,https://b", ("http://a:1", "https://b")),
        ("listen", ":53", (":53",)),
        ("labels", "a=1, b = x=y", {"a": "1", "b": "x=y"}),
        ("labels", '{"a": "1"}', {"a": "1"}),
        ("weights", "a=1,b=2", {"a": 1, "b": 2}),
        ("folder", "/a/b", Path("/a/b")),
        ("either", "7", 7),
        ("either", "seven", "seven"),
    ],
)
def test_texts(name: str, text: str, value: Any) -> None:
    assert from_text(text, leaf(name)) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("flag", text) for text in ("maybe", "2", "tru")),
        *(("count", text) for text in ("1.0", "0x10", "1__0", "_1", "", "ten", "1e3", "9" * 60)),
        *(("ratio", text) for text in ("nan", "inf", ".", "1,5")),
        *(("wait_sec", text) for text in ("1500ms", "5 moons", "m5", "1m2m", "1h 30", "1h 30m", "-5s", "1.5")),
        *(("size_mb", text) for text in ("1KiB", "1GiB1MiB", "10XB", "1.5MB")),
        ("rate_bytes_per_sec", "8MiB"),
        *(("items", text) for text in ("a,,b", ",", "[1", '["a"')),
        *(("labels", text) for text in ("a", "=b", "a=1,a=2", '{"a": "1", "a": "2"}', "{")),
        ("rows", "name=a"),
        ("rows", "{}"),
        ("kind", "grup"),
        ("urls", "nope"),
        ("listen", "nope"),
        ("secret", "***"),
    ],
)
def test_texts_that_mean_nothing(name: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        from_text(text, leaf(name))
    assert refused.value.code == "bad-value"


def test_a_wrong_choice_is_answered_with_the_nearest() -> None:
    with pytest.raises(Refused) as refused:
        fit("grup", leaf("kind"))
    assert refused.value.suggestion == "group"
    with pytest.raises(Refused, match="one of 1, 2") as refused:
        fit(3, leaf("number"))
    assert refused.value.code == "wrong-type"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("wait_sec", "2m", 120),
        ("ratio", 1, 1.0),
        ("items", ["a"], ("a",)),
        ("listen", ":1", (":1",)),
        ("count", "3", "3"),
        ("flag", "true", "true"),
        ("items", "a", "a"),
        ("labels", 3, 3),
        ("word", 3, 3),
    ],
)
def test_values_of_files_are_fitted_and_wrong_types_are_left_to_the_model(name: str, value: Any, kept: Any) -> None:
    assert fit(value, leaf(name)) == kept


def test_secrets_are_wrapped_and_never_quoted() -> None:
    assert fit("x", leaf("secret")) == Secret("x")
    with pytest.raises(Refused) as refused:
        from_text('[{"name": "a", "token": "planted"', leaf("rows"))
    assert "planted" not in refused.value.message


def test_the_place_inside_a_list_is_told() -> None:
    with pytest.raises(Refused) as refused:
        fit(["http://a", "b"], leaf("urls"))
    assert refused.value.at == (1,)


def test_lists_are_bounded() -> None:
    for value in (["x"] * (LIST_ITEMS_MAX + 1), dict.fromkeys(map(str, range(LIST_ITEMS_MAX + 1)), "x")):
        name = "items" if isinstance(value, list) else "labels"
        with pytest.raises(Refused) as refused:
            fit(value, leaf(name))
        assert refused.value.code == "out-of-range"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", '"plain"'),
        ("http://user:pa@ss@h/", '"http://***@h/"'),
        ("http://h/?token=x", '"http://h/?***"'),
        ("x" * 100, '"' + "x" * 80 + '..."'),
    ],
)
def test_how_values_are_quoted(text: str, quoted: str) -> None:
    assert shown(text) == quoted


@given(st.sampled_from(sorted(Everything.model_fields)), st.text(max_size=20))
def test_no_text_raises_anything_else(name: str, text: str) -> None:
    try:
        from_text(text, leaf(name))
    except Refused:
        pass


@given(st.lists(st.text(max_size=5), max_size=5))
def test_json_lists_arrive_unchanged(items: list[str]) -> None:
    assert from_text(json.dumps(items), leaf("items")) == tuple(items)
