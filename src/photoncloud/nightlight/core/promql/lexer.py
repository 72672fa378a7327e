"""Cuts a query into tokens.

Three regions have their own words: the outside, braces (matchers) and brackets (ranges). Errors stop the lexer; the
parser sees the first error only, at the place where it meets it.
"""

from __future__ import annotations

import re

from photoncloud.nightlight.core.duration import parse_duration
from photoncloud.nightlight.core.promql.tokens import (
    AGGREGATORS,
    FILLS,
    KEYWORDS,
    WORD_OPERATORS,
    Kind,
    Token,
)
from photoncloud.nightlight.core.quoting import BadEscape, unicode_name, unquote
from photoncloud.nightlight.core.sample import parse_float
from photoncloud.nightlight.errors import InvalidDuration

SPACE = re.compile(r"[ \t\n\r]+|#[^\n\r]*")
WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)
LABEL_WORD = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
NUMBER = re.compile(
    r"0[xX][0-9a-fA-F_]+(?![a-zA-Z0-9_.])|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?(?![a-zA-Z0-9_.])"
)
DURATION = re.compile(r"(?:[0-9]+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_.])", re.ASCII)
NUMBERISH = re.compile(r"[0-9.][a-zA-Z0-9_.]*", re.ASCII)
OPERATORS = ("==", "!=", "=~", "!~", "<=", ">=", "</", ">/", "+", "-", "*", "/", "%", "^", "<", ">")
MATCH_OPERATORS = ("=~", "!~", "!=", "=")
NUMBER_WORDS = frozenset(("inf", "nan"))


class LexError(Exception):
    """`text` is the reason, `start` the character it concerns."""

    def __init__(self, text: str, start: int) -> None:
        super().__init__(text)
        self.text = text
        self.start = start


