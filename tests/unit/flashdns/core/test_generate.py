"""`$GENERATE`: ranges, modifiers, limits."""

from __future__ import annotations

import pytest

from photoncloud.flashdns.core.generate import generated
from photoncloud.flashdns.core.rdata_text import Quoted
from photoncloud.flashdns.errors import FlashdnsError


def rows(text: str, allowed: int = 100) -> list[list[str]]:
    return list(generated(text.split(), allowed))


def test_range_and_step() -> None:
    assert rows("1-3 h$ A 192.0.2.$") == [[f"h{n}", "A", f"192.0.2.{n}"] for n in (1, 2, 3)]
    assert [row[0] for row in rows("0-10/5 h$ A x")] == ["h0", "h5", "h10"]
    assert len(rows("7-7 h$ A x")) == 1


@pytest.mark.parametrize(
    ("place", "made"),
    [
        ("${0}", "10"),
        ("${-3}", "7"),
        ("${5,4}", "0015"),
        ("${0,3,x}", "00a"),
        ("${0,0,X}", "A"),
        ("${0,4,o}", "0012"),
        ("${0,8,n}", "a.0.0.0."),
        ("${0,7,N}", "A.0.0.0"),
        (r"\$", "$"),
        ("$$", "$"),
        ("a$b$", "a10b10"),
    ],
)
def test_modifiers(place: str, made: str) -> None:
    assert rows(f"10-10 {place} A x")[0][0] == made


@pytest.mark.parametrize(
    "text",
    [
        "1-3 h A",
        "3-1 h A x",
        "1-3/0 h A x",
        "x h A x",
        "1-2147483648 h A x",
        "1 h A x",
        "1-2 ${x} A x",
        "1-2 ${-9} A x",
        "1-2 ${0,254} A x",
        "1-2 ${0,1,q} A x",
    ],
)
def test_bad_directives(text: str) -> None:
    with pytest.raises(FlashdnsError) as caught:
        rows(text, 1 << 33)
    assert caught.value.code == "syntax"


def test_total_is_limited_before_anything_is_made() -> None:
    with pytest.raises(FlashdnsError) as caught:
        rows("0-999999999 h$ A x")
    assert caught.value.code == "generate_limit"


def test_quoted_tokens_stay_quoted() -> None:
    (row,) = generated(["1-1", "h", "TXT", Quoted("n $")], 1)
    assert isinstance(row[2], Quoted)
    assert row[2] == "n 1"
