"""Around every HTTP request: its id in and out, its duration, its log line."""

from typing import Any

import pytest

from photoncloud.runtime import request_id
from photoncloud.runtime.http_middleware import RequestContext
from photoncloud.runtime.metrics import ProcessMetrics, Registry


class Call:
    """One request through the middleware."""

    def __init__(self, app: Any, *, log: bool = True) -> None:
        self.registry = Registry("demo")
        durations = ProcessMetrics(self.registry, "demo", "1").request_duration
        self.middleware = RequestContext(app, listener="admin", durations=durations, request_log=lambda: log)
        self.sent: list[dict[str, Any]] = []

    async def __call__(self, method: str = "GET", headers: Any = (), kind: str = "http") -> dict[bytes, bytes]:
        async def send(message: Any) -> None:
            self.sent.append(message)

        scope = {"type": kind, "method": method, "path": "/p\n", "headers": list(headers), "client": ("10.0.0.9", 5)}
        await self.middleware(scope, None, send)  # type: ignore[arg-type]
        return dict(self.sent[0]["headers"]) if self.sent else {}

    def metric(self, line: str) -> bool:
        return line.encode() in self.registry.render()[0]


async def answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": [(b"x", request_id.current().encode())]})
    await send({"type": "http.response.body", "body": b""})


async def fail(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("broken")


async def test_an_offered_id_is_used_answered_and_logged(captured: list[Any]) -> None:
    headers = await Call(answer)(headers=[(b"x-request-id", b"abc-1")])
    assert headers == {b"x": b"abc-1", b"x-request-id": b"abc-1"}
    (line,) = captured
    assert line["event"] == "request"
    assert (line["listener"], line["method"], line["status"], line["client"]) == ("admin", "GET", 204, "10.0.0.9")


async def test_an_id_is_made() -> None:
    headers = await Call(answer)()
    assert len(headers[b"x-request-id"]) == 32


async def test_durations_have_bounded_labels() -> None:
    call = Call(answer)
    await call()
    await call(method="BREW")
    assert call.metric('photon_request_duration_seconds_count{code="204",listener="admin",method="GET"} 1.0')
    assert call.metric('photon_request_duration_seconds_count{code="204",listener="admin",method="OTHER"} 1.0')


async def test_a_crash_counts_as_500_and_passes_through(captured: list[Any]) -> None:
    call = Call(fail)
    with pytest.raises(ValueError, match="broken"):
        await call()
    assert call.metric('photon_request_duration_seconds_count{code="500",listener="admin",method="GET"} 1.0')
    assert captured[0]["status"] == 500


async def test_the_request_log_can_be_off(captured: list[Any]) -> None:
    await Call(answer, log=False)()
    assert captured == []


async def test_other_protocols_pass_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await Call(app)(kind="lifespan")
    assert seen == ["lifespan"]
