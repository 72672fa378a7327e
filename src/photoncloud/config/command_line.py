"""The command line of every server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from photoncloud.config.resolved import Resolved


def serve_arguments(
    component: str, settings: Any, argv: Sequence[str], environ: Mapping[str, str], stdout: TextIO, stderr: TextIO
) -> Resolved | int:
    """What to run with, or the exit status when the command line asked for something else or was wrong.

    `settings` is the component's `Settings` class, or "package.module:Settings" so that `--version` imports nothing.
    """
    raise NotImplementedError
