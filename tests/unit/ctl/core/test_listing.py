"""Every output form of a listing."""

from __future__ import annotations

import json

import pytest
from ruamel.yaml import YAML

from photoncloud.ctl.core.listing import Column, FormUnknown, Listing, render

ROWS = [
    {"name": "a", "n": 1, "tags": ["x", "y"], "empty": ""},
    {"name": "bé", "n": None, "tags": [], "empty": "\x1b[31m"},
]
COLUMNS = (Column("NAME", "name"), Column("N", "n"), Column("TWICE", lambda row: row["n"] and row["n"] * 2))
LISTING = Listing("Thing", ROWS, COLUMNS, (Column("TAGS", "tags"), Column("EMPTY", "empty")), extra={"level": "0a"})


def test_table_and_wide() -> None:
    assert render(LISTING) == "NAME  N       TWICE\na     1       2\nbé    <none>  <none>"
    assert render(LISTING, "wide").splitlines()[2] == "bé    <none>  <none>  <none>  \\x1b[31m"
    assert render(LISTING, show_headers=False).splitlines()[0] == "a   1       2"


def test_json_and_yaml_hold_the_same() -> None:
    document = json.loads(render(LISTING, "json"))
    assert (document["apiVersion"], document["kind"], document["level"]) == ("photonctl/v1", "Thing", "0a")
    assert document["items"] == ROWS
    assert YAML(typ="safe", pure=True).load(render(LISTING, "yaml")) == document
    array = Listing("Thing", ROWS, COLUMNS, is_array=True)
    assert YAML(typ="safe", pure=True).load(render(array, "yaml")) == json.loads(render(array, "json")) == ROWS


def test_names_and_templates() -> None:
    assert render(LISTING, "name") == "thing/a\nthing/bé"
    assert render(LISTING, "jsonpath={.items[*].n}") == "1 "
    assert render(LISTING, "custom-columns=A:.name,B:.tags[0,1]") == "A   B\na   x,y\nbé  <none>"


@pytest.mark.parametrize("form", ["", "xml", "jsonpath", "custom-columns", "json=x"])
def test_unknown_forms(form: str) -> None:
    with pytest.raises(FormUnknown):
        render(LISTING, form)


def test_wide_characters_are_two_columns() -> None:
    rows = [{"name": "日本", "n": 1, "tags": []}, {"name": "abcd", "n": 2, "tags": []}]
    assert render(Listing("T", rows, COLUMNS[:2]), show_headers=False) == "日本  1\nabcd  2"


def test_sorting_puts_numbers_before_texts_and_absent_last() -> None:
    rows = [{"name": "c"}, {"name": "b", "n": 10}, {"name": "a", "n": 9}, {"name": "d", "n": "x"}]
    listing = Listing("T", rows, COLUMNS[:1]).sorted_by("{.n}")
    assert [row["name"] for row in listing.items] == ["a", "b", "d", "c"]
