"""The command line of every server: serve, or answer a question about the configuration and end.

Imports nothing heavy: `--version` and usage errors cost no models. Problems go to standard error, one line each; what
was asked for goes to standard output.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, TextIO

from photoncloud.config.arguments import Arguments, parse_arguments, usage
from photoncloud.config.origin import Origin
from photoncloud.config.problem import ConfigurationError, Problem, UsageError

if TYPE_CHECKING:
    from photoncloud.config.files import Files
    from photoncloud.config.marks import ConfigModel
    from photoncloud.config.probe import Probe
    from photoncloud.config.resolved import Note, Resolved

EXIT_OK = 0


def serve_arguments(
    component: str,
    settings: type[ConfigModel] | str,
    argv: Sequence[str],
    environ: Mapping[str, str],
    stdout: TextIO,
    stderr: TextIO,
    *,
    files: Files | None = None,
    probe: Probe | None = None,
) -> Resolved | int:
    """What to run with, or the exit status when something else was asked for or the configuration is refused.

    `settings` is the component's `Settings` class, or "package.module:Settings" so that `--version` imports nothing.
    `argv` has no program name. Exit statuses: 0 answered, 64 usage, 78 configuration.
    """
    if "--version" in argv:
        from photoncloud import __version__

        stdout.write(f"{component} {__version__}\n")
        return EXIT_OK
    model = _model(settings)
    try:
        return _serve(component, model, argv, environ, stdout, stderr, files, probe)
    except UsageError as error:
        stderr.write(f"{component}-server: {error}\ntry: {component}-server --help\n")
        return error.exit_status


def _model(settings: type[ConfigModel] | str) -> type[ConfigModel]:
    if not isinstance(settings, str):
        return settings
    module, _, name = settings.partition(":")
    model: type[ConfigModel] = getattr(import_module(module), name)
    return model


def _serve(
    component: str,
    model: Any,
    argv: Sequence[str],
    environ: Mapping[str, str],
    stdout: TextIO,
    stderr: TextIO,
    files: Files | None,
    probe: Probe | None,
) -> Resolved | int:
    declaration = model.declaration
    arguments = parse_arguments(argv, declaration.flags)
    format_name = _format(arguments)
    if arguments.action == "--help":
        stdout.write(usage(component, declaration.summary, declaration.flags, declaration.examples))
        return EXIT_OK
    if arguments.action == "--print-schema":
        from photoncloud.config.export import export

        stdout.write(export(model, arguments.values["--print-schema"]))
        return EXIT_OK
    from photoncloud.config.loading import load

    try:
        resolved = load(component, model, argv, environ, files=files, probe=probe)
        if not arguments.action:
            return resolved
        return _ANSWERS[arguments.action](resolved, arguments, format_name, stdout, stderr)
    except ConfigurationError as error:
        _report(error.problems, arguments.action, format_name, stdout, stderr)
        return error.exit_status


def _format(arguments: Arguments) -> str:
    """The output format, with the action's own default; UsageError when the action cannot print it."""
    accepted = {
        "--check-config": ("text", "json"),
        "--explain": ("text", "json"),
        "--print-config": ("toml", "json"),
    }.get(arguments.action, ())
    asked = arguments.values.get("--format")
    if asked is None:
        return accepted[0] if accepted else ""
    if asked not in accepted:
        wanted = f"{arguments.action} accepts --format {' or '.join(accepted)}" if accepted else "nothing is printed"
        raise UsageError(f"--format {asked}: {wanted}")
    return asked


def _report(problems: Sequence[Problem], action: str, format_name: str, stdout: TextIO, stderr: TextIO) -> None:
    """Every problem: as a JSON array on standard output when that was asked for, else one line each."""
    if action and format_name == "json":
        _write_json([problem.as_json() for problem in problems], stdout)
    else:
        stderr.writelines(f"{problem.render()}\n" for problem in problems)


def _check(_resolved: Resolved, _arguments: Arguments, format_name: str, stdout: TextIO, stderr: TextIO) -> int:
    if format_name == "json":
        _write_json([], stdout)
        return EXIT_OK
    stderr.writelines(_note_line(note) for note in _resolved.notes if note.level == "warning")
    stdout.write("ok\n")
    return EXIT_OK


def _note_line(note: Note) -> str:
    fields = " ".join(f"{name}={json.dumps(value, default=str)}" for name, value in note.fields.items())
    return f"warning: {note.event} {fields}\n"


def _print(resolved: Resolved, _arguments: Arguments, format_name: str, stdout: TextIO, _stderr: TextIO) -> int:
    from photoncloud.config.printing import as_json, as_toml

    if format_name == "json":
        _write_json(as_json(resolved), stdout)
    else:
        stdout.write(as_toml(resolved))
    return EXIT_OK


def _explain(resolved: Resolved, arguments: Arguments, format_name: str, stdout: TextIO, _stderr: TextIO) -> int:
    from photoncloud.config.explain import explain_json, explain_text

    key = arguments.values["--explain"]
    try:
        if format_name == "json":
            _write_json(explain_json(resolved, key), stdout)
        else:
            stdout.write(explain_text(resolved, key))
    except KeyError as error:
        origin = Origin("flag", "--explain")
        raise ConfigurationError([Problem("unknown-key", key, str(error.args[0]), origin=origin)]) from None
    return EXIT_OK


def _write_json(value: Any, stdout: TextIO) -> None:
    stdout.write(json.dumps(value, indent=2) + "\n")


_ANSWERS: Mapping[str, Callable[[Any, Arguments, str, TextIO, TextIO], int]] = {
    "--check-config": _check,
    "--print-config": _print,
    "--explain": _explain,
}
