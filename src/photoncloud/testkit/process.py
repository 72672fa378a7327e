"""A real server process in a test: from a settings table to a ready process, and away again without a trace.

    async with server("lightningstor", tmp_path, settings={"storage": {"path": str(tmp_path / "data")}}) as s:
        endpoint = s.url("s3")
        assert (await s.health())["status"] == "healthy"
        s.kill()                                     # SIGKILL to everything it started
    async with server("lightningstor", tmp_path, ...) as again:   # the same directory: what survived?

Every listener of the component gets 127.0.0.1:0 unless the test says otherwise; real addresses come from the log lines
`listening`. The environment is empty except for what the test gives. Whatever is left of the process afterwards fails
the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photoncloud.testkit.ports import is_listening
from photoncloud.testkit.server_config import write_config

START_TIMEOUT_SEC = 30.0
STOP_TIMEOUT_SEC = 30.0
HTTP_TIMEOUT_SEC = 10.0
LOG_LINE_BYTES = 1 << 20
POLL_SEC = 0.02
READ_REST_SEC = 1.0
"""What an ended process wrote is in the pipe already; a child that keeps the pipe open is not waited for."""
TAIL_LINES = 40
PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONWARNINGS")


class StartFailed(AssertionError):
    """The process ended, or was not ready in time; `status` is its exit status (None while it runs)."""

    def __init__(self, command: Sequence[str], status: int | None, output: str) -> None:
        self.status = status
        super().__init__(f"{' '.join(command)}: exit status {status}\n{output}")


@dataclass
class ServerProcess:
    """A running (or ended) server. Lines of its log are in `lines`, those that are JSON objects in `records`."""

    command: list[str]
    directory: Path
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Lines of standard error."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)
    _open_streams: int = 0

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal, None while it runs."""
        return self.process.returncode

    def events(self, name: str) -> list[dict[str, Any]]:
        """Every log record whose event is `name`."""
        return [record for record in self.records if record.get("event") == name]

    def address(self, listener: str) -> str:
        """`host:port` (or `unix:/path`) of a listener."""
        for record in self.events("listening"):
            if record["listener"] == listener:
                return str(record["addr"])
        known = ", ".join(record["listener"] for record in self.events("listening"))
        raise KeyError(f"no listener {listener!r}; known: {known}")

    def port(self, listener: str) -> int:
        return int(self.address(listener).rpartition(":")[2])

    def url(self, listener: str, path: str = "", scheme: str = "http") -> str:
        return f"{scheme}://{self.address(listener)}{path}"

    async def wait_for(self, event: str, timeout_sec: float = START_TIMEOUT_SEC, **fields: Any) -> dict[str, Any]:
        """The first log record of `event` in which all `fields` are equal. StartFailed when the process ends first."""

        def found() -> dict[str, Any] | None:
            return next((r for r in self.events(event) if fields.items() <= r.items()), None)

        async with self._news:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_sec):
                    await self._news.wait_for(lambda: found() is not None or not self._open_streams)
        record = found()
        if record is None:
            if not self._open_streams:  # it has ended; its exit status arrives a moment later
                await self.wait(READ_REST_SEC)
            raise StartFailed(self.command, self.status, f"no event {event!r}\n{self.tail()}")
        return record

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of both streams."""
        return "\n".join([*self.lines[-lines:], *self.errors[-lines:]])

    async def http(
        self, listener: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers with lower-case names, body)."""
        return await asyncio.to_thread(_http, self.address(listener), path, method, headers or {})

    async def health(self, listener: str = "ops") -> dict[str, Any]:
        _, _, body = await self.http(listener, "/health")
        return dict(json.loads(body))

    def signal(self, number: signal.Signals) -> None:
        """To the server process alone."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to the server and everything of its session."""
        for pid in session_members(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def wait(self, timeout_sec: float = STOP_TIMEOUT_SEC) -> int:
        """The exit status, after every line was read. StartFailed when it still runs after `timeout_sec`.

        Looks at the status instead of `process.wait()`, which newer Pythons end only when every child closed the pipes.
        """
        try:
            async with asyncio.timeout(timeout_sec):
                while self.process.returncode is None:  # noqa: ASYNC110  see above
                    await asyncio.sleep(POLL_SEC)
        except TimeoutError:
            raise StartFailed(self.command, None, f"still runs after {timeout_sec:g} s\n{self.tail()}") from None
        await asyncio.wait(self._readers, timeout=READ_REST_SEC)
        return self.process.returncode

    async def stop(self, timeout_sec: float = STOP_TIMEOUT_SEC) -> int:
        """SIGTERM and `wait`; the exit status of one that ended before."""
        if self.status is None:
            self.signal(signal.SIGTERM)
        return await self.wait(timeout_sec)

    async def _read(self, stream: asyncio.StreamReader, lines: list[str], *, records: bool) -> None:
        while line := await stream.readline():
            text = line.decode("utf-8", "replace").rstrip("\n")
            lines.append(text)
            if records and text.startswith("{"):
                self.records.append(json.loads(text))
            await self._tell()
        self._open_streams -= 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _follow(self) -> None:
        out, err = self.process.stdout, self.process.stderr
        assert out is not None
        assert err is not None
        self._open_streams = 2
        self._readers += [
            asyncio.create_task(self._read(out, self.lines, records=True)),
            asyncio.create_task(self._read(err, self.errors, records=False)),
        ]

    async def _end(self) -> list[str]:
        """Kill what still runs; returns what a clean stop would not have left behind."""
        ended_by_itself = self.status is not None
        left = [pid for pid in session_members(self.pid) if pid != self.pid]
        self.kill()
        await self.wait()
        await self._session_is_gone()
        for reader in self._readers:
            reader.cancel()
        listening = {r["addr"] for r in self.events("listening") if is_listening(str(r["addr"]))}
        problems = [f"still listening on {address}" for address in sorted(listening)]
        if ended_by_itself:
            problems += [f"process {pid} is left" for pid in left]
        return problems

    async def _session_is_gone(self) -> None:
        """A killed process is in /proc until the kernel is done with it."""
        async with asyncio.timeout(STOP_TIMEOUT_SEC):
            while session_members(self.pid):  # noqa: ASYNC110  nobody tells about processes that are not children
                await asyncio.sleep(POLL_SEC)


async def spawn(
    component: str,
    directory: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    photon: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    config: Path | None = None,
) -> ServerProcess:
    """Start `python -m photoncloud.<component>` without waiting for it; `server` is what tests usually want.

    settings    the `[standalone]` table; photon: the `[photon]` table; config: a file of your own instead of both
    """
    file = config or write_config(component, directory, settings or {}, photon or {})
    module = f"photoncloud.{component.replace('-', '_')}"
    command = [sys.executable, "-m", module, "--config-only", "--config", str(file), *arguments]
    return await spawn_command(command, directory, env or {})


async def spawn_command(command: list[str], directory: Path, env: Mapping[str, str]) -> ServerProcess:
    """Start any program that logs as ours do."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=environment(directory, env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=LOG_LINE_BYTES,
    )
    started = ServerProcess(command, directory, process)
    await started._follow()
    return started


def environment(directory: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's environment but what finding programs needs."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed_on, "HOME": str(directory), "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONUNBUFFERED": "1", **env}


@contextlib.asynccontextmanager
async def server(
    component: str,
    directory: Path | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    photon: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    config: Path | None = None,
    start_timeout_sec: float = START_TIMEOUT_SEC,
) -> AsyncIterator[ServerProcess]:
    """A ready server within the block; SIGTERM after it, and an AssertionError when it leaves something behind.

    directory   where it works and keeps its configuration and state; a temporary one unless given
    """
    with contextlib.ExitStack() as stack:
        where = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="photon-test-")))
        started = await spawn(
            component, where, settings=settings, photon=photon, env=env, arguments=arguments, config=config
        )
        async with ready(started, start_timeout_sec):
            yield started


@contextlib.asynccontextmanager
async def ready(started: ServerProcess, start_timeout_sec: float = START_TIMEOUT_SEC) -> AsyncIterator[ServerProcess]:
    """A spawned server from its line `ready` on; SIGTERM after the block unless it ended in it."""
    async with ending(started):
        await started.wait_for("ready", start_timeout_sec)
        yield started
        if started.status is None:
            await started.stop()


@contextlib.asynccontextmanager
async def ending(started: ServerProcess) -> AsyncIterator[ServerProcess]:
    """Whatever happens in the block, the process and its session are gone after it; leftovers fail the test."""
    try:
        yield started
    except BaseException:
        await started._end()
        raise
    if problems := await started._end():
        raise AssertionError("; ".join(problems) + "\n" + started.tail())


async def run_to_end(
    component: str,
    directory: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    photon: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    config: Path | None = None,
    timeout_sec: float = START_TIMEOUT_SEC,
) -> ServerProcess:
    """For servers that must refuse to start, and for offline commands: returns when the process ended."""
    started = await spawn(
        component, directory, settings=settings, photon=photon, env=env, arguments=arguments, config=config
    )
    async with ending(started):
        await started.wait(timeout_sec)
    return started


def session_members(session: int) -> list[int]:
    """Every living process of a session (zombies do not count)."""
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                state, _, _, its_session = (entry / "stat").read_text().rpartition(") ")[2].split()[:4]
                if int(its_session) == session and state != "Z":
                    members.append(int(entry.name))
    return members


def _http(address: str, path: str, method: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=HTTP_TIMEOUT_SEC)
    try:
        connection.request(method, path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()
