"""The words of a command line: options, values, and the leaves they set.

One grammar for every server: `--name VALUE` or `--name=VALUE`, no abbreviations, no positional words. Unknown options
and missing values are `UsageError` (exit 64); values that do not fit a leaf are problems like any other (exit 78).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from photoncloud.config.problem import UsageError
from photoncloud.config.suggestion import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from photoncloud.config.declaration import Flag


@dataclass(frozen=True)
class Option:
    """One option: its metavar ("" = takes no value), the values it accepts (() = any), and its help line."""

    name: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    description: str = ""


FORMATS = ("text", "json", "toml", "markdown")
OPTIONS = (
    Option("--config", "FILE", (), "read this file above all others"),
    Option("--config-only", "", (), "read no file but the one of --config"),
    Option("--set", "KEY=VALUE", (), "set one key; may be repeated"),
    Option("--mode", "MODE", (), "standalone, hybrid or integrated"),
    Option("--log-level", "LEVEL", (), "debug, info, warning, error or critical"),
    Option("--check-config", "", (), 'print "ok" or every problem, and end'),
    Option("--print-config", "", (), "print the effective configuration with origins, and end"),
    Option("--explain", "KEY", (), "print where a key's value comes from, and end; prefixes and globs too"),
    Option("--print-schema", "FORMAT", ("json", "toml", "markdown"), "print every key that exists, and end"),
    Option("--format", "FORMAT", FORMATS, "text or json (--check-config, --explain), toml or json (--print-config)"),
    Option("--allow-example-credentials", "", (), "accept the published example key pair on public listeners"),
    Option("--version", "", (), "print the version, and end"),
    Option("--help", "", (), "print this help, and end"),
)
LEAF_OPTIONS = {"--mode": "photon.mode", "--log-level": "photon.logging.level"}
SHORT = {"-h": "--help", "-c": "--config"}
ACTIONS = ("--help", "--version", "--print-schema", "--check-config", "--print-config", "--explain")


@dataclass(frozen=True)
class Assignment:
    """One leaf set on the command line: dotted key, text, and the flag as typed (`--set KEY` or `--s3-addr`)."""

    key: str
    text: str
    flag: str


@dataclass(frozen=True)
class Arguments:
    """A command line taken apart. `action` is the option that asks for something else than serving, or ""."""

    values: Mapping[str, str] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    action: str = ""

    def has(self, option: str) -> bool:
        return option in self.values


def parse_arguments(argv: Sequence[str], flags: Sequence[Flag] = ()) -> Arguments:
    """Take a command line (without the program's name) apart; UsageError says what is wrong with it."""
    known = {option.name: option for option in OPTIONS}
    known |= {flag.name: Option(flag.name, flag.metavar, (), flag.description) for flag in flags}
    leaves = {**LEAF_OPTIONS, **{flag.name: flag.leaf for flag in flags}}
    values: dict[str, str] = {}
    assignments: list[Assignment] = []
    for name, value in _pairs(argv, known):
        if name == "--set":
            key, equals, text = value.partition("=")
            if not equals or not key:
                raise UsageError(f"--set {value}: should be KEY=VALUE")
            assignments.append(Assignment(key.strip(), text, f"--set {key.strip()}"))
        elif name in leaves:
            assignments.append(Assignment(leaves[name], value, name))
        else:
            values[name] = value
    action = next((name for name in ACTIONS if name in values), "")
    return Arguments(values, tuple(assignments), action)


def _pairs(argv: Sequence[str], known: Mapping[str, Option]) -> Iterator[tuple[str, str]]:
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (SHORT.get(word, word), "", "")
        option = known.get(name)
        if option is None:
            raise UsageError(_unknown(name, known))
        if not option.metavar:
            if equals:
                raise UsageError(f"{name} takes no value")
            yield name, "true"
            continue
        if not equals:
            following = next(words, None)
            if following is None:
                raise UsageError(f"{name} needs a value: {name} {option.metavar}")
            value = following
        if option.choices and value not in option.choices:
            raise UsageError(f"{name} {value}: should be {' or '.join(option.choices)}")
        yield name, value


def _unknown(name: str, known: Mapping[str, Option]) -> str:
    if not name.startswith("-"):
        return f'unexpected argument "{name}"'
    near = nearest(name, sorted(known))
    return f'unknown option "{name}"' + (f'; did you mean "{near}"?' if near else "")


def usage(component: str, summary: str, flags: Sequence[Flag], examples: Sequence[str]) -> str:
    """The text of `--help`, ending with commands that work as printed."""
    lines = [f"usage: {component}-server [OPTION]...", ""]
    if summary:
        lines += [summary, ""]
    lines.append("options:")
    rows = [(f"{o.name} {o.metavar}".strip(), o.description) for o in OPTIONS]
    rows += [(f"{flag.name} {flag.metavar}".strip(), flag.description or f"sets {flag.leaf}") for flag in flags]
    width = max(len(left) for left, _right in rows)
    lines += [f"  {left:{width}}  {right}".rstrip() for left, right in rows]
    lines += ["", "examples:"]
    lines += [f"  {line}" for line in examples or default_examples(component)]
    return "\n".join(lines) + "\n"


def default_examples(component: str) -> tuple[str, ...]:
    return (
        f"{component}-server --config /etc/{component}/config.toml",
        f"{component}-server --check-config --config /etc/{component}/config.toml",
        f"PHOTON_MODE=standalone {component}-server --print-config",
    )
