"""The parser's view of the tokens: one at hand, one ahead, and errors with their place."""

from __future__ import annotations

from photoncloud.nightlight.core.promql.ast import Node, Span
from photoncloud.nightlight.core.promql.lexer import Lexer, LexError
from photoncloud.nightlight.core.promql.tokens import Kind, Token
from photoncloud.nightlight.errors import ParseError

LABEL_KINDS = frozenset((Kind.IDENTIFIER, Kind.KEYWORD, Kind.AGGREGATOR))


def line_column(query: str, start: int) -> str:
    """`line:col` of byte `start`, both from 1; `col` counts bytes since the last newline."""
    before = query.encode("utf-8", "surrogateescape")[:start]
    return f"{before.count(10) + 1}:{start - (before.rfind(10) + 1) + 1}"


class TokenStream:
    """A cursor over the tokens of `query`. A lexer error surfaces when the parser reaches it."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._is_ascii = query.isascii()
        self._lexer = Lexer(query)
        self._waiting: list[Token | LexError] = []
        self.last_end = 0
        """Where the token taken last ended, in bytes."""

    @property
    def current(self) -> Token:
        token = self._ahead(0)
        if isinstance(token, LexError):
            raise self.failure(token.text, self.byte(token.start))
        return token

    @property
    def following(self) -> Token:
        """The token after the current one; the end of input stands for one that cannot be read."""
        token = self._ahead(1)
        return Token(Kind.EOF, "", token.start, token.start) if isinstance(token, LexError) else token

    def _ahead(self, count: int) -> Token | LexError:
        while len(self._waiting) <= count:
            if self._waiting and isinstance(self._waiting[-1], LexError):
                return self._waiting[-1]
            try:
                self._waiting.append(self._lexer.next())
            except LexError as error:
                self._waiting.append(error)
        return self._waiting[count]

    def take(self) -> Token:
        token = self.current
        self._waiting.pop(0)
        self.last_end = self.byte(token.end)
        return token

    def byte(self, character: int) -> int:
        """The byte offset of a character offset."""
        if self._is_ascii:
            return character
        return len(self.query[:character].encode("utf-8", "surrogateescape"))

    @property
    def start(self) -> int:
        return self.byte(self.current.start)

    def span_from(self, start: int) -> Span:
        """From byte `start` to the end of the token taken last."""
        return Span(start, self.last_end)

    def is_punctuation(self, text: str) -> bool:
        return self.current.kind is Kind.PUNCTUATION and self.current.text == text

    def is_word(self, *values: str) -> bool:
        """Whether a keyword or operator of that value is at hand."""
        return self.current.kind in (Kind.KEYWORD, Kind.OPERATOR) and self.current.value in values

    def accept(self, text: str) -> bool:
        """Take the punctuation if it is at hand."""
        if self.is_punctuation(text):
            self.take()
            return True
        return False

    def expect(self, text: str, context: str, expected: str | None = None) -> None:
        if not self.accept(text):
            raise self.unexpected(context, f'"{text}"' if expected is None else expected)

    def unexpected(self, context: str = "", expected: str = "") -> ParseError:
        """The refusal of the token at hand, to be raised."""
        text = f"unexpected {self.current.describe()}"
        text += f" in {context}" if context else ""
        text += f", expected {expected}" if expected else ""
        return self.failure(text, self.start)

    def failure(self, text: str, at: int | Node) -> ParseError:
        """An error at a byte or where a node begins, to be raised."""
        start = at.span.start if isinstance(at, Node) else at
        return ParseError(text, line_column(self.query, start))
