"""How every verb is declared, so that help, errors and examples look the same."""

from __future__ import annotations

from typing import Any

import typer

from photoncloud.ctl.invocation import Invocation

CONTEXT_SETTINGS = {"help_option_names": ["-h", "--help"]}


def application(**settings: Any) -> typer.Typer:
    """A Typer application without colours, completion options or its own error pages."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT_SETTINGS,
        **settings,
    )


def invocation(context: typer.Context) -> Invocation:
    """What `cli` handed in as `obj`."""
    found: Invocation = context.obj
    return found


def example(*lines: str) -> str:
    """The end of a help text; `\\b` keeps the lines as they are."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
