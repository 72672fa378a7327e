"""The id that ties all log lines of one request together, across every component it touches.

Taken over from `X-Request-Id` (gRPC metadata `x-request-id`) when it matches `[A-Za-z0-9._-]{1,128}`, else made;
answered, logged on every line, and passed to every call the request makes.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator

from photoncloud.runtime.logging import bind_context, context_value

HEADER = "x-request-id"
"""Lower case: the name in ASGI, HTTP/2 and gRPC metadata."""

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")


def accept(offered: str | bytes | None) -> str:
    """`offered` when it is well formed, else a new id."""
    if offered:
        text = offered.decode("latin-1") if isinstance(offered, bytes) else offered
        if _ACCEPTED.fullmatch(text):
            return text
    return make()


def make() -> str:
    """A new id: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@contextlib.contextmanager
def bound(request_id: str) -> Iterator[str]:
    """Within the block every log line carries `request_id`, and `current()` returns it."""
    with bind_context(request_id=request_id):
        yield request_id


def current() -> str:
    """The id of the request being served, or an empty string outside of one."""
    return context_value("request_id")


def outgoing() -> dict[str, str]:
    """Headers or gRPC metadata for a call made on behalf of the current request."""
    request_id = current()
    return {HEADER: request_id} if request_id else {}
