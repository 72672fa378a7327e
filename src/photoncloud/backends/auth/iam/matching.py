"""Patterns of actions and resources (photonauth.md §4.6), compiled to predicates when a policy is parsed.

Wildcards are `*` and `?`. There are no regular expressions: a pattern is cut at its stars and the pieces are looked
for from left to right, each in time linear in the value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from photoncloud.backends.auth.iam.variables import ANY_ONE, STAR, Token, Tokens, tokenize

Predicate = Callable[[str], bool]

ARN_FIELDS = 6
_PHOTON_PARTITION = "photon"
_AWS_PARTITION = "aws"


def compile_glob(tokens: Tokens) -> Predicate:
    """A predicate over whole values; `tokens` hold no variables."""
    if not tokens:
        return _is_empty
    if tokens == (STAR,):
        return _is_anything
    if len(tokens) == 1 and isinstance(tokens[0], str):
        return tokens[0].__eq__
    if len(tokens) == 2 and isinstance(tokens[0], str) and tokens[1] is STAR:
        prefix = tokens[0]
        return lambda text: text.startswith(prefix)
    return _compile_pieces(_pieces(tokens))


def _is_empty(text: str) -> bool:
    return not text


def _is_anything(text: str) -> bool:
    return True


class _Piece:
    """Text and `?` between two stars. With a `?` in it, all starts are tried at once, one bit for each (shift-and)."""

    __slots__ = ("_anything", "_literal", "_masks", "_tokens", "width")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._literal = tokens[0] if len(tokens) == 1 and isinstance(tokens[0], str) else None
        self._masks: dict[str, int] = {}
        self._anything = 0
        self.width = 0
        for token in tokens:
            if not isinstance(token, str):
                self._anything |= 1 << self.width
                self.width += 1
                continue
            for character in token:
                self._masks[character] = self._masks.get(character, 0) | 1 << self.width
                self.width += 1

    def stands_at(self, text: str, position: int) -> bool:
        """Whether the piece stands there; the caller has made sure that it fits."""
        for token in self._tokens:
            if not isinstance(token, str):
                position += 1
            elif text.startswith(token, position):
                position += len(token)
            else:
                return False
        return True

    def find(self, text: str, start: int, end: int) -> int:
        """Where it first stands within `text[start:end]`, or -1."""
        if self._literal is not None:
            return text.find(self._literal, start, end)
        if not self.width:
            return start
        accepted = 1 << (self.width - 1)
        begun = 0
        for position in range(start, end):
            begun = (begun << 1 | 1) & (self._masks.get(text[position], 0) | self._anything)
            if begun & accepted:
                return position + 1 - self.width
        return -1


def _pieces(tokens: Tokens) -> list[_Piece]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token is STAR:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [_Piece(piece) for piece in pieces]


def _compile_pieces(pieces: Sequence[_Piece]) -> Predicate:
    first, *rest = pieces
    if not rest:
        return lambda text: len(text) == first.width and first.stands_at(text, 0)
    *middle, last = rest
    shortest = sum(piece.width for piece in pieces)

    def matches(text: str) -> bool:
        end = len(text) - last.width
        if len(text) < shortest or not first.stands_at(text, 0) or not last.stands_at(text, end):
            return False
        position = first.width
        for piece in middle:
            found = piece.find(text, position, end)
            if found < 0:
                return False
            position = found + piece.width
        return position <= end

    return matches


class ActionPattern(NamedTuple):
    """`prefix:name`, both lower case; `*` stands for every prefix. `name` is `None` where nothing can match."""

    prefix: str
    name: Predicate | None

    def matches(self, prefix: str, name: str) -> bool:
        return self.name is not None and self.prefix in ("*", prefix) and self.name(name)


def compile_action(pattern: str) -> ActionPattern:
    if pattern == "*":
        return ActionPattern("*", _is_anything)
    prefix, _, name = pattern.lower().partition(":")
    if not name or "," in name or any(character.isspace() for character in name):
        return ActionPattern(prefix, None)
    return ActionPattern(prefix, compile_glob(tokenize(name, has_variables=False)))


def split_action(action: str) -> tuple[str, str]:
    """An action that is requested, as `(prefix, name)` in lower case."""
    prefix, _, name = action.lower().partition(":")
    return prefix, name


class RequestedArn(NamedTuple):
    """A concrete ARN: `head` its first five fields joined, `fields` those five, `tail` the sixth with its colons."""

    head: str
    fields: tuple[str, ...]
    tail: str


def split_arn(arn: str) -> RequestedArn | None:
    """`None` when it has fewer than six fields. The partitions `aws` and `photon` are the same."""
    fields = arn.split(":", ARN_FIELDS - 1)
    if len(fields) != ARN_FIELDS:
        return None
    if fields[1] == _PHOTON_PARTITION:
        fields[1] = _AWS_PARTITION
    head = fields[:-1]
    return RequestedArn(":".join(head), tuple(head), fields[-1])


class ArnPattern(NamedTuple):
    """Compiled: either `head` (no wildcard in the first five fields) or one predicate for each of them."""

    head: str | None
    fields: tuple[Predicate, ...]
    tail: Predicate

    def matches(self, arn: RequestedArn) -> bool:
        if self.head is not None:
            return arn.head == self.head and self.tail(arn.tail)
        return all(matches(field) for matches, field in zip(self.fields, arn.fields, strict=True)) and self.tail(
            arn.tail
        )


def split_fields(tokens: Tokens) -> list[Tokens]:
    """Cut a tokenized ARN pattern at its first five colons; colons of variables do not count."""
    fields: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            fields[-1].append(token)
            continue
        first, *others = token.split(":", ARN_FIELDS - len(fields))
        fields[-1].append(first)
        fields.extend([other] for other in others)
    return [tuple(token for token in field if token != "") for field in fields]


def compile_arn(fields: Sequence[Tokens]) -> ArnPattern:
    """Six tokenized fields without variables."""
    heads = [_same_partition(field) if index == 1 else field for index, field in enumerate(fields[:-1])]
    tail = compile_glob(fields[-1])
    literals = ["".join(token for token in field if isinstance(token, str)) for field in heads]
    if all(isinstance(token, str) for field in heads for token in field):
        return ArnPattern(":".join(literals), (), tail)
    return ArnPattern(None, tuple(compile_glob(field) for field in heads), tail)


def _same_partition(field: Tokens) -> Tokens:
    return (_AWS_PARTITION,) if field == (_PHOTON_PARTITION,) else field


def is_only_wildcards(tokens: Tokens) -> bool:
    return bool(tokens) and all(token is STAR or token is ANY_ONE for token in tokens)
