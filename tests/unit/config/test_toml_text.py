from __future__ import annotations

import math
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config.toml_text import toml_header, toml_key, toml_value

texts = st.text(st.characters(codec="utf-8"), max_size=10)
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values, texts)
def test_tomllib_reads_back_what_is_written(value: Any, key: str) -> None:
    assert tomllib.loads(f"{toml_key(key)} = {toml_value(value)}") == {key: value}


def test_spellings() -> None:
    assert toml_value((1, True, "a\n")) == '[1, true, "a\\n"]'
    assert toml_value({"a b": 1.0}) == '{ "a b" = 1.0 }'
    assert toml_value({}) == "{}"
    assert toml_value(math.inf) == "inf"
    assert toml_value(1e22) == "1e+22"
    assert math.isnan(tomllib.loads(f"x = {toml_value(math.nan)}")["x"])
    assert toml_header(("a", "b.c")) == 'a."b.c"'
    with pytest.raises(TypeError):
        toml_value(None)
