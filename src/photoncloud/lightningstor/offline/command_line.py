"""Command lines of the offline tools: a few options of their own, then every option the server has."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from photoncloud.config import Resolved, UsageError
from photoncloud.config.command_line import serve_arguments
from photoncloud.lightningstor.settings import Settings
from photoncloud.runtime import exit_status

COMPONENT = "lightningstor"
FORMATS = ("text", "json")
OUTPUT = "--output"


@dataclass(frozen=True, slots=True)
class Option:
    """`metavar` empty: a switch. `short` is another spelling."""

    name: str
    metavar: str
    description: str
    short: str = ""

    @property
    def heading(self) -> str:
        return ", ".join(f"{name} {self.metavar}".rstrip() for name in (self.short, self.name) if name)


OUTPUT_OPTION = Option(OUTPUT, "FORMAT", "text or json", "-o")


@dataclass(frozen=True, slots=True)
class Tool:
    """One sub-command as its help shows it. `statuses`: exit status → meaning."""

    name: str
    summary: str
    options: tuple[Option, ...]
    statuses: Mapping[int, str]
    examples: tuple[str, ...]
    takes_configuration: bool = True

    def usage(self) -> str:
        """The text of `--help`."""
        rows = [(option.heading, option.description) for option in self._all]
        width = max(len(left) for left, _ in rows)
        lines = [f"usage: lightningstor-server {self.name} [OPTION]...", "", self.summary, "", "options:"]
        lines += [f"  {left:{width}}  {right}" for left, right in rows]
        if self.takes_configuration:
            lines += ["", "and the options of the server that say which store: --config, --set, --data-dir, ..."]
        lines += ["", "exit statuses:", *(f"  {status:>2}  {meaning}" for status, meaning in self.statuses.items())]
        lines += ["", "examples:", *(f"  {example}" for example in self.examples)]
        return "\n".join(lines) + "\n"

    @property
    def _all(self) -> tuple[Option, ...]:
        return (*self.options, OUTPUT_OPTION)

    def take(self, argv: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """This tool's options out of a command line, and the words that are left. Raises UsageError."""
        known = {spelling: option for option in self._all for spelling in (option.name, option.short) if spelling}
        found: dict[str, str] = {}
        rest: list[str] = []
        words = list(argv)
        while words:
            word = words.pop(0)
            name, equals, value = word.partition("=")
            option = known.get(name)
            if option is None:
                rest.append(word)
            elif not option.metavar:
                if equals:
                    raise UsageError(f"{name} takes no value")
                found[option.name] = "true"
            elif equals or words:
                found[option.name] = value if equals else words.pop(0)
            else:
                raise UsageError(f"{name} needs a value: {name} {option.metavar}")
        if found.setdefault(OUTPUT, "text") not in FORMATS:
            raise UsageError(f"{OUTPUT} {found[OUTPUT]}: should be {' or '.join(FORMATS)}")
        return found, rest


@dataclass(frozen=True, slots=True)
class Invocation:
    """A tool's own options and, when it works on a store, that store's configuration."""

    options: Mapping[str, str]
    resolved: Resolved | None
    stdout: TextIO
    stderr: TextIO

    def has(self, option: str) -> bool:
        return option in self.options

    @property
    def is_json(self) -> bool:
        return self.options[OUTPUT] == "json"

    @property
    def settings(self) -> Settings:
        assert self.resolved is not None, "only tools that take a configuration ask for it"
        settings: Settings = self.resolved.settings
        return settings

    @property
    def store(self) -> Resolved:
        assert self.resolved is not None, "only tools that take a configuration ask for it"
        return self.resolved


def invocation(tool: Tool, argv: Sequence[str], stdout: TextIO, stderr: TextIO) -> Invocation | int:
    """What to do, or the exit status when the command line asked for something else or is wrong."""
    if "--help" in argv or "-h" in argv:
        stdout.write(tool.usage())
        return exit_status.OK
    try:
        options, rest = tool.take(argv)
        if not tool.takes_configuration:
            if rest:
                raise UsageError(f"unexpected argument {rest[0]!r}")
            return Invocation(options, None, stdout, stderr)
    except UsageError as error:
        stderr.write(f"lightningstor-server {tool.name}: {error}\ntry: lightningstor-server {tool.name} --help\n")
        return exit_status.USAGE
    resolved = serve_arguments(COMPONENT, Settings, rest, os.environ, stdout, stderr)
    return resolved if isinstance(resolved, int) else Invocation(options, resolved, stdout, stderr)
