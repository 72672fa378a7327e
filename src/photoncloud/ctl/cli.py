"""From words to a command, imported when used (`verbs.py`), and the exit status of every ending.

A verb whose module is not there yet, or whose packages are not installed, ends with 69 and says so.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from itertools import zip_longest
from typing import Any

from photoncloud.ctl.core import exit_status
from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.invocation import Invocation, extract
from photoncloud.ctl.verbs import COMMANDS

WAIT_DEFAULT = "30s"

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
    answer = command(verb).main(
        args=_with_wait_value(words), prog_name=f"photonctl {verb}", standalone_mode=False, obj=invocation
    )
    return answer if isinstance(answer, int) else exit_status.OK


def _with_wait_value(words: Sequence[str]) -> list[str]:
    """`--wait` may stand without a time: then the default is put in."""
    found = []
    for word, follower in zip_longest(words, words[1:], fillvalue=""):
        is_bare = word == "--wait" and not re.fullmatch(r"[\d.]+[a-z]*([\d.]+[a-z]+)*", follower)
        found.append(f"--wait={WAIT_DEFAULT}" if is_bare else word)
    return found


def command(verb: str) -> Any:
    """The click command of a verb. Raises CommandFailed (69) when its module is missing, ModuleNotFoundError when a
    package of it is."""
    from typer.main import get_command

    module, _, attribute = COMMANDS[verb][0].partition(":")
    try:
        return get_command(getattr(import_module(module), attribute))
    except ModuleNotFoundError as error:
        if not _is_ours(error):
            raise
        raise CommandFailed(f"{verb} is not part of this installation", "", exit_status.UNAVAILABLE) from error


def _is_ours(error: ModuleNotFoundError) -> bool:
    return (error.name or "").startswith("photoncloud.")


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
    if isinstance(error, OSError):
        return exit_status.IO_ERROR, f"{error.filename or 'input or output'}: {error.strerror or error}"
    if isinstance(error, ModuleNotFoundError) and not _is_ours(error):
        message = f'this needs {error.name}, which is not installed; pip install "photoncloud[all]"'
        return exit_status.UNAVAILABLE, message
    if isinstance(error, typer.Abort):
        return exit_status.INTERRUPTED, ""
    # typer's own copy of click has no public name for its usage errors.
    usage_error = typer.BadParameter.__mro__[1]
    if isinstance(error, usage_error):
        return exit_status.USAGE, f"{error.format_message()}; --help describes the command"  # type: ignore[attr-defined]
    return exit_status.INTERNAL, f"{type(error).__name__}: {error}"
