"""Ask `GET /health` and read the answer's status; nothing more of HTTP than that needs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

TIMEOUT_SEC = 2.0
# A health answer is a few hundred bytes; a stranger on the port may send anything.
ANSWER_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """`status` is healthy, degraded, unhealthy or "" when none was understood; `reason` why it is not good."""

    is_good: bool
    status: str = ""
    reason: str = ""


async def ask(address: str, timeout_sec: float = TIMEOUT_SEC) -> HealthAnswer:
    """Never raises for anything the other side does."""
    try:
        async with asyncio.timeout(timeout_sec):
            answer = await _get(address)
    except TimeoutError:
        return HealthAnswer(False, reason=f"no answer within {timeout_sec:g} s")
    except (OSError, ValueError) as error:
        return HealthAnswer(False, reason=f"{type(error).__name__}: {error}")
    return _judged(answer)


async def fetch(address: str, timeout_sec: float = TIMEOUT_SEC) -> str:
    """The body of `/health`, whatever its status. Raises OSError, TimeoutError, ValueError."""
    async with asyncio.timeout(timeout_sec):
        return _body(await _get(address))[1].decode()


async def accepts(address: str, timeout_sec: float = TIMEOUT_SEC) -> bool:
    """Whether something accepts a connection there."""
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(timeout_sec):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _get(address: str) -> bytes:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        request = f"GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAccept: application/json\r\n\r\n"
        writer.write(request.encode())
        await writer.drain()
        parts = bytearray()
        while chunk := await reader.read(ANSWER_BYTES_MAX):
            parts += chunk
            if len(parts) > ANSWER_BYTES_MAX:
                raise ValueError("the answer is longer than a health answer can be")
        return bytes(parts)
    finally:
        writer.close()


def _judged(answer: bytes) -> HealthAnswer:
    try:
        code, body = _body(answer)
    except ValueError as error:
        return HealthAnswer(False, reason=str(error))
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    document = document if isinstance(document, dict) else {}
    status = str(document.get("status", ""))
    is_good = code == 200 and status in ("healthy", "degraded")
    return HealthAnswer(is_good, status, "" if is_good and status == "healthy" else _reason(code, document))


def _body(answer: bytes) -> tuple[int, bytes]:
    """(status, body). Raises ValueError for what is no HTTP answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise ValueError("not an HTTP answer")
    if b"transfer-encoding: chunked" in head.lower():
        # One JSON object is all that is expected: what lies between its braces, chunk sizes outside.
        body = body[body.find(b"{") : body.rfind(b"}") + 1]
    return int(words[1]), body


def _reason(code: int, document: dict[str, object]) -> str:
    checks = document.get("checks")
    if isinstance(checks, dict):
        for name, text in checks.items():
            if text != "ok":
                return f"{name}: {text}"
    return f"/health answered {code}"
