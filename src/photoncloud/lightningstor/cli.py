"""The command line: serve by default, or one of the offline tools."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

OFFLINE_TOOLS = {
    "fsck": "photoncloud.lightningstor.offline.fsck",
    "salvage": "photoncloud.lightningstor.offline.salvage",
    "selftest": "photoncloud.lightningstor.offline.selftest",
}
"""Sub-command → module with `run(argv) -> int`; imported only when asked for."""

QUESTIONS = frozenset({"--version", "--help", "--check-config", "--print-config", "--print-schema", "--explain"})
"""Flags that are answered without serving, and without the packages serving needs."""

_SETTINGS = "photoncloud.lightningstor.settings:Settings"


def run(argv: Sequence[str]) -> int:
    """Do what the arguments say; returns the exit status."""
    if argv and argv[0] in OFFLINE_TOOLS:
        tool: Callable[[Sequence[str]], int] = importlib.import_module(OFFLINE_TOOLS[argv[0]]).run
        return tool(argv[1:])
    return _serve(argv)


def _serve(argv: Sequence[str]) -> int:
    from photoncloud.config.command_line import serve_arguments

    if QUESTIONS.isdisjoint(word.partition("=")[0] for word in argv):
        importlib.import_module("uvloop")  # a missing extra is said before anything about the configuration
    resolved = serve_arguments("lightningstor", _SETTINGS, argv, os.environ, sys.stdout, sys.stderr)
    if isinstance(resolved, int):
        return resolved
    import uvloop

    from photoncloud.config import Resolved, load
    from photoncloud.lightningstor.bootstrap.app import build
    from photoncloud.lightningstor.settings import Settings
    from photoncloud.runtime import program
    from photoncloud.runtime.application import App

    def load_again() -> Resolved:
        return load("lightningstor", Settings, argv, os.environ)

    def build_app(found: Resolved) -> App:
        return build(found, load_again)

    return program.main(build_app, resolved, loop_factory=uvloop.new_event_loop)
