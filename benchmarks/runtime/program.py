"""The processes that are measured: `python -m benchmarks.runtime.program app|bare`, address as a JSON line."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import ClassVar

import uvicorn

from photoncloud.config import ConfigModel, Declaration, load
from photoncloud.runtime import listener, program
from photoncloud.runtime.application import App


class Settings(ConfigModel):
    """Nothing of its own."""

    declaration: ClassVar[Declaration] = Declaration(
        component="demo", ops_addr="127.0.0.1:0", capabilities={"metadata": ("memory",)}
    )


async def good() -> str:
    return "ok"


def demo_app(address: str) -> App:
    """An App with one check and nothing else."""
    app = App(load("demo", Settings, ["--config-only", "--set", f"photon.ops.addr={address}"], {}))
    app.check("storage", good)
    return app


def run_app() -> int:
    resolved = load("demo", Settings, ["--config-only", "--set", "photon.ops.addr=127.0.0.1:0"], {})

    def build(_: object) -> App:
        return demo_app("127.0.0.1:0")

    return program.main(build, resolved)


def run_bare() -> int:
    """The same document from a starlette route without any of ours around it."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    document = demo_app("127.0.0.1:0").health.document()

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse(document)

    bound = listener.bind("127.0.0.1:0")
    record = {"event": "listening", "listener": "ops", "addr": listener.bound_address(bound)}
    print(json.dumps(record), json.dumps({"event": "ready"}), sep="\n", flush=True)
    config = uvicorn.Config(Starlette(routes=[Route("/health", health)]), log_config=None, access_log=False)
    asyncio.run(uvicorn.Server(config).serve(sockets=[bound]))
    return 0


if __name__ == "__main__":
    sys.exit({"app": run_app, "bare": run_bare}[sys.argv[1]]())
