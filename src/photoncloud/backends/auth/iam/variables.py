"""`${key}`, `${key, 'default'}` and the escapes `${*} ${?} ${$}` in resources and condition values.

Text is cut into tokens once, when a policy is parsed; substituted text is always literal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from photoncloud.backends.auth.iam.principal import ContextValue


@dataclass(frozen=True, slots=True)
class Star:
    """`*`: any text, the empty one included."""


@dataclass(frozen=True, slots=True)
class AnyOne:
    """`?`: any one character."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A condition key in lower case, and what stands for it when the request does not have it."""

    key: str
    default: str | None = None


STAR = Star()
ANY_ONE = AnyOne()
Token = str | Star | AnyOne | Variable
Tokens = tuple[Token, ...]
Lookup = Callable[[str], ContextValue | None]
"""A condition key (lower case) to its value, `None` when the request has none."""

_ESCAPES = frozenset("*?$")
_WILDCARDS: dict[str, Token] = {"*": STAR, "?": ANY_ONE}


def tokenize(text: str, *, has_variables: bool, has_wildcards: bool = True) -> Tokens:
    """Cut a pattern. Without variables (policies of 2008) `${` is ordinary text, and so is an unclosed one."""
    tokens: list[Token] = []
    position = 0
    while has_variables and (start := text.find("${", position)) >= 0 and (end := text.find("}", start)) >= 0:
        tokens.extend(_plain(text[position:start], has_wildcards))
        tokens.append(_variable(text[start + 2 : end]))
        position = end + 1
    tokens.extend(_plain(text[position:], has_wildcards))
    return _joined(tokens)


def _plain(text: str, has_wildcards: bool) -> Iterable[Token]:
    if not has_wildcards or ("*" not in text and "?" not in text):
        return (text,)
    return (_WILDCARDS.get(character, character) for character in text)


def _variable(content: str) -> Token:
    if content in _ESCAPES:
        return content
    key, comma, rest = content.partition(",")
    quoted = rest.strip()
    if comma and len(quoted) > 1 and quoted[0] == "'" == quoted[-1]:
        return Variable(key.strip().lower(), quoted[1:-1])
    return Variable(content.strip().lower())


def _joined(tokens: Iterable[Token]) -> Tokens:
    """Neighbouring text in one token; empty text and repeated stars dropped."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if isinstance(token, str):
            if isinstance(last, str):
                joined[-1] = last + token
            elif token:
                joined.append(token)
        elif token is not STAR or last is not STAR:
            joined.append(token)
    return tuple(joined)


def has_variable(tokens: Tokens) -> bool:
    return any(isinstance(token, Variable) for token in tokens)


def substitute(tokens: Tokens, lookup: Lookup) -> Tokens | None:
    """Every variable replaced by literal text; `None` when one is missing without default, or multi-valued."""
    resolved: list[Token] = []
    for token in tokens:
        if isinstance(token, Variable):
            value = lookup(token.key)
            if value is None:
                value = token.default
            if not isinstance(value, str):
                return None
            resolved.append(value)
        else:
            resolved.append(token)
    return _joined(resolved)
