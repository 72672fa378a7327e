"""`photonctl check-connection`: nine layers, in order; the first that fails ends the endpoint's examination."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photoncloud import __version__
from photoncloud.ctl.adapters import (
    hello_chainfire,
    hello_dns,
    hello_grpc,
    hello_http,
    hello_nats,
    hello_postgres,
    hello_s3,
    name_probe,
    tcp_probe,
    tls_probe,
)
from photoncloud.ctl.adapters.connection import HttpAnswer, Route, http
from photoncloud.ctl.adapters.endpoint import Endpoint
from photoncloud.ctl.adapters.hello import Hello, Speaker, Target, date_of
from photoncloud.ctl.adapters.tls_probe import TlsFiles
from photoncloud.ctl.core import layer_verdict
from photoncloud.ctl.core.layer_verdict import CERTIFICATE_WARN_DAYS, LayerResult

# Everything about one endpoint ends within this, however slow each answer is.
ENDPOINT_TIMEOUT_SEC = 9.0
KINDS = ("http", "grpc", "s3", "dns", "nats", "postgres", "chainfire", *hello_http.PATHS)
_BY_SCHEME = {"nats": "nats", "postgres": "postgres", "postgresql": "postgres", "dns": "dns", "s3": "s3"}
_BY_SCHEME |= {"grpc": "grpc", "grpcs": "grpc"}
_BY_PORT = {53: "dns", 2379: "chainfire", 4222: "nats", 5432: "postgres", 9000: "grpc", 9001: "s3", 50051: "grpc"}
# A component's /health is on its ops listener, where its own protocol is not spoken.
_BY_COMPONENT = {"chainfire": "chainfire", **{name: name for name in hello_http.PATHS}}
_WITHOUT_HEALTH = frozenset({"dns", "nats", "postgres", "s3"})


@dataclass(frozen=True, slots=True)
class Options:
    kind: str = ""
    tls: TlsFiles = field(default_factory=TlsFiles)
    token_file: Path | None = None
    samples: int = 20
    latency_budget_ms: float = 500.0


@dataclass
class _State:
    """What earlier layers found for later ones."""

    endpoint: Endpoint
    options: Options
    deadline: float
    addresses: list[name_probe.Address] = field(default_factory=list)
    route: Route | None = None
    health: Mapping[str, Any] = field(default_factory=dict)
    health_time_sec: float | None = None
    hello: Hello = field(default_factory=Hello)
    samples_ms: list[float] = field(default_factory=list)

    @property
    def target(self) -> Target:
        assert self.route is not None
        return Target(self.route, self.endpoint.authority, self.endpoint.path)

    @property
    def kind(self) -> str:
        if self.options.kind:
            return self.options.kind
        component = str(self.health.get("component", ""))
        return (
            _BY_SCHEME.get(self.endpoint.scheme)
            or _BY_COMPONENT.get(component)
            or ("http" if component else "")
            or _BY_PORT.get(self.endpoint.port)
            or "http"
        )


def examine(endpoint: Endpoint, options: Options) -> tuple[str, list[LayerResult]]:
    """(kind, results in order); stops after the first failure. Never raises for what the other side does."""
    state = _State(endpoint, options, time.monotonic() + ENDPOINT_TIMEOUT_SEC)
    results: list[LayerResult] = []
    for layer, examiner in _EXAMINERS.items():
        if time.monotonic() >= state.deadline:
            results.append(LayerResult(layer, "fail", f"not reached within {ENDPOINT_TIMEOUT_SEC:g} s"))
        else:
            results.append(examiner(state))
        if results[-1].status == "fail":
            break
    return state.kind, results


def _dns(state: _State) -> LayerResult:
    endpoint = state.endpoint
    started = time.monotonic()
    try:
        state.addresses = name_probe.resolve(endpoint.host, endpoint.port)
    except TimeoutError as error:
        return LayerResult("dns", "fail", f"{endpoint.host}: {error}")
    except OSError as error:
        return LayerResult("dns", "fail", f"{endpoint.host}: {error.strerror or error}")
    if name_probe.is_address(endpoint.host):
        return LayerResult("dns", "ok", f"{endpoint.host} is an address")
    return LayerResult("dns", "ok", ", ".join(a for _, (a, _) in state.addresses), _milliseconds(started))


def _tcp(state: _State) -> LayerResult:
    started = time.monotonic()
    failures = {address: tcp_probe.failure(address) for address in state.addresses}
    good = [address for address in state.addresses if not failures[address]]
    lines = [f"{_shown(address)} {why}" for address, why in failures.items() if why]
    if not good:
        return LayerResult("tcp", "fail", "; ".join(lines))
    family, target = good[0]
    state.route = Route(target, family, state.endpoint.host)
    listed = ", ".join(_shown(address) for address in good)
    detail = f"{listed}; {'; '.join(lines)}" if lines else listed
    return LayerResult("tcp", "warn" if lines else "ok", detail, _milliseconds(started))


def _tls(state: _State) -> LayerResult:
    assert state.route is not None
    if not state.endpoint.has_tls:
        return LayerResult("tls", "skip", f"scheme is {state.endpoint.scheme or 'not given'}")
    if state.kind == "nats":
        return LayerResult("tls", "skip", "NATS starts TLS after its INFO line")
    try:
        context = tls_probe.context(state.options.tls)
    except (OSError, ssl.SSLError) as error:
        return LayerResult("tls", "fail", f"our own files: {error}")
    route = Route(state.route.address, state.route.family, state.route.server_name, context)
    started = time.monotonic()
    found = tls_probe.shake_hands(route, datetime.datetime.now(datetime.UTC))
    if found.failure:
        return LayerResult("tls", "fail", found.failure)
    state.route = route
    days = found.days_left
    is_short = days is not None and days < CERTIFICATE_WARN_DAYS
    detail = f"{found.protocol}, {found.subject}" + ("" if days is None else f", {days:.0f} days left")
    return LayerResult("tls", "warn" if is_short else "ok", detail, _milliseconds(started))


def _health(state: _State) -> LayerResult:
    if state.kind in _WITHOUT_HEALTH:
        return LayerResult("health", "skip", f"{state.kind} listeners have no /health")
    started = time.monotonic()
    if state.kind == "grpc":
        found = hello_grpc.hello(state.target, state.options.tls, state.endpoint.has_tls)
        return LayerResult("health", "fail" if found.failure else "ok", found.failure or found.detail)
    try:
        answer = http(state.target.route, state.target.host, "/health")
    except (OSError, ValueError) as error:
        return LayerResult("health", "fail", f"GET /health: {error}")
    state.health_time_sec = date_of(answer.headers)
    return _judged_health(state, answer, _milliseconds(started))


def _judged_health(state: _State, answer: HttpAnswer, milliseconds: float) -> LayerResult:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "status" not in document:
        if answer.status == 404:
            return LayerResult("health", "skip", "it has no /health; it is not one of our components")
        return LayerResult("health", "fail", f"GET /health answered {answer.status} without a health document")
    state.health = document
    words = ", ".join(str(document[key]) for key in ("status", "mode", "version") if document.get(key))
    detail = f"{answer.status} {words}"
    if answer.status != 200 or document["status"] == "unhealthy":
        bad = [f"{name}: {text}" for name, text in dict(document.get("checks") or {}).items() if text != "ok"]
        return LayerResult("health", "fail", "; ".join([detail, *bad[:1]]))
    return LayerResult("health", "warn" if document["status"] == "degraded" else "ok", detail, milliseconds)


def _protocol(state: _State) -> LayerResult:
    speak = _speaker(state)
    started = time.monotonic()
    state.hello = speak(state.target)
    if state.hello.failure:
        return LayerResult("protocol", "fail", state.hello.failure)
    state.samples_ms.append(_milliseconds(started))
    return LayerResult("protocol", "ok", state.hello.detail, state.samples_ms[0])


def _access(state: _State) -> LayerResult:
    token_file = state.options.token_file
    if token_file is None:
        return LayerResult("access", "skip", "no credentials given")
    try:
        found = _access_with(state, token_file)
    except (OSError, ValueError) as error:
        return LayerResult("access", "fail", str(error))
    return LayerResult("access", "fail" if found.failure else "ok", found.failure or found.detail)


def _access_with(state: _State, token_file: Path) -> Hello:
    if state.kind == "s3":
        return hello_s3.access(state.target, token_file)
    token = token_file.read_text().strip()
    if not token.isprintable() or " " in token:
        raise ValueError(f"{token_file} holds no token")
    answer = http(state.target.route, state.target.host, "/health", headers={"Authorization": f"Bearer {token}"})
    if answer.status in (401, 403):
        return Hello(f"GET /health with the token: {answer.status}")
    return Hello(detail=f"GET /health with the token: {answer.status}")


def _latency(state: _State) -> LayerResult:
    speak = _speaker(state)
    while len(state.samples_ms) < state.options.samples and time.monotonic() < state.deadline - 1:
        started = time.monotonic()
        found = speak(state.target)
        if found.failure:
            return LayerResult("latency", "fail", f"hello {len(state.samples_ms) + 1}: {found.failure}")
        state.samples_ms.append(_milliseconds(started))
    return layer_verdict.latency(state.samples_ms, state.options.latency_budget_ms)


def _clock(state: _State) -> LayerResult:
    theirs = state.hello.time_sec if state.hello.time_sec is not None else state.health_time_sec
    # A Date header has whole seconds: on average it is half a second behind.
    return layer_verdict.clock(None if theirs is None else _skew(theirs, time.time()))


def _skew(theirs: float, ours: float) -> float:
    difference = theirs - ours
    return 0.0 if -1.0 <= difference <= 0.0 else difference


def _version(state: _State) -> LayerResult:
    return layer_verdict.version(str(state.health.get("version", "")), __version__)


def _speaker(state: _State) -> Speaker:
    if state.kind == "grpc":
        options, has_tls = state.options, state.endpoint.has_tls
        return lambda target: hello_grpc.hello(target, options.tls, has_tls)
    return _SPEAKERS.get(state.kind) or hello_http.speaker(state.kind)


_SPEAKERS: dict[str, Speaker] = {
    "chainfire": hello_chainfire.hello,
    "dns": hello_dns.hello,
    "nats": hello_nats.hello,
    "postgres": hello_postgres.hello,
    "s3": hello_s3.hello,
}

_EXAMINERS: dict[str, Callable[[_State], LayerResult]] = {
    "dns": _dns,
    "tcp": _tcp,
    "tls": _tls,
    "health": _health,
    "protocol": _protocol,
    "access": _access,
    "latency": _latency,
    "clock": _clock,
    "version": _version,
}


def _milliseconds(started: float) -> float:
    return (time.monotonic() - started) * 1000


def _shown(address: name_probe.Address) -> str:
    family, (host, port) = address
    return f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"


def lines(endpoint: Endpoint, kind: str, results: list[LayerResult]) -> Iterator[str]:
    """As a person reads them."""
    yield f"{endpoint.text} ({kind})"
    wide = max(len(result.detail) for result in results)
    for result in results:
        took = "" if result.milliseconds is None else f"  {result.milliseconds:.0f} ms"
        yield f"  {result.layer:<8}  {result.status:<4}  {result.detail:<{wide if took else 0}}{took}"
