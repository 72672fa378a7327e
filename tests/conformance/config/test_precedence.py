"""The truth table: every leaf of `[photon]` and of a sample component, set in every pair of sources.

The higher source wins, the lower one and the default are what it overrode, and two names of one leaf in the environment
with different values are refused.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from config_samples import MemoryFiles, Stor

from photoncloud.config import ConfigurationError, load
from photoncloud.config.leaf import Path, dotted
from photoncloud.config.mode import ProbeAnswer
from photoncloud.config.toml_text import toml_header, toml_value
from photoncloud.config.tree import LeafNode, leaves_below, schema_of

SCHEMA = schema_of(Stor)
FILES = (
    "/etc/photon/photon.toml",
    "/etc/lightningstor/config.toml",
    "/etc/photon/lightningstor/config.toml",
    "./lightningstor-config.toml",
    "/etc/photon/conf.d/10-drop.toml",
    "/srv/named.toml",
)
# Lowest first; the three kinds of variable are one layer.
SOURCES = (*FILES, "nested", "flat", "alias", "set")
# Values of leaves that rules across fields or a list of names restrict.
CHOSEN: dict[str, tuple[Any, ...]] = {
    "photon.config_version": ("1.0", "1.1"),
    "photon.mode": ("standalone", "hybrid"),
    "photon.component_id": ("node-a", "node-b"),
    "photon.cluster_id": ("c1", "c2"),
    "photon.integrated.registration.lease_ttl_sec": (100, 200),
    "photon.standalone.auth_backend": (),
    "photon.standalone.config_source": (),
    "photon.standalone.metadata_backend": ("rocksdb", "memory"),
    "photon.standalone.events_backend": ("none", "memory"),
    "standalone.auth.type": (),
    "standalone.auth.secret_key": (),
    "standalone.features.replication": (),
}
# Leaves that are refused alone.
COMPANION = {"photon.tls.cert_file": "photon.tls.key_file", "photon.tls.key_file": "photon.tls.cert_file"}


def sample_values(path: Path, leaf: LeafNode) -> tuple[Any, ...]:
    """Two different values a leaf accepts, as JSON data."""
    if dotted(path) in CHOSEN:
        return CHOSEN[dotted(path)]
    kind = leaf.type
    if kind.rule is not None and kind.rule.name == "URL":
        scheme = kind.rule.schemes[0]
        return f"{scheme}://a:1", f"{scheme}://b:2"
    if kind.rule is not None:
        return "127.0.0.1:1", "[::1]:2"
    if kind.kind == "list":
        urls = kind.item is not None and kind.item.rule is not None
        return (["http://a:1"], ["http://b:2", "http://c:3"]) if urls else (["a"], ["b", "c"])
    if kind.kind == "choice":
        return tuple(kind.choices[:2])
    if kind.kind == "map":
        return ({"a": "error"}, {"b": "debug"})
    return {"bool": (True, False), "int": (41, 42), "float": (0.25, 0.75), "text": ("x", "y")}[kind.kind]


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ",".join(value) if isinstance(value, list) else json.dumps(value)


def as_file(settings: dict[Path, Any]) -> str:
    return "".join(f"{toml_header(path)} = {toml_value(value)}\n" for path, value in settings.items())


def nested_name(path: Path) -> str:
    prefix = "PHOTON" if path[0] == "photon" else "LIGHTNINGSTOR"
    rest = path[1:] if path[0] == "photon" else path
    return "__".join((prefix, *rest)).upper()


def sources_of(leaf: LeafNode) -> tuple[str, ...]:
    names = len(leaf.marks.env)
    return tuple(s for s in SOURCES if (s != "flat" or names > 0) and (s != "alias" or names > 1))


def variable_name(source: str, path: Path, leaf: LeafNode) -> str:
    return {"nested": nested_name(path), "flat": (*leaf.marks.env, "")[0], "alias": (leaf.marks.env or ("",))[-1]}[
        source
    ]


class Machine:
    """Sources being filled in; `load` gives what came out."""

    def __init__(self) -> None:
        self.files: dict[str, dict[Path, Any]] = {"/srv/named.toml": {}}
        self.environ: dict[str, str] = {}
        self.argv = ["--config", "/srv/named.toml"]

    def put(self, source: str, path: Path, leaf: LeafNode, value: Any) -> str:
        """Set a leaf in one source; the kind of origin it will have."""
        if source in FILES:
            self.files.setdefault(source, {})[path] = value
            return "file"
        if source == "set":
            self.argv += ["--set", f"{dotted(path)}={as_text(value)}"]
            return "flag"
        self.environ[variable_name(source, path, leaf)] = as_text(value)
        return "env"

    def load(self) -> Any:
        files = MemoryFiles({path: as_file(settings) for path, settings in self.files.items()})
        return load(
            "lightningstor", Stor, self.argv, self.environ, files=files, probe=lambda _url: ProbeAnswer(cause="silence")
        )


def cells() -> Iterator[tuple[Path, LeafNode, str, str]]:
    for path, leaf in leaves_below(SCHEMA.root):
        if path[0] != "integrated" and len(sample_values(path, leaf)) == 2:
            for lower, higher in itertools.combinations(sources_of(leaf), 2):
                yield path, leaf, lower, higher
            for source in sources_of(leaf):
                yield path, leaf, "", source


CELLS = list(cells())


def normal(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def check_cell(path: Path, leaf: LeafNode, lower: str, higher: str) -> None:
    low, high = sample_values(path, leaf)
    machine = Machine()
    if dotted(path) in COMPANION:
        partner = tuple(COMPANION[dotted(path)].split("."))
        machine.files.setdefault(FILES[0], {})[partner] = "companion"
    low_kind = machine.put(lower, path, leaf, low) if lower else ""
    kind = machine.put(higher, path, leaf, high)
    if low_kind == kind == "env" and variable_name(lower, path, leaf) != variable_name(higher, path, leaf):
        with pytest.raises(ConfigurationError) as refused:
            machine.load()
        assert [problem.code for problem in refused.value.problems] == ["conflict"]
        for source in (lower, higher):
            assert variable_name(source, path, leaf) in str(refused.value)
        return
    found = machine.load().merged[path]
    assert (normal(found.value), found.origin.kind) == (high, kind)
    if kind == "file":
        assert found.origin.path == higher
    expected = [(low, low_kind)] if lower else []
    assert [(normal(v), o.kind) for v, o in found.overridden[:-1]] == expected
    default, origin = found.overridden[-1]
    assert origin.kind == "default"
    if path != ("photon", "component_id"):
        assert default == SCHEMA.defaults[path].value


@pytest.mark.parametrize("table", ["photon", "standalone"])
def test_truth_table(table: str) -> None:
    mine = [cell for cell in CELLS if cell[0][0] == table]
    for path, leaf, lower, higher in mine:
        try:
            check_cell(path, leaf, lower, higher)
        except Exception as error:
            raise AssertionError(f"{dotted(path)}: {lower or 'default'} < {higher}") from error


def test_truth_table_is_large_enough() -> None:
    assert len(CELLS) >= 2000


def test_equal_values_under_two_names_are_no_conflict() -> None:
    machine = Machine()
    machine.environ = {"CHAINFIRE_ENDPOINT": "http://a:1", "PHOTON_CHAINFIRE_ENDPOINTS": "http://a:1"}
    leaf = machine.load().merged[("photon", "integrated", "chainfire_endpoints")]
    assert leaf.origin.name == "PHOTON_CHAINFIRE_ENDPOINTS"
