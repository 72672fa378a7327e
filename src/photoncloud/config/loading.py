"""The load pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from photoncloud.config.resolved import Resolved


def load(
    component: str,
    settings: Any,
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    files: Any = None,
    probe: Any = None,
) -> Resolved:
    """Files, variables and flags become one `Resolved`; ConfigurationError lists every problem.

    A pure function of its arguments, what `files` reads and what `probe` answers. `argv` has no program name.
    """
    raise NotImplementedError
