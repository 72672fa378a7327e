from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config.positions import scan

DOCUMENT = '''# comment with [brackets]
top = 1
[a.b]   # header
x = "text = # not a comment"
y."quo\\u0074ed".'lit' = 2
many = [
  1,  # one
  { in = 3, deep = { er = 4 } },
]
text = """
[not.a.header]
fake = 1"""
[[a.list]]
n = 1
[a.list.sub]
m = 2
[[a.list]]
n = 3
[[a.list.inner]]
k = 4
'''


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("top",), (2, 1)),
        (("a",), (3, 2)),
        (("a", "b"), (3, 4)),
        (("a", "b", "x"), (4, 1)),
        (("a", "b", "y", "quoted", "lit"), (5, 17)),
        (("a", "b", "many", 1, "in"), (8, 5)),
        (("a", "b", "many", 1, "deep", "er"), (8, 22)),
        (("a", "b", "text"), (10, 1)),
        (("a", "list", 0, "n"), (14, 1)),
        (("a", "list", 0, "sub", "m"), (16, 1)),
        (("a", "list", 1), (17, 5)),
        (("a", "list", 1, "inner", 0, "k"), (20, 1)),
    ],
)
def test_places(path: tuple[object, ...], place: tuple[int, int]) -> None:
    tomllib.loads(DOCUMENT)
    assert scan(DOCUMENT)[path] == place


def test_texts_are_not_searched_for_keys() -> None:
    assert not any("fake" in path or "not" in path for path in scan(DOCUMENT))


@pytest.mark.parametrize("text", ["'''it''s'''", '"""a"""""', '"a\\"]"', "'a]'", '"""\\""""', "''''''", '""""""'])
def test_strings_with_quotes_in_them(text: str) -> None:
    document = f"a = [{text}, 1]\nb = 2\n"
    tomllib.loads(document)
    assert scan(document)[("b",)][0] == 2


@given(st.text(st.sampled_from("[]{}=.\"'#\n ,a1\\"), max_size=60))
def test_the_scanner_ends_on_anything(text: str) -> None:
    scan(text)
