"""Flags that every command of `photonctl storage` has, and the client they lead to."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from photoncloud.api.lightningstor import AdminClient
from photoncloud.ctl.errors import UsageWrong
from photoncloud.ctl.invocation import Invocation, seconds
from photoncloud.ctl.service.storage import Given, find_target
from photoncloud.ctl.service.storage_admin import administration

FLAGS: dict[str, tuple[Any, Any]] = {
    "endpoint": (Annotated[str, typer.Option(help="gRPC listener of the store", metavar="HOST:PORT")], ""),
    "credentials": (Annotated[Path | None, typer.Option(help="an AWS credentials file", metavar="FILE")], None),
    "profile": (Annotated[str, typer.Option(help="its section", metavar="NAME")], "default"),
    "ca": (Annotated[str, typer.Option(help="certificate authority of a listener with TLS", metavar="FILE")], ""),
}
"""Name → type with its help, default."""
_STORE = "store"


def with_store(function: Callable[..., int]) -> Callable[..., int]:
    """The command with `FLAGS` in place of its parameter `store`, which receives them as a `Given`."""
    signature = inspect.signature(function, eval_str=True)
    own = [parameter for name, parameter in signature.parameters.items() if name != _STORE]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in FLAGS.items()
    ]

    @functools.wraps(function)
    def run(**values: Any) -> int:
        flags = {name: values.pop(name) for name in FLAGS}
        return function(**values, store=Given(ca_file=flags.pop("ca"), **flags))

    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *added)}
    run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    return run


@contextmanager
def admin_of(call: Invocation, store: Given) -> Iterator[AdminClient]:
    """The administration the flags and this machine lead to. Raises CommandFailed and its kinds."""
    target = find_target(store, call.environ)
    call.trace(1, f"storage: {target.grpc} as {target.access_key}")
    with administration(target) as admin:
        yield admin


def moment(name: str, text: str) -> int:
    """`2027-01-01T00:00:00Z` (UTC without a zone) or `+30d`, in milliseconds since 1970. Raises UsageWrong."""
    if text.startswith("+"):
        then = datetime.now(UTC) + timedelta(seconds=seconds(name, text[1:]))
    else:
        try:
            then = datetime.fromisoformat(text)
        except ValueError as error:
            raise UsageWrong(f"{name} {text!r} is no time (2027-01-01T00:00:00Z, +30d)") from error
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return int(then.timestamp() * 1000)
