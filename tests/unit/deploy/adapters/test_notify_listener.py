"""sd_notify messages count only from the component's own session."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import pytest

from photoncloud.deploy.adapters.notify_listener import NotifyListener, fields

SEND = "import os, socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\na = sys.argv[1]\n"
SEND += "s.sendto(b'READY=1', '\\0' + a[1:] if a[0] == '@' else a)\n"


@pytest.mark.parametrize("name", ["a", "n" * 120])
async def test_only_our_session_is_heard(tmp_path: Path, name: str) -> None:
    listener = NotifyListener(tmp_path, name)
    heard: list[dict[str, str]] = []
    leader: list[int] = []
    listener.listen(lambda: leader[0] if leader else None, heard.append)
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SEND, listener.address, start_new_session=True
    )
    assert await stranger.wait() == 0
    await asyncio.sleep(0.1)
    assert (heard, listener.rejected) == ([], 1)
    leader.append(os.getsid(0))
    target = "\0" + listener.address[1:] if listener.address.startswith("@") else listener.address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1\nSTATUS=fine = good\nnonsense", target)
    await asyncio.sleep(0.1)
    listener.close()
    assert heard == [{"READY": "1", "STATUS": "fine = good"}]
    assert list(tmp_path.iterdir()) == []


def test_fields_of_garbage() -> None:
    assert fields(b"\xff\xfe\n=\nA=1=2") == {"": "", "A": "1=2"}
