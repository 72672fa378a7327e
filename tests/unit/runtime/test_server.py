"""The protocol `App.serve` takes."""

from photoncloud.runtime.http_server import HttpServer
from photoncloud.runtime.server import Server


def test_members() -> None:
    assert isinstance(HttpServer(None, "127.0.0.1:0", name="x"), Server)
    assert not isinstance(object(), Server)
