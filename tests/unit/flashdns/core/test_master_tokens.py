"""Entries of master files: lines, parentheses, quotes, comments (RFC 1035 §5.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.master_tokens import BadEntry, Entry, entries
from photoncloud.flashdns.core.rdata_text import Quoted


def read(text: str, limits: ZoneLimits | None = None) -> list[Entry | BadEntry]:
    return list(entries(text, limits or ZoneLimits()))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a b c", ["a", "b", "c"]),
        ("a\tb\r\n", ["a", "b"]),
        ("a b ; comment", ["a", "b"]),
        ("a b;comment", ["a", "b"]),
        ('a "b c" d', ["a", "b c", "d"]),
        (r'a "b\"c;(" d', ["a", r"b\"c;(", "d"]),
        ("a ( b\n c ) d", ["a", "b", "c", "d"]),
        ("a (b ; one\n;two\n\n c)", ["a", "b", "c"]),
        ("a ((b) c)", ["a", "b", "c"]),
        (r"a\ b c\;d \(e", [r"a\ b", r"c\;d", r"\(e"]),
        ('k alpn="h2,h3" x', ["k", 'alpn="h2,h3"', "x"]),
        ('a"b"', ["a", "b"]),
        ("a \x0c b", ["a", "b"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    (entry,) = read(text)
    assert isinstance(entry, Entry)
    assert entry.tokens == tokens


def test_quoted_tokens_are_told_apart() -> None:
    (entry,) = read('@ "@" ""')
    assert isinstance(entry, Entry)
    assert [isinstance(token, Quoted) for token in entry.tokens] == [False, True, True]


def test_lines_and_indentation() -> None:
    found = read("\n; only a comment\nfirst\n  second\n\tthird (\n\n x)\nlast")
    assert [(entry.line, entry.is_indented) for entry in found if isinstance(entry, Entry)] == [
        (3, False), (4, True), (5, True), (8, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"), [('a "b', 1), ("a )", 1), ("a (\n b\n", 1), ("a (\n b \\\n", 2), ("x\ny \\", 2), ('a "b\nc"', 1)]
)
def test_broken_entries(text: str, line: int) -> None:
    broken = [entry for entry in read(text) if isinstance(entry, BadEntry)]
    assert broken[0].code == "syntax"
    assert broken[0].line == line


def test_reading_goes_on_after_a_broken_entry() -> None:
    found = read('a "b\nc d\n')
    assert isinstance(found[0], BadEntry)
    assert isinstance(found[1], Entry)


def test_long_lines_and_entries_are_limited() -> None:
    limits = ZoneLimits(line_octets=10, entry_octets=20)
    assert read("a" * 10, limits) == [Entry(1, False, ["a" * 10])]
    for text in ("a" * 11, "(\naaaaaaaaa\naaaaaaaaa\naaaaaaaaa\n)"):
        assert any(isinstance(entry, BadEntry) and entry.code == "limit_exceeded" for entry in read(text, limits))


@given(st.text(alphabet=st.sampled_from('ab ;()"\\\n\t\r.@$\x00\xff'), max_size=80))
def test_any_text_gives_entries(text: str) -> None:
    for entry in read(text):
        assert isinstance(entry, BadEntry) or entry.tokens
