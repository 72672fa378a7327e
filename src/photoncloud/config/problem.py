"""What is wrong with a configuration: codes that never change meaning, and how they are shown.

One `Problem` is one line for a person (`render`) and one object for a program (`as_json`). All problems of a load are
collected and raised together in `ConfigurationError`; a process that meets one ends with exit status 78.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from photoncloud.config.origin import NOWHERE, Origin

EXIT_USAGE = 64
EXIT_CONFIGURATION = 78

Code = Literal[
    "unknown-key",
    "unknown-env",
    "unknown-mode",
    "wrong-type",
    "bad-value",
    "out-of-range",
    "missing-key",
    "conflict",
    "duplicate-identity",
    "newer-version",
    "unreadable",
    "unsafe-file",
    "syntax",
    "bad-env",
    "secret-source",
    "secret-on-command-line",
    "example-credentials",
    "missing-endpoint",
    "unsupported-backend",
    "missing-extra",
]
CODES: tuple[str, ...] = get_args(Code)


@dataclass(frozen=True)
class Problem:
    """One reason to refuse a configuration.

    `code` is one of `CODES`; `key` the dotted leaf ("" when the problem is about a whole source); `message` one line
    without the suggestion; `suggestion` the nearest right spelling or ""; `origin` where the offending text stands.
    """

    code: Code
    key: str
    message: str
    suggestion: str = ""
    origin: Origin = NOWHERE

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is not a problem code")

    def render(self) -> str:
        """`PLACE: error[CODE]: MESSAGE`, control characters escaped, always one line."""
        place = self.origin.place()
        prefix = f"{place}: " if place else ""
        return printable(f"{prefix}error[{self.code}]: {self.message}")

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "key": self.key,
            "message": printable(self.message),
            "suggestion": self.suggestion,
            "origin": self.origin.as_json(),
        }


class ConfigurationError(Exception):
    """The configuration is refused; `problems` holds every reason, sorted by place. Exit status 78."""

    exit_status = EXIT_CONFIGURATION

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=sort_key))
        super().__init__("\n".join(problem.render() for problem in self.problems))


class UsageError(Exception):
    """The command line itself is not understood (unknown option, missing value). Exit status 64."""

    exit_status = EXIT_USAGE


def sort_key(problem: Problem) -> tuple[Any, ...]:
    """Files first by name, line and column; then variables and flags by name; then what has no place."""
    origin = problem.origin
    rank = {"file": 0, "": 2, "default": 2}.get(origin.kind, 1)
    return rank, origin.path or origin.name, origin.line, origin.column, problem.key, problem.code, problem.message


def printable(text: str) -> str:
    """The text with control characters (and broken code points) escaped, so that it stays one harmless line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode("ascii") for c in text)
