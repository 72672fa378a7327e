"""References in a topology, and their resolution to addresses and paths of one rendering.

`@listen.<port>`                 what the component itself binds
`@<component>.<port>`            host:port of another component
`@<component>.<port>.<scheme>`   the same as a URL
`@data`, `@data/<path>`          the component's data directory
`@secret.<name>`                 the path where the component finds that secret
`@version`                       the product's version
A text that begins with `@` itself is written `@@`.

Resolution and its inverse are one table per component, so whatever a renderer writes a reader gets back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from photoncloud.deploy.core.topology import Component, Topology

SCHEMES = ("http", "https", "grpc", "nats", "tls", "postgresql")
_SECRET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")


class ReferenceBroken(ValueError):
    """A reference names something that is not there."""


class Addresses(Protocol):
    """Where things are in one rendering: this machine, containers, or systemd units."""

    def listen(self, component: Component, port: str) -> str:
        """`host:port` the component binds."""

    def reach(self, source: Component, target: Component, port: str) -> str:
        """`host:port` under which `source` reaches that port of `target`."""

    def data(self, component: Component) -> str: ...

    def secret(self, component: Component, name: str) -> str: ...

    @property
    def version(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Resolver:
    """References of one component under one rendering, forward and back."""

    topology: Topology
    component: Component
    addresses: Addresses

    def resolve(self, value: Any) -> Any:
        """The value with every reference replaced; lists and tables are walked. Raises ReferenceBroken."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolve(item) for item in value]
        return value

    def symbolise(self, value: Any) -> Any:
        """The inverse of `resolve`: every resolved text becomes its reference again."""
        secret_prefix = self.addresses.secret(self.component, "")
        return _replaced(value, self._reverse(), secret_prefix)

    def _text(self, value: str) -> str:
        if not value.startswith("@"):
            return value
        if value.startswith("@@"):
            return value[1:]
        head, slash, path = value[1:].partition("/")
        if head == "data":
            return self.addresses.data(self.component) + slash + path
        if slash:
            raise ReferenceBroken(f"{value!r}: only @data takes a path")
        if head == "version":
            return self.addresses.version
        return self._dotted(value, head)

    def _dotted(self, value: str, head: str) -> str:
        first, _, rest = head.partition(".")
        if first == "secret":
            if not _SECRET_NAME.match(rest):
                raise ReferenceBroken(f"{value!r}: a secret's name is of lower-case letters, digits, '.', '_' and '-'")
            return self.addresses.secret(self.component, rest)
        port, _, scheme = rest.partition(".")
        if first == "listen":
            self._demand_port(value, self.component, port)
            return self.addresses.listen(self.component, port)
        return self._reached(value, first, port, scheme)

    def _reached(self, value: str, name: str, port: str, scheme: str) -> str:
        target = self.topology.component(name)
        if target is None:
            raise ReferenceBroken(f"{value!r}: there is no component {name!r} in level {self.topology.name}")
        if target.name == self.component.name:
            raise ReferenceBroken(f"{value!r}: a component's own address is @listen.{port}")
        self._demand_port(value, target, port)
        if scheme and scheme not in SCHEMES:
            raise ReferenceBroken(f"{value!r}: scheme {scheme!r} is none of {', '.join(SCHEMES)}")
        address = self.addresses.reach(self.component, target, port)
        return f"{scheme}://{address}" if scheme else address

    def _demand_port(self, value: str, component: Component, port: str) -> None:
        if component.port(port) is None:
            known = ", ".join(p.name for p in component.ports) or "none"
            raise ReferenceBroken(f"{value!r}: {component.name} has no port {port!r} (it has: {known})")

    def _reverse(self) -> dict[str, str]:
        table: dict[str, str] = {}
        for reference in self._every():
            table.setdefault(self._text(reference), reference)
        return table

    def _every(self) -> Iterator[str]:
        yield "@version"
        yield "@data"
        for port in self.component.ports:
            yield f"@listen.{port.name}"
        for other in self.topology.components:
            if other.name == self.component.name:
                continue
            for port in other.ports:
                yield f"@{other.name}.{port.name}"
                yield from (f"@{other.name}.{port.name}.{scheme}" for scheme in SCHEMES)


def secrets_of(component: Component) -> tuple[str, ...]:
    """Names of the secrets a component refers to anywhere, sorted."""
    found: set[str] = set()
    _collect(component.env, found)
    _collect(component.config, found)
    _collect(component.files, found)
    return tuple(sorted(found))


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, str) and value.startswith("@secret."):
        found.add(value.removeprefix("@secret."))
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _collect(item, found)


def _replaced(value: Any, table: Mapping[str, str], secret_prefix: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(item, table, secret_prefix) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(item, table, secret_prefix) for item in value]
    return _symbol(value, table, secret_prefix) if isinstance(value, str) else value


def _symbol(text: str, table: Mapping[str, str], secret_prefix: str) -> str:
    known = table.get(text)
    if known is not None:
        return known
    if text.startswith(secret_prefix) and _SECRET_NAME.match(text[len(secret_prefix) :]):
        return f"@secret.{text[len(secret_prefix) :]}"
    data = next((resolved for resolved, reference in table.items() if reference == "@data"), None)
    if data is not None and text.startswith(data + "/"):
        return "@data" + text[len(data) :]
    return "@" + text if text.startswith("@") else text
