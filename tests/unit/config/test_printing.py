from __future__ import annotations

import json
import tomllib
from typing import Any

from config_samples import Dns, Lb, MemoryFiles, Stor

from photoncloud.config import load
from photoncloud.config.printing import as_json, as_toml


def run(text: str, model: Any, environ: dict[str, str] | None = None, file: str = "/f") -> Any:
    component = model.declaration.component
    return load(component, model, ["--config", file], environ or {}, files=MemoryFiles({file: text}))


def test_every_leaf_has_an_origin_comment() -> None:
    printed = as_toml(run("photon.mode = 'standalone'\n", Stor, {"PHOTON_LOG_LEVEL": "debug"}))
    lines = [line for line in printed.splitlines() if "=" in line.partition("#")[0]]
    assert all("  # " in line for line in lines)
    assert 'level = "debug"' in printed
    assert printed.splitlines()[0] == "# lightningstor: mode standalone (/f:1), stage S0"
    assert next(line for line in lines if line.startswith("level =")).endswith("# env PHOTON_LOG_LEVEL")
    assert "# secret_key is not set" in printed
    tomllib.loads(printed)


def test_entries_and_secrets() -> None:
    lb = "[[standalone.loadbalancers]]\nname='a'\nvip='v'\nport=1\nbackends=[{name='u', address='x', port=2}]\n"
    tree = tomllib.loads(as_toml(run(lb, Lb)))
    assert tree["standalone"]["loadbalancers"][0]["backends"] == [{"name": "u", "address": "x", "port": 2}]
    printed = as_toml(run("[[standalone.updates.policy]]\nkey='k'\nsecret='planted'\n", Dns))
    assert "planted" not in printed
    assert tomllib.loads(printed)["standalone"]["updates"]["policy"] == [{"key": "k", "secret": "***"}]


def test_a_hostile_file_name_stays_in_its_comment() -> None:
    printed = as_toml(run("photon.mode = 'standalone'\n", Stor, file="/a\nb = 1\x1b"))
    tomllib.loads(printed)
    assert "\x1b" not in printed


def test_json_holds_the_whole_history() -> None:
    resolved = run("standalone.auth.secret_key = 'planted'\n", Stor, {"PHOTON_LOG_LEVEL": "debug"})
    document = as_json(resolved)
    assert "planted" not in json.dumps(document)
    leaves = {leaf["key"]: leaf for leaf in document["leaves"]}
    level = leaves["photon.logging.level"]
    assert (level["value"], level["origin"]["name"], level["reload"]) == ("debug", "PHOTON_LOG_LEVEL", True)
    assert level["overridden"] == [
        {"value": "info", "origin": {"kind": "default", "name": "", "path": "", "line": 0, "column": 0}}
    ]
    assert leaves["standalone.auth.secret_key"]["value"] == "***"
    assert leaves["standalone.auth.secret_key"]["secret"] is True
    assert leaves["photon.grace_timeout_sec"]["unit"] == "sec"
    assert document["hash"] == resolved.hash
    assert document["files"] == ["/f"]


def test_the_other_half_is_printed_too() -> None:
    tree = tomllib.loads(as_toml(run("integrated.server.region = 'b'\nintegrated.server.log_level = 'debug'\n", Stor)))
    assert tree["integrated"] == {"server": {"region": "b", "log_level": "debug"}}
