"""One process of the benchmark: `worker.py WHO FOLDER LOADS` prints CPU microseconds of the first and of a later load.

Runs under this project's interpreter (WHO = ours) or under the peers' (pydantic-settings, dynaconf), so it imports its
workload by path and nothing else of the project for a peer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent))
from workload import FILES, TABLES, variables

DEFAULTS: dict[str, Any] = {
    "port": (int, 1),
    "name": (str, ""),
    "enabled": (bool, False),
    "ratio": (float, 0.5),
    "items": (tuple[str, ...], ()),
    "limit": (int, 1),
    "path": (str, "/"),
    "mode": (Literal["safe", "fast"], "safe"),
    "wait_sec": (int, 1),
    "size_mb": (int, 1),
}


def ours(folder: Path) -> Callable[[], Any]:
    from typing import ClassVar

    import pydantic

    from photoncloud.config import ConfigModel, Declaration, load, setting, table
    from photoncloud.config.files import OsFiles

    fields: dict[str, Any] = {key: (kind, setting(default, "Key.")) for key, (kind, default) in DEFAULTS.items()}

    class Base(ConfigModel):
        declaration: ClassVar[Declaration] = Declaration("bench", ":1")

    tables: dict[str, Any] = {}
    for number in range(TABLES):
        inner = pydantic.create_model(f"T{number:02d}", __base__=ConfigModel, **fields)
        tables[f"t{number:02d}"] = (inner, table(inner))
    settings = pydantic.create_model("Settings", __base__=Base, **tables)
    environ = {**os.environ, **variables("BENCH")}

    class Redirected(OsFiles):
        """The search files of /etc/photon lie in the folder of the benchmark."""

        def read(self, path: str, limit: int = 1 << 20) -> Any:
            places = dict(zip(("/etc/photon/photon.toml", "/etc/bench/config.toml"), FILES, strict=False))
            return super().read(str(folder / places[path]) if path in places else path, limit)

    files = Redirected()
    return lambda: load("bench", settings, ["--config", str(folder / FILES[2])], environ, files=files)


def pydantic_settings(folder: Path) -> Callable[[], Any]:
    import pydantic
    import pydantic_settings as ps

    def closed(name: str, fields: dict[str, Any]) -> Any:
        return pydantic.create_model(name, __config__=pydantic.ConfigDict(extra="forbid", frozen=True), **fields)

    tables = {f"t{n:02d}": closed(f"T{n:02d}", DEFAULTS) for n in range(TABLES)}
    standalone = closed("Standalone", {name: (model, model()) for name, model in tables.items()})
    paths = [folder / name for name in FILES]

    class Sources(ps.BaseSettings):
        model_config = ps.SettingsConfigDict(
            env_prefix="BENCH__", env_nested_delimiter="__", toml_file=paths, extra="forbid", frozen=True
        )

        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, init_settings: Any, env_settings: Any, **_: Any) -> Any:
            return init_settings, env_settings, ps.TomlConfigSettingsSource(settings_cls, deep_merge=True)

    os.environ.update(variables("BENCH"))
    settings: Callable[[], Any] = pydantic.create_model(
        "Settings", __base__=Sources, standalone=(standalone, standalone())
    )
    return settings


def dynaconf(folder: Path) -> Callable[[], Any]:
    import dynaconf as dc

    os.environ.update({name.replace("BENCH__", "BENCH_", 1): value for name, value in variables("BENCH").items()})
    paths = [str(folder / name) for name in FILES]

    def load() -> Any:
        made = dc.Dynaconf(settings_files=paths, envvar_prefix="BENCH", merge_enabled=True, core_loaders=["TOML"])
        return made.standalone.t00.port, made.as_dict()

    return load


def main(who: str, folder: str, loads: int) -> None:
    begin = time.process_time_ns()
    load = {"ours": ours, "pydantic-settings": pydantic_settings, "dynaconf": dynaconf}[who](Path(folder))
    load()
    first = time.process_time_ns() - begin
    begin = time.process_time_ns()
    for _ in range(loads):
        load()
    later = (time.process_time_ns() - begin) / loads
    print(json.dumps({"first": first / 1000, "later": later / 1000}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
