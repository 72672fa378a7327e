"""Write `docs/reference/cli.md`: the help of every verb of photonctl that is part of this installation."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from photoncloud.ctl.cli import COMMANDS, command
from photoncloud.ctl.errors import CommandFailed

# Help is laid out for this width, whatever terminal runs the generator.
WIDTH = 100
_HEADER = """\
# photonctl

Generated from the commands themselves by `make gen`. Flags that may stand anywhere on the line: `photonctl --help`.
What every exit status means: [exit statuses](../operations/exit-statuses.md).
"""


def generate(root: Path) -> list[Path]:
    path = root / "docs" / "reference" / "cli.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([_HEADER, *_sections()]))
    return [path]


def _sections() -> Iterator[str]:
    for verb in COMMANDS:
        try:
            found = command(verb)
        except CommandFailed:
            continue
        yield from _tree(found, ["photonctl", verb])


def _tree(found: Any, words: list[str]) -> Iterator[str]:
    """A command and everything below it."""
    yield _section(found, words)
    for name in sorted(getattr(found, "commands", {})):
        yield from _tree(found.commands[name], [*words, name])


def _section(found: Any, words: list[str]) -> str:
    output = io.StringIO()
    with redirect_stdout(output):
        found.main(
            args=["--help"],
            prog_name=" ".join(words),
            standalone_mode=False,
            max_content_width=WIDTH,
            terminal_width=WIDTH,
        )
    return f"## {' '.join(words)}\n\n```text\n{output.getvalue().rstrip()}\n```\n"
