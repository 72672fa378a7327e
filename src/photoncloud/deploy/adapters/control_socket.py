"""`run/control.sock`: one JSON line in, JSON lines out, only for the user who started the supervisor.

A request is `{"command": NAME, ...}`; an answer line is `{"ok": true, ...}` or `{"ok": false, "error": TEXT}`. `logs`
with `follow` answers many lines; every other command answers one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from photoncloud.deploy.adapters.notify_listener import SOCKET_PATH_MAX

REQUEST_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 32
REQUEST_TIMEOUT_SEC = 10.0
_PEER = struct.Struct("3i")

Answer = dict[str, Any]
Handler = Callable[[Answer], AsyncIterator[Answer]]


class ControlServer:
    """Serves `handler` on the socket; peers of another uid are turned away without a word."""

    def __init__(self, folder: Path, handler: Handler) -> None:
        self._path = folder / "control.sock"
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._open = 0
        self.refused_peers = 0

    async def start(self) -> None:
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        with _short_path(self._path) as path:
            mask = os.umask(0o177)
            try:
                listener.bind(path)
            finally:
                os.umask(mask)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=REQUEST_BYTES_MAX)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if peer_uid(writer.get_extra_info("socket")) != os.geteuid() or self._open >= CONNECTIONS_MAX:
            self.refused_peers += 1
            writer.close()
            return
        self._open += 1
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self._answer(reader, writer)
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), REQUEST_TIMEOUT_SEC)
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("a request is an object")
        except ValueError as error:
            await _say(writer, {"ok": False, "error": f"not a request: {error}"})
            return
        async for answer in self._handler(request):
            await _say(writer, answer)


class ControlClient:
    """Blocking client for commands. Raises OSError when nobody listens."""

    def __init__(self, folder: Path, timeout_sec: float | None = 60.0) -> None:
        self._path = folder / "control.sock"
        self._timeout_sec = timeout_sec

    def ask(self, command: str, **arguments: Any) -> Answer:
        """The one answer. Raises OSError (nobody there, or it went away) or ValueError."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._timeout_sec)
            with _short_path(self._path) as path:
                connection.connect(path)
            connection.sendall(json.dumps({"command": command, **arguments}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline()
        if not line:
            raise ConnectionResetError(104, "the supervisor closed the connection", str(self._path))
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("the supervisor's answer is no object")
        return answer


def peer_uid(connection: socket.socket) -> int:
    _, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


async def _say(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


@contextlib.contextmanager
def _short_path(path: Path) -> Any:
    """A name for `path` that fits into a socket address: long folders are entered by descriptor."""
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
