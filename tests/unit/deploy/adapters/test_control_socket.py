"""The control socket: one user, bounded requests."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from photoncloud.deploy.adapters.control_socket import REQUEST_BYTES_MAX, Answer, ControlClient, ControlServer

STRANGER = "import os, socket, sys\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
STRANGER += "s.sendall(b'{}\\n')\nprint(s.recv(100))"


async def echo(request: Answer) -> AsyncIterator[Answer]:
    yield {"ok": True, **request}


async def test_a_request_and_its_answer_however_long_the_folders_name(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    server = ControlServer(folder, echo)
    await server.start()
    try:
        answer = await asyncio.to_thread(ControlClient(folder).ask, "status", components=["a"])
        assert answer == {"ok": True, "command": "status", "components": ["a"]}
        answer = await asyncio.to_thread(ControlClient(folder).ask, "x" * (2 * REQUEST_BYTES_MAX))
        assert answer["ok"] is False
    finally:
        await server.close()
    assert list(folder.iterdir()) == []
    with pytest.raises(OSError, match=r".*"):
        ControlClient(folder).ask("status")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
async def test_another_user_is_turned_away() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        server = ControlServer(Path(folder), echo)
        await server.start()
        # As if the file's own mode had not stopped them already.
        Path(folder).chmod(0o755)
        Path(folder, "control.sock").chmod(0o666)
        try:
            arguments = [sys.executable, "-c", STRANGER, f"{folder}/control.sock"]
            stranger = await asyncio.create_subprocess_exec(*arguments, stdout=subprocess.PIPE)
            output, _ = await stranger.communicate()
        finally:
            await server.close()
    assert b"ok" not in output
    assert server.refused_peers == 1
