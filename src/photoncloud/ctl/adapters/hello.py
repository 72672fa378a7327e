"""What every hello answers. One file a protocol (`hello_*.py`), each with `hello(target) -> Hello`."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from photoncloud.ctl.adapters.connection import Route


@dataclass(frozen=True, slots=True)
class Target:
    """`host` goes into Host headers and signatures; `path` is what the endpoint said after its address."""

    route: Route
    host: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Hello:
    """`failure` "" when the service speaks its protocol; `detail` one line about it; `time_sec` its clock."""

    failure: str = ""
    detail: str = ""
    time_sec: float | None = None


Speaker = Callable[[Target], Hello]


def date_of(headers: Mapping[str, str]) -> float | None:
    """Seconds since 1970 of a Date header."""
    try:
        return email.utils.parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
