"""Master file text → records and findings (RFC 1035 §5, RFC 2308 §4 `$TTL`, `$INCLUDE`, `$GENERATE`).

Text is Latin-1: one character an octet. A broken entry becomes a finding and reading goes on, so that one reading
names (up to a limit) everything that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core import rdata as data
from photoncloud.flashdns.core import rrtype as rr
from photoncloud.flashdns.core.finding import Finding
from photoncloud.flashdns.core.generate import generated
from photoncloud.flashdns.core.limits import SYNTAX_FINDINGS_MAX, TTL_MAX, ZoneLimits
from photoncloud.flashdns.core.master_tokens import BadEntry, Entry, entries
from photoncloud.flashdns.core.rdata_text import ttl_seconds
from photoncloud.flashdns.errors import BadRdata, FlashdnsError

_CLASSES = frozenset({"IN", "CLASS1"})
_OTHER_CLASSES = frozenset({"CH", "CHAOS", "HS", "HESIOD", "CS", "ANY", "NONE"})
_NAMES_REMEMBERED = 100_000  # texts of names kept with their octets while one origin holds; bounds memory
_BOM = "\xef\xbb\xbf"
_NO_TTL = -1

# `include(path, including file)` -> (name of the file, its text). Raises FlashdnsError (`include_missing`,
# `include_outside_root`).
Include = Callable[[str, str], tuple[str, str]]


def no_includes(path: str, including: str) -> tuple[str, str]:
    """The null reader: every `$INCLUDE` is refused."""
    raise FlashdnsError("include_missing", f"cannot include {path}")


class Record(NamedTuple):
    """One record as read; `owner` keeps its case, `ttl` is seconds."""

    owner: bytes
    rtype: int
    ttl: int
    rdata: bytes
    file: str
    line: int


@dataclass(slots=True)
class ParsedFile:
    """All records in order, all findings of the text, every file that was read (for watching)."""

    records: list[Record] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def parse(
    text: str,
    *,
    origin: bytes,
    file: str,
    default_ttl: int | None = None,
    limits: ZoneLimits | None = None,
    include: Include = no_includes,
) -> ParsedFile:
    """Read one master file with all it includes. Never raises for the text: what is wrong is among the findings.

    TTL of a record: its own, else `$TTL`, else the last one written, else `default_ttl`, else the MINIMUM of the SOA.
    """
    reader = _Reader(origin, default_ttl, limits or ZoneLimits(), include)
    reader.read(text, file)
    reader.settle_ttls()
    return reader.parsed


class _Stop(Exception):
    """Enough is wrong: reading ends."""


class _Reader:
    def __init__(self, origin: bytes, default_ttl: int | None, limits: ZoneLimits, include: Include) -> None:
        self.parsed = ParsedFile()
        self._origin = origin
        self._owner: bytes | None = None
        self._table_ttl = default_ttl
        self._dollar_ttl: int | None = None
        self._last_ttl: int | None = None
        self._soa_minimum: int | None = None
        self._limits = limits
        self._include = include
        self._depth = 0
        self._generated = 0
        self._has_unsettled = False
        self._file = ""
        self._line = 0
        self._known: dict[str, bytes] = {}

    def read(self, text: str, file: str) -> None:
        try:
            self._read_file(text, file)
        except _Stop:
            self._find("syntax", f"reading ends after {SYNTAX_FINDINGS_MAX} findings")

    def settle_ttls(self) -> None:
        """Give records read before any TTL was known the MINIMUM of the SOA."""
        if self._has_unsettled:
            ttl = self._soa_minimum or 0
            self.parsed.records = [
                record._replace(ttl=ttl) if record.ttl == _NO_TTL else record for record in self.parsed.records
            ]

    def _read_file(self, text: str, file: str) -> None:
        self.parsed.files.append(file)
        self._file, self._line = file, 1
        if text.startswith(_BOM):
            text = text[len(_BOM) :]
            self._find("bom", "the file starts with a byte order mark")
        for entry in entries(text, self._limits):
            self._line = entry.line
            if isinstance(entry, BadEntry):
                self._find(entry.code, entry.message)
                continue
            try:
                self._entry(entry)
            except FlashdnsError as problem:
                code = problem.code if problem.code not in ("bad_name", "bad_rdata") else "syntax"
                self._find(code, problem.message)
        if text and not text.endswith("\n"):
            self._find("no_final_newline", "the last line has no end")

    def _find(self, code: str, message: str) -> None:
        self.parsed.findings.append(Finding(code, message, file=self._file, line=self._line))
        if len(self.parsed.findings) == SYNTAX_FINDINGS_MAX:
            raise _Stop

    def _entry(self, entry: Entry) -> None:
        first = entry.tokens[0]
        if first[0:1] == "$" and not entry.is_indented:
            self._directive(first.upper(), entry.tokens[1:])
        elif entry.is_indented:
            if self._owner is None:
                raise BadRdata("no owner: the first record starts with a blank")
            self._record(self._owner, entry.tokens, 0)
        else:
            self._owner = self._name(first)
            self._record(self._owner, entry.tokens, 1)

    def _name(self, text: str) -> bytes:
        """The name a token spells, relative to the current origin."""
        known = self._known.get(text)
        if known is None:
            known = names.from_text(text, self._origin)
            if len(self._known) >= _NAMES_REMEMBERED:
                self._known.clear()
            self._known[text] = known
        return known

    def _record(self, owner: bytes, tokens: Sequence[str], at: int) -> None:
        ttl, rtype, at = self._ttl_class_type(tokens, at)
        rdata = data.from_text(rtype, tokens[at:], self._name)
        if rtype == rr.SOA and self._soa_minimum is None:
            self._soa_minimum = min(data.soa_fields(rdata)[6], TTL_MAX)
        if ttl is None:
            ttl = self._inherited_ttl()
        records = self.parsed.records
        if len(records) >= self._limits.max_records:
            self._find("limit_exceeded", f"more than {self._limits.max_records} records (limits.max_records_per_zone)")
            raise _Stop
        records.append(Record(owner, rtype, ttl, rdata, self._file, self._line))

    def _ttl_class_type(self, tokens: Sequence[str], at: int) -> tuple[int | None, int, int]:
        """Explicit TTL or None, type, and where the data starts. TTL and class come in either order, each once."""
        ttl: int | None = None
        has_class = False
        while at < len(tokens):
            token = tokens[at]
            at += 1
            rtype = data.TYPE_NUMBERS.get(token) or data.type_number(token)
            if rtype is not None:
                return ttl, rtype, at
            if ttl is None and token[:1].isdigit():
                ttl = self._last_ttl = self._clamped(ttl_seconds(token))
            elif not has_class and token.upper() in _CLASSES:
                has_class = True
            elif token.upper() in _OTHER_CLASSES or token.upper().startswith("CLASS"):
                raise BadRdata(f"class {token[:20]} is not IN")
            else:
                raise BadRdata(f"unknown type {token[:40]!r}")
        raise BadRdata("no type")

    def _clamped(self, ttl: int) -> int:
        """RFC 2181 §8: above 2^31-1 counts as zero."""
        if ttl <= TTL_MAX:
            return ttl
        self._find("ttl_too_large", f"TTL {ttl} is above {TTL_MAX} and counts as 0")
        return 0

    def _inherited_ttl(self) -> int:
        for ttl in (self._dollar_ttl, self._last_ttl, self._table_ttl, self._soa_minimum):
            if ttl is not None:
                return ttl
        self._has_unsettled = True
        return _NO_TTL

    def _directive(self, word: str, arguments: Sequence[str]) -> None:
        if word == "$GENERATE":
            self._generate(arguments)
        elif word == "$ORIGIN" and len(arguments) == 1:
            self._set_origin(self._name(arguments[0]))
        elif word == "$TTL" and len(arguments) == 1:
            self._dollar_ttl = self._clamped(ttl_seconds(arguments[0]))
        elif word == "$INCLUDE" and len(arguments) in (1, 2):
            self._read_included(arguments)
        else:
            raise BadRdata(f"unknown directive or wrong number of arguments: {word[:20]}")

    def _set_origin(self, origin: bytes) -> None:
        if origin != self._origin:
            self._origin = origin
            self._known.clear()

    def _generate(self, arguments: Sequence[str]) -> None:
        for tokens in generated(arguments, self._limits.generate_total - self._generated):
            self._generated += 1
            self._record(self._name(tokens[0]), tokens, 1)

    def _read_included(self, arguments: Sequence[str]) -> None:
        if self._depth >= self._limits.include_depth:
            raise FlashdnsError("limit_exceeded", f"$INCLUDE deeper than {self._limits.include_depth}")
        file, text = self._include(arguments[0], self._file)
        kept = self._origin, self._owner, self._file, self._line
        if len(arguments) == 2:
            self._set_origin(self._name(arguments[1]))
        self._depth += 1
        try:
            self._read_file(text, file)
        finally:
            self._depth -= 1
            origin, self._owner, self._file, self._line = kept
            self._set_origin(origin)
