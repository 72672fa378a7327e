"""Types of settings with rules of their own: listener addresses and URLs.

`Address` and `Url` are used as annotations; the rule object inside is found by the loader, the schema export and
pydantic alike, so a settings model built by hand in a test obeys the same rules as a loaded one.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

PORT_MAX = 65535


class _TextRule:
    """A rule over a text: `normalise` returns the canonical text or raises ValueError with the reason."""

    def normalise(self, text: str) -> str:
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._validate, handler(source))

    def _validate(self, text: str) -> str:
        try:
            return self.normalise(text)
        except ValueError as error:
            raise PydanticCustomError("bad_value", "{reason}", {"reason": str(error)}) from None


@dataclass(frozen=True)
class SocketAddress:
    """An address taken apart. Exactly one of `path` (unix socket) and `port` counts; `host` "" is every address."""

    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can reach it: 127.0.0.0/8, ::1, `localhost` and unix sockets."""
        if self.path or self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.partition("%")[0]).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> SocketAddress:
    """`host:port`, `[v6]:port`, `:port` or `unix:/path`; ValueError says what is wrong."""
    if text.startswith("unix:"):
        if not text.startswith("unix:/"):
            raise ValueError("a unix socket needs an absolute path: unix:/path")
        return SocketAddress(path=text[len("unix:") :])
    host, colon, port = text.rpartition(":")
    if not colon:
        raise ValueError("should be host:port, [v6]:port, :port or unix:/path")
    return SocketAddress(_host(host), _port(port))


def _host(host: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        inner = host[1:-1]
        try:
            ipaddress.IPv6Address(inner)
        except ValueError:
            raise ValueError(f"{inner!r} is not an IPv6 address") from None
        return inner
    if ":" in host:
        raise ValueError("an IPv6 address needs brackets: [v6]:port")
    if any(c.isspace() or c in "/@[]?#" for c in host):
        raise ValueError(f"{host!r} is not a host name")
    return host


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > PORT_MAX:
        raise ValueError(f"{text!r} is not a port (0-{PORT_MAX})")
    return int(text)


@dataclass(frozen=True)
class AddressRule(_TextRule):
    """A listener address. `empty`: "" is accepted and switches the listener off."""

    empty: bool = False
    name: str = "address"

    def normalise(self, text: str) -> str:
        text = text.strip()
        if text or not self.empty:
            parse_address(text)
        return text


@dataclass(frozen=True)
class UrlRule(_TextRule):
    """A URL of one of `schemes`. `rewrite` maps an accepted scheme to the one it becomes; `path` allows a path.

    One trailing `/` is removed. User information is refused (it is a secret in a place that is printed), so are
    queries and fragments.
    """

    schemes: tuple[str, ...] = ("http", "https")
    empty: bool = True
    path: bool = True
    rewrite: tuple[tuple[str, str], ...] = field(default=())
    name: str = "URL"

    def normalise(self, text: str) -> str:
        text = text.strip()
        if not text:
            if self.empty:
                return text
            raise ValueError("should not be empty")
        if not text.isprintable() or " " in text:
            raise ValueError("should hold no blanks or control characters")
        parts = _split(text)
        renamed = dict(self.rewrite)
        if parts.scheme not in self.schemes and parts.scheme not in renamed:
            raise ValueError(f"should begin with {' or '.join(f'{s}://' for s in self.schemes)}")
        self._check(parts)
        text = f"{renamed[parts.scheme]}{text[len(parts.scheme) :]}" if parts.scheme in renamed else text
        return text.removesuffix("/")

    def _check(self, parts: SplitResult) -> None:
        if "@" in parts.netloc:
            raise ValueError("should carry no user or password")
        if not parts.hostname:
            raise ValueError("should name a host")
        if parts.query or parts.fragment:
            raise ValueError("should have no query and no fragment")
        if not self.path and parts.path not in ("", "/"):
            raise ValueError("should have no path")

    def is_rewritten(self, text: str) -> bool:
        """True when the text's scheme is accepted but becomes another one."""
        return text.strip().partition(":")[0] in dict(self.rewrite)


def _split(text: str) -> SplitResult:
    """The parts of a URL; the reasons of ValueError quote nothing, since a broken URL may hold a password anywhere."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("is not a URL") from None
    try:
        parts.port  # noqa: B018  (asking is what checks it)
    except ValueError:
        raise ValueError(f"should have a port between 0 and {PORT_MAX}") from None
    return parts


Address = Annotated[str, AddressRule()]
OptionalAddress = Annotated[str, AddressRule(empty=True)]
Url = Annotated[str, UrlRule()]
RpcUrl = Annotated[str, UrlRule(path=False)]
BusUrl = Annotated[str, UrlRule(schemes=("nats", "tls"), rewrite=(("http", "nats"),), path=False)]
EXPORTED_RULES = (AddressRule, UrlRule)
