"""Patterns of actions and resources (photonauth.md §4.6), compiled to predicates when a policy is parsed.

Wildcards are `*` and `?`. There are no regular expressions: a pattern is cut at its stars and the pieces are looked
for from left to right, so work is bounded by pattern x value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from photoncloud.backends.auth.iam.variables import ANY_ONE, STAR, Token, Tokens, tokenize

Predicate = Callable[[str], bool]
Piece = tuple[Token, ...]
"""Text and `?` between two stars."""

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


def _pieces(tokens: Tokens) -> list[Piece]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token is STAR:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [tuple(piece) for piece in pieces]


def _compile_pieces(pieces: Sequence[Piece]) -> Predicate:
    first, *rest = pieces
    first_width = _width(first)
    if not rest:
        return lambda text: len(text) == first_width and _stands_at(first, text, 0)
    *middle, last = rest
    last_width = _width(last)
    shortest = sum(_width(piece) for piece in pieces)

    def matches(text: str) -> bool:
        end = len(text) - last_width
        if len(text) < shortest or not _stands_at(first, text, 0) or not _stands_at(last, text, end):
            return False
        position = first_width
        for piece in middle:
            found = _find(piece, text, position, end)
            if found < 0:
                return False
            position = found + _width(piece)
        return position <= end

    return matches


def _width(piece: Piece) -> int:
    return sum(len(token) if isinstance(token, str) else 1 for token in piece)


def _stands_at(piece: Piece, text: str, position: int) -> bool:
    for token in piece:
        if isinstance(token, str):
            if not text.startswith(token, position):
                return False
            position += len(token)
        else:
            position += 1
    return True


def _find(piece: Piece, text: str, start: int, end: int) -> int:
    """Where the piece first stands within `text[start:end]`, or -1."""
    if len(piece) == 1 and isinstance(piece[0], str):
        return text.find(piece[0], start, end)
    for position in range(start, end - _width(piece) + 1):
        if _stands_at(piece, text, position):
            return position
    return -1


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
