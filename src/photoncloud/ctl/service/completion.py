"""Words that may come next on a command line, for shells. Silent and quick whatever is wrong.

Names are read straight from the plan of what runs, or from the level files: nothing heavy is imported for them. Only
options and sub-commands need the command itself.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import photoncloud
from photoncloud.ctl.verbs import COMMANDS

SHELLS = ("bash", "zsh", "fish")
_TAKES_COMPONENTS = frozenset({"status", "ps", "logs", "start", "stop", "restart"})
_GLOBAL_FLAGS = ("--context", "--server", "--project", "--output", "--no-headers", "--watch", "--quiet", "--yes")

_SCRIPTS = {
    "bash": """\
_photonctl() {
    local IFS=$'\\n'
    COMPREPLY=($(compgen -W "$(photonctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" \\
        -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _photonctl photonctl
""",
    "zsh": """\
#compdef photonctl
_photonctl() {
    local -a candidates
    candidates=("${(@f)$(photonctl __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    compadd -a candidates
}
compdef _photonctl photonctl
""",
    "fish": """\
function __photonctl_complete
    set -l words (commandline -opc) (commandline -ct)
    photonctl __complete $words[2..-1] 2>/dev/null
end
complete -c photonctl -f -a '(__photonctl_complete)'
""",
}


def script(shell: str) -> str:
    return _SCRIPTS[shell]


def complete(words: Sequence[str]) -> int:
    """Print what fits, one a line; a shell must never see an error."""
    try:
        print("\n".join(candidates(words, os.environ)))
    except Exception:  # completion that fails is completion without suggestions
        return 1
    return 0


def candidates(words: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """Every word that fits the last (perhaps empty) one of `words`."""
    *before, current = words or [""]
    found = [word for word in _fitting(before, current, environ) if word.startswith(current)]
    return sorted(dict.fromkeys(found))


def _fitting(before: Sequence[str], current: str, environ: Mapping[str, str]) -> list[str]:
    verbs = [word for word in before if not word.startswith("-")]
    if not verbs:
        return list(_GLOBAL_FLAGS) if current.startswith("-") else list(COMMANDS)
    if verbs[0] not in COMMANDS:
        return []
    if current.startswith("-") or verbs[0] not in _TAKES_COMPONENTS:
        return _of_command(verbs, current)
    return _components(environ)


def _of_command(verbs: Sequence[str], current: str) -> list[str]:
    from photoncloud.ctl.cli import command
    from photoncloud.ctl.errors import CommandFailed

    try:
        found = command(verbs[0])
    except CommandFailed:
        return []
    for word in verbs[1:]:
        found = getattr(found, "commands", {}).get(word, found)
    if current.startswith("-"):
        return [name for parameter in found.params for name in parameter.opts if name.startswith("--")] + ["--help"]
    return list(getattr(found, "commands", {}))


def _components(environ: Mapping[str, str]) -> list[str]:
    """As `bootstrap.default_data_dir` and `level_files` say, without importing them."""
    home = environ.get("XDG_DATA_HOME") or os.path.join(environ.get("HOME", "/"), ".local", "share")
    data_dir = environ.get("PHOTONCTL_DATA_DIR") or os.path.join(home, "photoncloud")
    try:
        plan = json.loads(Path(data_dir, "run", "plan.json").read_bytes())
        return [str(program["name"]) for program in plan["programs"]]
    except (OSError, ValueError, KeyError, TypeError):
        return [name for level in _levels() for name in level.get("components", {})]


def _levels() -> Iterator[dict[str, Any]]:
    for path in sorted((Path(photoncloud.__file__).parent / "deploy" / "levels").glob("*.toml")):
        yield tomllib.loads(path.read_text())