class Lexer:
    """Tokens of `query`, one by one."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._at = 0
        self._open_parentheses = 0
        self._is_in_braces = False
        self._is_in_brackets = False

    def next(self) -> Token:
        """The next token; EOF for ever at the end. Raises `LexError`."""
        while space := SPACE.match(self._query, self._at):
            self._at = space.end()
        if self._at >= len(self._query):
            return self._end()
        if self._is_in_braces:
            return self._in_braces()
        return self._outside()

    def _end(self) -> Token:
        end = len(self._query)
        if self._is_in_braces:
            raise LexError("unexpected end of input inside braces", end)
        if self._is_in_brackets:
            raise LexError("unclosed left bracket", end)
        if self._open_parentheses:
            raise LexError("unclosed left parenthesis", end)
        return Token(Kind.EOF, "", end, end)

    def _token(self, kind: Kind, end: int, value: str | None = None) -> Token:
        text = self._query[self._at : end]
        token = Token(kind, text, self._at, end, text if value is None else value)
        self._at = end
        return token

    def _outside(self) -> Token:
        character = self._query[self._at]
        if character in "(){}[],@" or (character == ":" and self._is_in_brackets):
            return self._punctuation(character)
        if character in "\"'`":
            return self._string(character)
        if character.isascii() and (character.isdigit() or character == "."):
            return self._number()
        if word := WORD.match(self._query, self._at):
            return self._word(word)
        if character == ":":
            raise LexError("unexpected character: ':'", self._at)
        for operator in OPERATORS:
            if self._query.startswith(operator, self._at):
                return self._token(Kind.OPERATOR, self._at + len(operator))
        if character == "=":
            return self._token(Kind.OPERATOR, self._at + 1)
        raise LexError(f"unexpected character: {_character(character)}", self._at)

    def _punctuation(self, character: str) -> Token:
        if character == "(":
            self._open_parentheses += 1
        elif character == ")":
            if not self._open_parentheses:
                raise LexError("unexpected right parenthesis ')'", self._at)
            self._open_parentheses -= 1
        elif character == "{":
            self._is_in_braces = True
        elif character == "}":
            raise LexError("unexpected character: '}'", self._at)
        elif character == "[":
            if self._is_in_brackets:
                raise LexError("unexpected left bracket '['", self._at)
            self._is_in_brackets = True
        elif character == "]":
            if not self._is_in_brackets:
                raise LexError("unexpected right bracket ']'", self._at)
            self._is_in_brackets = False
        return self._token(Kind.PUNCTUATION, self._at + 1)

    def _in_braces(self) -> Token:
        character = self._query[self._at]
        if character == "}":
            self._is_in_braces = False
            return self._token(Kind.PUNCTUATION, self._at + 1)
        if character == ",":
            return self._token(Kind.PUNCTUATION, self._at + 1)
        if character in "\"'`":
            return self._string(character)
        if word := LABEL_WORD.match(self._query, self._at):
            return self._token(Kind.IDENTIFIER, word.end())
        for operator in MATCH_OPERATORS:
            if self._query.startswith(operator, self._at):
                return self._token(Kind.OPERATOR, self._at + len(operator))
        if character == "!":
            following = self._query[self._at + 1 : self._at + 2]
            raise LexError(f"unexpected character after '!' inside braces: {_character(following)}", self._at)
        raise LexError(f"unexpected character inside braces: {_character(character)}", self._at)

    def _string(self, quote: str) -> Token:
        start = self._at
        if quote == "`":
            end = self._query.find("`", start + 1)
            if end < 0:
                raise LexError("unterminated raw string", start)
            return self._token(Kind.STRING, end + 1, self._query[start + 1 : end].replace("\r", ""))
        index = start + 1
        while index < len(self._query) and self._query[index] not in (quote, "\n"):
            index += 2 if self._query[index] == "\\" else 1
        if index >= len(self._query) or self._query[index] == "\n":
            raise LexError("unterminated quoted string", start)
        try:
            value = unquote(self._query[start + 1 : index], quote)
        except BadEscape as error:
            raise LexError(error.text, start + 1 + error.index) from error
        return self._token(Kind.STRING, index + 1, value)

    def _number(self) -> Token:
        if duration := DURATION.match(self._query, self._at):
            try:
                parse_duration(duration[0])
            except InvalidDuration as error:
                raise LexError(
                    _bad_number(duration[0]) if "not a valid" in str(error) else str(error), self._at
                ) from error
            return self._token(Kind.DURATION, duration.end())
        number = NUMBER.match(self._query, self._at)
        if number is None:
            whole = NUMBERISH.match(self._query, self._at)
            raise LexError(_bad_number(whole[0] if whole else self._query[self._at]), self._at)
        try:
            number_value(number[0])
        except ValueError as error:
            raise LexError(
                f'error parsing number: strconv.ParseFloat: parsing "{number[0]}": {error}', self._at
            ) from error
        return self._token(Kind.NUMBER, number.end())

    def _word(self, word: re.Match[str]) -> Token:
        text, lower = word[0], word[0].lower()
        if ":" in text:
            if self._is_in_brackets:  # the colon separates range and step: `step():step()`, `range:5m`
                head = text.partition(":")[0]
                if head:
                    return self._named(head, head.lower(), self._at + len(head))
                return self._punctuation(":")
            return self._token(Kind.METRIC, word.end())
        return self._named(text, lower, word.end())

    def _named(self, text: str, lower: str, end: int) -> Token:
        if lower in NUMBER_WORDS:
            return self._token(Kind.NUMBER, end)
        if lower in WORD_OPERATORS:
            return self._token(Kind.OPERATOR, end, lower)
        if lower in AGGREGATORS:
            return self._token(Kind.AGGREGATOR, end, lower)
        if lower in KEYWORDS and (lower not in FILLS or self._is_before_parenthesis(end)):
            return self._token(Kind.KEYWORD, end, lower)
        return self._token(Kind.IDENTIFIER, end, text)

    def _is_before_parenthesis(self, end: int) -> bool:
        while space := SPACE.match(self._query, end):
            end = space.end()
        return self._query.startswith("(", end)


def number_value(text: str) -> float:
    """The value of a number token. Raises ValueError."""
    bare = text.replace("_", "") if text[:1] in "0123456789." else text
    if bare[:2].lower() == "0x" and "p" not in bare.lower():
        return float(int(bare, 16))
    if re.fullmatch(r"0[0-7]+", bare):
        return float(int(bare, 8))
    return parse_float(bare)


def _bad_number(text: str) -> str:
    return f'bad number or duration syntax: "{text}"'


def _character(character: str) -> str:
    """A character as Go's %q prints it."""
    if not character:
        return "'end of input'"
    return f"'{character}'" if character.isprintable() and character not in "'\\" else unicode_name(character)
