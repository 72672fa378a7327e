"""A complete small component: one HTTP listener whose /slow takes as long as it is told. Run by test_process.py."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from photoncloud.config import ConfigModel, Declaration, Resolved, load, setting, table
from photoncloud.config.command_line import serve_arguments
from photoncloud.runtime import program, tasks
from photoncloud.runtime.application import App
from photoncloud.runtime.http_server import HttpServer
from photoncloud.runtime.logging import get_logger

log = get_logger("demo")


class Server(ConfigModel):
    """Listener."""

    addr: str = setting("127.0.0.1:0", "Where it listens.", listener=True)


class Behaviour(ConfigModel):
    """What it does."""

    greeting: str = setting("hello", "What /greeting answers.", reload=True)
    start_sec: float = setting(0.0, "How long the store takes to open.")
    stuck_on_stop: bool = setting(False, "The store never closes.")
    dies: bool = setting(False, "A critical task fails.")
    child: bool = setting(False, "Starts a child process that is left behind.")


class Settings(ConfigModel):
    """The demo component."""

    declaration: ClassVar[Declaration] = Declaration(
        component="demo", ops_addr="127.0.0.1:0", capabilities={"metadata": ("memory",)}
    )
    server: Server = table(Server, "Listener.")
    behaviour: Behaviour = table(Behaviour, "What it does.")


class Store:
    """Writes its life to the log."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour

    async def start(self) -> None:
        log.info("store_opening")
        await asyncio.sleep(self._behaviour.start_sec)
        if self._behaviour.dies:
            tasks.spawn(self._die(), name="committer", critical=True)
        if self._behaviour.child:
            await asyncio.create_subprocess_exec("sleep", "600")
        log.info("store_open")

    async def _die(self) -> None:
        raise RuntimeError("the committer is gone")

    async def close(self) -> None:
        log.info("store_closing")
        if self._behaviour.stuck_on_stop:
            await asyncio.sleep(600)
        log.info("store_closed")

    async def probe(self) -> str:
        return "ok"


class Greeter:
    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    def prepare(self, wanted: Resolved) -> Any:
        def commit() -> None:
            self.greeting = wanted.settings.behaviour.greeting

        return commit

    async def answer(self, _request: Request) -> Response:
        return PlainTextResponse(self.greeting)


async def slow(request: Request) -> Response:
    log.info("slow_entered")
    await asyncio.sleep(float(request.query_params["seconds"]))
    return PlainTextResponse("done")


def build(resolved: Resolved) -> App:
    app = App(resolved, reload=lambda: load("demo", Settings, sys.argv[1:], dict(os.environ)))
    store = app.own(Store(resolved.settings.behaviour), name="store")
    greeter = Greeter(resolved.settings.behaviour.greeting)
    routes = [Route("/greeting", greeter.answer), Route("/slow", slow)]
    app.serve(HttpServer(Starlette(routes=routes), resolved.settings.server.addr, name="demo"), name="demo")
    app.check("storage", store.probe, critical=True)
    app.on_reload(greeter.prepare)
    return app


def main() -> int:
    resolved = serve_arguments("demo", Settings, sys.argv[1:], dict(os.environ), sys.stdout, sys.stderr)
    if isinstance(resolved, int):
        return resolved
    loop_factory = None
    if os.environ.get("PHOTON_TEST_UVLOOP"):
        import uvloop

        loop_factory = uvloop.new_event_loop
    return program.main(build, resolved, loop_factory=loop_factory)


if __name__ == "__main__":
    sys.exit(main())
