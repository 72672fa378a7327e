"""`config_version`: a chain of pure steps that bring an old file to the current schema.

One step is one file in `migrations/`; the same steps run over parsed tables in memory at every start and over a
tomlkit document for `photonctl config migrate`, where comments, order and untouched lines survive byte for byte.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from photoncloud.config.files import FileContent
from photoncloud.config.migrations import STEPS
from photoncloud.config.migrations.step import Change, Step
from photoncloud.config.origin import Origin
from photoncloud.config.positions import RawPath
from photoncloud.config.problem import ConfigurationError, Problem
from photoncloud.config.toml_file import parse

OLDEST = "1.0"
VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})\Z")
# Lines that look like the header of `[photon]`; one inside a multi-line text is no header and is told by parsing.
PHOTON_HEADER = re.compile(r"""^[ \t]*\[[ \t]*(["']?)photon\1[ \t]*\][^\n]*(?:\n|\Z)""", re.M)
VERSION_PATH: RawPath = ("photon", "config_version")


@dataclass(frozen=True)
class MigratedTree:
    """Tables in the current schema. `version`: what the file states; `changed_keys`: what the steps touched."""

    tree: dict[str, Any]
    version: str = OLDEST
    changed_keys: tuple[str, ...] = ()
    moves: dict[RawPath, RawPath] = field(default_factory=dict)

    def written_as(self, path: RawPath) -> RawPath:
        """Where a path of the migrated tables stands in the file."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.moves:
                return (*self.moves[path[:length]], *path[length:])
        return path


@dataclass(frozen=True)
class MigratedText:
    """A file's text in the current schema. `changes` is empty when the text is what it was."""

    text: str
    before: str
    after: str
    changes: tuple[Change, ...] = ()


def current(steps: Sequence[Step] = STEPS) -> str:
    """The schema version this program writes."""
    return steps[-1].version if steps else OLDEST


def migrate_tree(tree: dict[str, Any], place: Any, steps: Sequence[Step] = STEPS) -> MigratedTree:
    """Parsed tables in the current schema; ConfigurationError when the version is newer than ours or is none.

    `place(path)` gives the origin of a key, for that problem. The stated version stays what the file says.
    """
    version = _stated(tree, place, steps)
    pending = _pending(version, steps)
    if not pending:
        return MigratedTree(tree, version)
    changes = [change for step in pending for change in step.apply(tree)]
    moves: dict[RawPath, RawPath] = {}
    for change in changes:
        if change.old != change.new and change.new is not None:
            moves[change.new] = moves.get(change.old, change.old)
    return MigratedTree(tree, version, tuple(".".join(change.old) for change in changes), moves)


def migrate_text(path: str, text: str, steps: Sequence[Step] = STEPS) -> MigratedText:
    """A file's text in the current schema, `config_version` included; migrating twice changes nothing more.

    ConfigurationError when the text is not TOML or is newer than this program.
    """
    import tomlkit

    parsed = parse(FileContent(path, text.encode(), (0, 0)))
    version = _stated(parsed.tree, parsed.origin, steps)
    pending = _pending(version, steps)
    if not pending:
        return MigratedText(text, version, version)
    document = tomlkit.parse(text)
    changes = [change for step in pending for change in step.apply(document)]
    after = tomlkit.dumps(document) if changes else text
    return MigratedText(_with_version(after, current(steps)), version, current(steps), tuple(changes))


def _stated(tree: MutableMapping[str, Any], place: Any, steps: Sequence[Step]) -> str:
    photon = tree.get("photon")
    stated = photon.get("config_version", OLDEST) if isinstance(photon, dict) else OLDEST
    match = VERSION.match(stated) if isinstance(stated, str) else None
    if match is None:
        # A value that is no version is the type check's business; the file is read as the oldest schema.
        return OLDEST
    if _number(stated) > _number(current(steps)):
        origin: Origin = place(VERSION_PATH)
        message = f"the file is written for config_version {stated}; this program knows up to {current(steps)}"
        raise ConfigurationError([Problem("newer-version", ".".join(VERSION_PATH), message, origin=origin)])
    return stated


def _pending(version: str, steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if _number(step.version) > _number(version)]


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)


def _with_version(text: str, version: str) -> str:
    """The text with `config_version` stated: in place, as the first key of `[photon]`, or in a new `[photon]`.

    Of several ways to write it down the first is taken that means exactly this and nothing else.
    """
    wanted = tomllib.loads(text)
    wanted.setdefault("photon", {})["config_version"] = version
    return next(candidate for candidate in _candidates(text, version) if _loads_as(candidate, wanted))


def _candidates(text: str, version: str) -> Iterator[str]:
    newline = "\r\n" if "\r\n" in text else "\n"
    line = f'config_version = "{version}"{newline}'
    for header in PHOTON_HEADER.finditer(text):
        at = header.end()
        yield f"{text[:at]}{'' if text[at - 1] == chr(10) else newline}{line}{text[at:]}"
    yield f"[photon]{newline}{line}{newline}{text}"
    yield f"photon.{line}{text}"
    import tomlkit

    document = tomlkit.parse(text)
    document["photon"]["config_version"] = version
    yield tomlkit.dumps(document)


def _loads_as(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False
