"""The file of a server under test: the test's tables over loopback listeners with any port."""

import tomllib
from pathlib import Path

from photoncloud.config import ConfigModel, setting, table
from photoncloud.testkit import server_config


class Server(ConfigModel):
    """Listeners."""

    addr: str = setting("0.0.0.0:9001", "On by default.", listener=True)
    extra_addr: str = setting("", "Off by default.", listener=True)
    name: str = setting("0.0.0.0:1", "Looks like one, is none.")


class Settings(ConfigModel):
    """A component."""

    server: Server = table(Server, "Listeners.")


def test_listeners_that_are_on_get_any_port() -> None:
    assert server_config._listeners(Settings) == {"server": {"addr": "127.0.0.1:0"}}


def test_tables_are_laid_over_each_other() -> None:
    lower = {"a": {"x": 1, "y": 2}, "b": 1}
    assert server_config.laid_over(lower, {"a": {"y": 3}, "c": {}}) == {"a": {"x": 1, "y": 3}, "b": 1, "c": {}}


def test_the_file(tmp_path: Path) -> None:
    file = server_config.write_config(
        "no-such-component", tmp_path / "d", {"storage": {"path": "/x"}}, {"grace_timeout_sec": 1}
    )
    assert tomllib.loads(file.read_text()) == {
        "photon": {
            "mode": "standalone",
            "state_dir": str(tmp_path / "d" / "state"),
            "ops": {"addr": "127.0.0.1:0"},
            "grace_timeout_sec": 1,
        },
        "standalone": {"storage": {"path": "/x"}},
    }
