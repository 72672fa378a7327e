"""What a Markdown page promises: commands with their output, files to save, links.

    ```console                    commands after `$ `, continued on lines that begin with `> ` ; below each its output
    ```console background         one command that stays: the shown output must appear, then the page goes on
    ```console run="photonctl up" what the test runs in place of the shown command (an installation, for example)
    ```console needs=restic       skipped where the program is missing; `needs=network` and such never run here
    ```console status=71          the last command ends with this status instead of 0
    ```toml file=server.toml      the reader saves this file

In shown output `…` stands for anything within a line, and a line that is only `…` for any lines. A command with no
shown output may print anything.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROMPT = "$ "
CONTINUATION = "> "
ANYTHING = "…"
FENCE = re.compile(r"^(`{3,})(.*)$")
LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")


@dataclass(frozen=True)
class Block:
    """A fenced block: `info` are the words behind the language, `line` is where it opens."""

    language: str
    info: dict[str, str]
    lines: list[str]
    line: int


@dataclass(frozen=True)
class Command:
    """One command of a `console` block and the lines shown below it."""

    text: str
    line: int
    expected: list[str] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """Every fenced block of a page, in order."""
    found: list[Block] = []
    fence, opened, lines = "", 0, []
    info = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if not fence and match:
            fence, info, opened, lines = match[1], match[2].strip(), number, []
        elif fence and line.rstrip() == fence:
            language, _, rest = info.partition(" ")
            found.append(Block(language, _attributes(rest), lines, opened))
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        raise ValueError(f"line {opened}: this block is never closed")
    return found


def _attributes(text: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in shlex.split(text))
    return {name: value for name, _, value in pairs}


def commands(block: Block) -> list[Command]:
    """The commands of a `console` block. Raises ValueError for output before the first one."""
    found: list[Command] = []
    for number, line in enumerate(block.lines, block.line + 1):
        if line.startswith(PROMPT):
            found.append(Command(line.removeprefix(PROMPT), number))
        elif not found:
            raise ValueError(f"line {number}: a console block begins with `$ `")
        elif line.startswith(CONTINUATION) and not found[-1].expected:
            last = found[-1]
            found[-1] = Command(f"{last.text}\n{line.removeprefix(CONTINUATION)}", last.line)
        else:
            found[-1].expected.append(line)
    return found


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether `actual` is what a page shows; how many blanks stand between words does not count."""
    pattern = "".join(_pattern(_words_of(line)) for line in expected)
    return re.fullmatch(pattern, "".join(f"{_words_of(line)}\n" for line in actual)) is not None


def _words_of(line: str) -> str:
    return " ".join(line.split())


def _pattern(line: str) -> str:
    if line == ANYTHING:
        return r"(?:.*\n)*?"
    return ".*".join(re.escape(part) for part in line.split(ANYTHING)) + r"\n"


def outside_blocks(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of everything that is not in a fenced block."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        match = FENCE.match(line)
        if match and not fence:
            fence = match[1]
        elif fence and line.rstrip() == fence:
            fence = ""
        elif not fence:
            yield number, line


def anchors(text: str) -> set[str]:
    """The names by which headings can be linked to."""
    titles = (match[1] for _, line in outside_blocks(text) if (match := HEADING.match(line)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path, root: Path) -> list[str]:
    """One line for each relative link of a page that leads nowhere inside `root`, and each picture without a text."""
    problems = []
    for number, line in outside_blocks(page.read_text("utf-8")):
        for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
            name, _, anchor = match[2].partition("#")
            if match[0].startswith("!") and not match[1].strip():
                problems.append(f"line {number}: the picture {match[2]} has no alternative text")
            if re.match(r"[a-z]+:", match[2]):
                continue
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or not target.is_relative_to(root):
                problems.append(f"line {number}: {match[2]} does not exist")
            elif anchor and anchor not in anchors(target.read_text("utf-8")):
                problems.append(f"line {number}: {match[2]} has no such heading")
    return problems
