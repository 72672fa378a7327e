"""`process.server` for tests whose clients block: the server's log is followed by an event loop in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from photoncloud.testkit.process import ServerProcess, server


@contextlib.contextmanager
def blocking_server(component: str, directory: Path, **options: Any) -> Iterator[ServerProcess]:
    """A ready server within the block; `options` are those of `process.server`.

    Read addresses, lines and the pid freely; its coroutines belong to the other thread's loop.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"{component}-log", daemon=True)
    thread.start()
    manager = server(component, directory, **options)

    def wait(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    try:
        started = wait(manager.__aenter__())
        try:
            yield started
        except BaseException as error:
            if not wait(manager.__aexit__(type(error), error, error.__traceback__)):
                raise
        else:
            wait(manager.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
