"""Master files: directives, TTL rules, classes, includes, and what is refused (RFC 1035 §5, RFC 2308 §4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rdata
from photoncloud.flashdns.core.limits import TTL_MAX, ZoneLimits
from photoncloud.flashdns.core.master_file import ParsedFile, parse
from photoncloud.flashdns.errors import FlashdnsError

ORIGIN = names.from_text("example.com.")
DESIGN_ZONE = Path(__file__).parents[5] / "shared" / "design" / "examples" / "example.com.zone"


def read(text: str, **more) -> ParsedFile:
    return parse(text, origin=ORIGIN, file="zone", **more)


def rows(parsed: ParsedFile) -> list[str]:
    return [
        f"{names.to_text(r.owner)} {r.ttl} {rdata.type_text(r.rtype)} {rdata.to_text(r.rtype, r.rdata)}"
        for r in parsed.records
    ]


def codes(parsed: ParsedFile) -> list[str]:
    return [finding.code for finding in parsed.findings]


def test_the_zone_of_the_design_verbatim() -> None:
    parsed = read(DESIGN_ZONE.read_text())
    assert codes(parsed) in ([], ["no_final_newline"])
    assert rows(parsed) == [
        "example.com. 3600 SOA ns1.example.com. admin.example.com. 2024010101 3600 1800 604800 86400",
        "example.com. 3600 NS ns1.example.com.",
        "example.com. 3600 NS ns2.example.com.",
        "ns1.example.com. 3600 A 192.168.1.1",
        "ns2.example.com. 3600 A 192.168.1.2",
        "example.com. 3600 A 192.168.1.10",
        "www.example.com. 3600 A 192.168.1.10",
        "api.example.com. 3600 A 192.168.1.11",
    ]


SOA = "@ SOA ns h 1 2 3 4 77\n"


@pytest.mark.parametrize(
    ("text", "more", "ttls"),
    [
        ("$TTL 5\na 9 A 192.0.2.1\nb A 192.0.2.1\n", {}, [9, 5]),  # explicit, else $TTL
        ("a 9 A 192.0.2.1\nb A 192.0.2.1\n", {}, [9, 9]),  # else the last explicit one
        ("a A 192.0.2.1\n", {"default_ttl": 33}, [33]),  # else the zone's table
        (SOA + "a A 192.0.2.1\n", {}, [77, 77]),  # else MINIMUM
        ("a A 192.0.2.1\n" + SOA, {}, [77, 77]),  # also for what stands before the SOA
        ("a 1h30m A 192.0.2.1\n", {}, [5400]),
        ("$TTL 1d\na A 192.0.2.1\n", {}, [86400]),
        ("a IN 9 A 192.0.2.1\nb 9 IN A 192.0.2.1\nc in a 192.0.2.1\n", {}, [9, 9, 9]),
        (f"a {TTL_MAX} A 192.0.2.1\nb {TTL_MAX + 1} A 192.0.2.1\n", {}, [TTL_MAX, 0]),
    ],
)
def test_ttl_and_class(text: str, more: dict, ttls: list[int]) -> None:
    assert [record.ttl for record in read(text, **more).records] == ttls


def test_too_large_ttls_are_told() -> None:
    assert codes(read("a 2147483648 A 192.0.2.1\n")) == ["ttl_too_large"]


def test_owners() -> None:
    parsed = read("a A 192.0.2.1\n  A 192.0.2.2\n@ A 192.0.2.3\n\tA 192.0.2.4\nb.c.org. A 192.0.2.5\n")
    assert [names.to_text(r.owner) for r in parsed.records] == [
        "a.example.com.", "a.example.com.", "example.com.", "example.com.", "b.c.org.",
    ]  # fmt: skip


def test_a_first_record_without_owner_is_refused() -> None:
    assert codes(read("  A 192.0.2.1\n")) == ["syntax"]


def test_origin() -> None:
    parsed = read("$ORIGIN sub\na A 192.0.2.1\n$ORIGIN other.org.\na A 192.0.2.2\n$origin x.\n@ NS a\n")
    assert rows(parsed)[0].startswith("a.sub.example.com.")
    assert rows(parsed)[1].startswith("a.other.org.")
    assert names.to_text(parsed.records[2].rdata) == "a.x."


@pytest.mark.parametrize(
    "text",
    [
        "a A\n",
        "a\n",
        "a NOTYPE x\n",
        "a CH TXT x\n",
        "a HS A 192.0.2.1\n",
        "a CLASS3 TXT x\n",
        "$FOO x\n",
        "$ORIGIN\n",
        "$TTL x\n",
        "$TTL\n",
        "$INCLUDE\n",
        "a IN IN A 192.0.2.1\n",
        "a 1 2 A 192.0.2.1\n",
        "a..b A 192.0.2.1\n",
        "a ANY x\n",
        "a TYPE0 x\n",
        'a TXT "x\n',
        "a (\n",
        "a )\n",
        r"a TXT \300" + "\n",
        f"{'x' * 64} A 192.0.2.1\n",
        f"a TXT {'x' * 256}\n",
        "a SOA x y 4294967296 1 1 1 1\n",
        "a A \\# 3 010203\n",
        "a A 192.0.2.1 trailing\n",
    ],
)
def test_syntax_errors(text: str) -> None:
    parsed = read(text + "good A 192.0.2.1\n")
    assert "syntax" in codes(parsed)
    assert all(finding.file == "zone" and finding.line > 0 for finding in parsed.findings)


def test_reading_goes_on_and_names_lines() -> None:
    parsed = read("a A x\nb A 192.0.2.1\nc (\nA\n y)\n")
    assert [(finding.line, finding.code) for finding in parsed.findings] == [(1, "syntax"), (3, "syntax")]
    assert len(parsed.records) == 1


def test_reading_ends_after_enough_findings() -> None:
    parsed = read("a A x\n" * 500)
    assert len(parsed.findings) == 101


def test_byte_order_mark_and_last_line() -> None:
    assert codes(read("\xef\xbb\xbfa A 192.0.2.1")) == ["bom", "no_final_newline"]
    assert codes(read("")) == []


def test_generate() -> None:
    parsed = read("$TTL 5\n$GENERATE 1-3 host-$ A 192.0.2.${10}\n$GENERATE 1-2 $ 7 IN PTR host-$\n")
    assert rows(parsed)[2] == "host-3.example.com. 5 A 192.0.2.13"
    assert rows(parsed)[4] == "2.example.com. 7 PTR host-2.example.com."
    limited = read("$GENERATE 1-6 a$ A 192.0.2.1\n$GENERATE 1-6 b$ A 192.0.2.1\n", limits=ZoneLimits(generate_total=10))
    assert codes(limited) == ["generate_limit"]
    assert len(limited.records) == 6


def test_include() -> None:
    files = {
        "inc": "$ORIGIN deeper\nx A 192.0.2.1\n$TTL 99\n",
        "cycle": "$INCLUDE cycle\n",
    }

    def include(path: str, including: str) -> tuple[str, str]:
        if path not in files:
            raise FlashdnsError("include_missing", f"no {path}")
        return f"/dir/{path}", files[path]

    parsed = read("$TTL 5\nown A 192.0.2.9\n$INCLUDE inc sub\n A 192.0.2.2\ny A 192.0.2.3\n", include=include)
    assert rows(parsed)[1:] == [
        "x.deeper.sub.example.com. 5 A 192.0.2.1",
        "own.example.com. 99 A 192.0.2.2",
        "y.example.com. 99 A 192.0.2.3",
    ]
    assert parsed.files == ["zone", "/dir/inc"]
    assert parsed.records[1].file == "/dir/inc"
    assert codes(read("$INCLUDE nothing\n", include=include)) == ["include_missing"]
    assert codes(read("$INCLUDE x\n")) == ["include_missing"]
    assert "limit_exceeded" in codes(read("$INCLUDE cycle\n", include=include))


def test_record_limit() -> None:
    text = "$TTL 1\n" + "".join(f"a{n} A 192.0.2.1\n" for n in range(20))
    parsed = read(text, limits=ZoneLimits(max_records=5))
    assert "limit_exceeded" in codes(parsed)
    assert len(parsed.records) == 5


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


WORDS = st.sampled_from(
    [
        "@",
        "a",
        "IN",
        "A",
        "SOA",
        "192.0.2.1",
        "$TTL",
        "$ORIGIN",
        "$GENERATE",
        "1-9",
        "(",
        ")",
        '"',
        "\\",
        ";",
        "\n",
        " ",
        "\\# 1 00",
        "TXT",
        "HTTPS",
        "1 . port=1",
        "NSEC",
        "$",
        "x$",
        "CH",
    ]
)


@given(st.lists(WORDS, max_size=30))
@settings(max_examples=500, deadline=None)
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    for finding in read(" ".join(words)).findings:
        assert finding.message
