"""From words to a command: the table of verbs, imported when used, and the exit status of every ending.

Each entry is verb -> (module:attribute of a Typer application, one line for `photonctl --help`). A verb whose module
is not there yet, or whose packages are not installed, ends with 69 and says so.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.invocation import Invocation, extract

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "up": ("photoncloud.ctl.commands.up:app", "start a level on this machine"),
    "down": ("photoncloud.ctl.commands.down:app", "stop everything and prove that nothing is left"),
    "ps": ("photoncloud.ctl.commands.ps:app", "processes of the local supervisor"),
    "logs": ("photoncloud.ctl.commands.logs:app", "logs of local components"),
    "start": ("photoncloud.ctl.commands.start:app", "start stopped components"),
    "stop": ("photoncloud.ctl.commands.stop:app", "stop components, leave the others running"),
    "restart": ("photoncloud.ctl.commands.restart:app", "restart components"),
    "status": ("photoncloud.ctl.commands.status:app", "health of every component"),
    "check-connection": (
        "photoncloud.ctl.commands.check_connection:app",
        "which of nine layers to a service is broken",
    ),
    "config": ("photoncloud.ctl.commands.config:app", "explain, check, compare and migrate configuration"),
    "deploy": ("photoncloud.ctl.commands.deploy:app", "render and check compose files, units and plans"),
    "storage": ("photoncloud.ctl.commands.storage:app", "object storage (lightningstor)"),
    "context": ("photoncloud.ctl.commands.context:app", "where commands go"),
    "debug": ("photoncloud.ctl.commands.debug:app", "collect what a bug report needs, without secrets"),
    "completion": ("photoncloud.ctl.commands.completion:app", "completion script for a shell"),
    "version": ("photoncloud.ctl.commands.version:app", "versions of this command and of what runs"),
}

_HELP = """\
Usage: photonctl VERB [ARGUMENTS] [FLAGS]

{verbs}

Flags that may stand anywhere:
  --context NAME  --server URL  -n/--project NAME  -A/--all-projects
  -o/--output table|wide|json|yaml|name|jsonpath=…|custom-columns=…  --no-headers  --sort-by PATH
  -l/--selector S  --field-selector S  -w/--watch  --timeout T  --request-timeout T
  --color auto|always|never  -q/--quiet  -v/-vv/-vvv  -y/--yes  --dry-run[=client|server]
  --version

`photonctl VERB --help` describes a verb and ends with an example.

Example:
  photonctl status -o wide
"""


def run(argv: Sequence[str]) -> int:
    """Carry out one command line; never raises."""
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return exit_status.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough; the interpreter must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_status.OK


def _run(argv: Sequence[str]) -> int:
    is_verbose = any(word in ("-v", "-vv", "-vvv", "--verbose") for word in argv)
    try:
        flags, words = extract(argv)
        invocation = Invocation(flags, os.environ)
        if not words or words[0] in ("--help", "-h", "help"):
            return _help(words[1:])
        if words[0] == "__complete":
            from photoncloud.ctl.service.completion import candidates

            print("\n".join(candidates(words[1:], invocation.environ)))
            return exit_status.OK
        return _dispatch(words[0], words[1:], invocation)
    except Exception as error:
        return _failed(error, is_verbose)


def _help(words: Sequence[str]) -> int:
    if words:
        return _run([*words, "--help"])
    wide = max(len(verb) for verb in COMMANDS)
    print(
        _HELP.format(verbs="\n".join(f"  {verb:<{wide}}  {summary}" for verb, (_, summary) in COMMANDS.items())), end=""
    )
    return exit_status.OK


def _dispatch(verb: str, words: Sequence[str], invocation: Invocation) -> int:
    if verb.startswith("-"):
        raise UsageWrong(f"unknown flag {verb}", "photonctl --help lists the flags")
    if verb not in COMMANDS:
        near = get_close_matches(verb, COMMANDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "photonctl --help lists the verbs"
        raise UsageWrong(f"there is no verb {verb!r}", hint)
    answer = command(verb).main(args=list(words), prog_name=f"photonctl {verb}", standalone_mode=False, obj=invocation)
    return answer if isinstance(answer, int) else exit_status.OK


def command(verb: str) -> Any:
    """The click command of a verb. Raises CommandFailed (69) when its module or a package of it is missing."""
    from typer.main import get_command

    module, _, attribute = COMMANDS[verb][0].partition(":")
    try:
        return get_command(getattr(import_module(module), attribute))
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.startswith("photoncloud."):
            message, hint = f"{verb} is not part of this installation", ""
        else:
            message, hint = f"{verb} needs {missing}, which is not installed", 'pip install "photoncloud[all]"'
        raise CommandFailed(message, hint, exit_status.UNAVAILABLE) from error


def _failed(error: Exception, is_verbose: bool) -> int:
    """Say it in one line (stack only with -v, and only for defects of ours); the status to end with."""
    if isinstance(error, (KeyboardInterrupt, BrokenPipeError)):
        raise error
    status, message = _verdict(error)
    if status == exit_status.INTERNAL:
        if is_verbose:
            traceback.print_exception(error)
        message += '; this is a defect: "photonctl debug bundle" collects what a report needs (-v shows the stack)'
    if message:
        print("\n".join(f"photonctl: {line}" for line in message.splitlines()), file=sys.stderr)
    return status


def _verdict(error: Exception) -> tuple[int, str]:
    import typer

    from photoncloud.runtime.errors import PhotonError

    if isinstance(error, CommandFailed):
        return error.exit_status, str(error)
    if isinstance(error, PhotonError):
        hint = f"; {error.hint}" if error.hint else ""
        return int(getattr(error, "exit_status", exit_status.FAILED)), f"{error.cause}{hint}"
    if isinstance(error, typer.Abort):
        return exit_status.INTERRUPTED, ""
    # typer's own copy of click has no public name for its usage errors.
    usage_error = typer.BadParameter.__mro__[1]
    if isinstance(error, usage_error):
        return exit_status.USAGE, f"{error.format_message()}; --help describes the command"  # type: ignore[attr-defined]
    return exit_status.INTERNAL, f"{type(error).__name__}: {error}"
