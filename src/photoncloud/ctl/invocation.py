"""One call of photonctl: the flags that may stand anywhere on the line, and how a command speaks.

A command gets an `Invocation` as `ctx.obj`. Data goes to standard output through `show` and `print`; everything else
to standard error through `say`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from photoncloud.ctl.core import age
from photoncloud.ctl.core.jsonpath import JsonPathWrong
from photoncloud.ctl.core.listing import FormUnknown, Listing, check_form, render
from photoncloud.ctl.core.redaction import redacted
from photoncloud.ctl.core.table import printable
from photoncloud.ctl.errors import UsageWrong

if TYPE_CHECKING:
    from photoncloud.ctl.settings import Context, Settings

_VALUE_FLAGS = {
    "--context": "context",
    "--server": "server",
    "--project": "project",
    "-n": "project",
    "--output": "output",
    "-o": "output",
    "--sort-by": "sort_by",
    "--selector": "selector",
    "-l": "selector",
    "--field-selector": "field_selector",
    "--timeout": "timeout",
    "--request-timeout": "request_timeout",
    "--color": "color",
}
_SWITCHES = {
    "--all-projects": "all_projects",
    "-A": "all_projects",
    "--no-headers": "no_headers",
    "--watch": "watch",
    "-w": "watch",
    "--quiet": "quiet",
    "-q": "quiet",
    "--yes": "yes",
    "-y": "yes",
}
COLORS = ("auto", "always", "never")
DRY_RUNS = ("client", "server")
# The process list and the shell's history show arguments.
_REFUSED = {"--token": "--token-file", "--password": "a file", "--secret-key": "a file", "--access-key": "a file"}


@dataclass(frozen=True, slots=True)
class GlobalFlags:
    """Photonctl.md §3.2. Empty strings are "not given"."""

    context: str = ""
    server: str = ""
    project: str = ""
    all_projects: bool = False
    output: str = ""
    no_headers: bool = False
    sort_by: str = ""
    selector: str = ""
    field_selector: str = ""
    watch: bool = False
    timeout: str = ""
    request_timeout: str = ""
    color: str = "auto"
    quiet: bool = False
    verbosity: int = 0
    yes: bool = False
    dry_run: str = ""


def extract(argv: Sequence[str]) -> tuple[GlobalFlags, list[str]]:
    """Global flags from anywhere before `--`, and the words that are left in order. Raises UsageWrong."""
    found: dict[str, object] = {}
    rest: list[str] = []
    words = list(argv)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
            break
        if name in _REFUSED:
            raise UsageWrong(f"{name} would show a secret in the process list; use {_REFUSED[name]}")
        if name in _VALUE_FLAGS:
            if not equals and not words:
                raise UsageWrong(f"{name} needs a value")
            found[_VALUE_FLAGS[name]] = value if equals else words.pop(0)
        elif word in _SWITCHES:
            found[_SWITCHES[word]] = True
        elif name == "--dry-run":
            found["dry_run"] = value if equals else "client"
        elif word in ("-v", "-vv", "-vvv", "--verbose"):
            found["verbosity"] = int(str(found.get("verbosity", 0))) + (len(word) - 1 if word[1] != "-" else 1)
        else:
            rest.append(word)
    return _checked(replace(GlobalFlags(), **found)), rest  # type: ignore[arg-type]


def _checked(flags: GlobalFlags) -> GlobalFlags:
    if flags.color not in COLORS:
        raise UsageWrong(f"--color {flags.color!r} is none of {', '.join(COLORS)}")
    if flags.dry_run and flags.dry_run not in DRY_RUNS:
        raise UsageWrong(f"--dry-run={flags.dry_run} is none of {', '.join(DRY_RUNS)}")
    for name, value in (("--timeout", flags.timeout), ("--request-timeout", flags.request_timeout)):
        if value:
            seconds(name, value)
    return flags


def seconds(name: str, text: str) -> float:
    """A duration of the command line. Raises UsageWrong."""
    try:
        return age.duration_sec(text)
    except ValueError as error:
        raise UsageWrong(f"{name}: {error}") from error


@dataclass
class Invocation:
    flags: GlobalFlags
    environ: Mapping[str, str]
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    stdin: TextIO = field(default_factory=lambda: sys.stdin)

    @cached_property
    def settings(self) -> Settings:
        from photoncloud.ctl import settings

        return settings.load(self.environ)

    @property
    def context(self) -> Context:
        """The context in effect: flag, variable, file. Raises SettingsWrong."""
        found = self.settings.context(self.flags.context or self.settings.current_context)
        given = {key: value for key in ("server", "project") if (value := getattr(self.flags, key))}
        return replace(found, **given)

    @property
    def form(self) -> str:
        """The output form in effect. Raises UsageWrong."""
        form = self.flags.output or self.environ.get("PHOTONCTL_OUTPUT") or self.settings.output
        try:
            check_form(form)
        except FormUnknown as error:
            raise UsageWrong(str(error)) from error
        return form

    @property
    def has_color(self) -> bool:
        if self.flags.color != "auto":
            return self.flags.color == "always"
        return self.stdout.isatty() and not self.environ.get("NO_COLOR")

    def show(self, listing: Listing) -> None:
        """Data, in the form that was asked for. Raises UsageWrong for a template that cannot be understood."""
        try:
            chosen = listing.sorted_by(self.flags.sort_by) if self.flags.sort_by else listing
            text = render(chosen, self.form, show_headers=not self.flags.no_headers)
        except JsonPathWrong as error:
            raise UsageWrong(f"a path cannot be understood: {error}") from error
        if text:
            self.print(text)

    def print(self, text: str) -> None:
        """Data as it is, one line end after it."""
        self.stdout.write(text + "\n")
        self.stdout.flush()

    def say(self, text: str) -> None:
        """To the person, not to the pipe; silent with -q."""
        if not self.flags.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """As `say`, and not silenced."""
        self.stderr.write("\n".join(printable(line) for line in text.splitlines()) + "\n")
        self.stderr.flush()

    def trace(self, level: int, text: str) -> None:
        """Shown from -v (1) to -vvv (3) on; secrets are removed whatever the caller put in."""
        if self.flags.verbosity >= level:
            self.warn(redacted(text))

    def confirm(self, question: str) -> bool:
        """Yes of `--yes` or of the person; off a terminal without `--yes` it is a usage error."""
        if self.flags.yes:
            return True
        if not self.stdin.isatty():
            raise UsageWrong(f"{question} needs --yes when nobody can be asked")
        self.stderr.write(f"{question} [y/N] ")
        self.stderr.flush()
        return self.stdin.readline().strip().lower() in ("y", "yes")
