"""Where a value comes from, and the value together with everything it overrode.

Both are tuples with names: a load makes thousands of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

KINDS = ("default", "file", "central", "env", "flag", "file-secret", "credential")


class Origin(NamedTuple):
    """The source of one value.

    `kind` is one of `KINDS` ("" = no single source). `name` is the variable, flag, central object or credential;
    `path`, `line`, `column` (both from 1) locate a file's key, with `line` 0 when only the file is known.
    """

    kind: str = ""
    name: str = ""
    path: str = ""
    line: int = 0
    column: int = 0

    def place(self) -> str:
        """As a problem line begins: `FILE:LINE:COLUMN`, `env NAME`, `flag --x`; "" for defaults and for nowhere."""
        if self.kind == "file":
            return f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return "" if self.kind in ("", "default") else f"{self.kind} {self.name}"

    def describe(self) -> str:
        """As an explanation names it: `FILE:LINE`, `env NAME`, `flag --x`, `default`."""
        if self.kind == "file":
            return f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.kind} {self.name}".strip()

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "path": self.path, "line": self.line, "column": self.column}


NOWHERE = Origin()
DEFAULT = Origin("default")


class Leaf(NamedTuple):
    """The winning value of one dotted path, its origin, and what it overrode, highest layer first."""

    value: Any
    origin: Origin
    overridden: tuple[tuple[Any, Origin], ...] = ()

    def over(self, lower: Leaf) -> Leaf:
        """This leaf laid over a lower one: the lower value and its own history are remembered."""
        return Leaf(self.value, self.origin, (*self.overridden, (lower.value, lower.origin), *lower.overridden))
