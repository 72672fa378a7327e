"""Properties that hold for every input: merging, printing and loading again, places of keys, purity."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import tomlkit
from config_samples import Dns, Lb, MemoryFiles, Stor, no_probe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from photoncloud.config import load
from photoncloud.config.files import FileContent
from photoncloud.config.layer import merge
from photoncloud.config.leaf import Item, Path
from photoncloud.config.mode import ProbeAnswer
from photoncloud.config.origin import Leaf, Origin
from photoncloud.config.printing import as_toml
from photoncloud.config.toml_file import parse
from photoncloud.config.toml_text import toml_value

segments = st.sampled_from(["a", "b", "c", Item("x"), Item("y")])
paths: st.SearchStrategy[Path] = st.lists(segments, min_size=1, max_size=3).map(tuple)
layers = st.dictionaries(
    paths,
    st.tuples(st.integers(), st.text(max_size=3)).map(lambda pair: Leaf(pair[0], Origin("file", path=pair[1]))),
    max_size=6,
)


@given(layers, layers, layers)
def test_merging_is_associative_in_layer_order(a: dict[Path, Leaf], b: dict[Path, Leaf], c: dict[Path, Leaf]) -> None:
    left, right = merge([merge([a, b]), c]), merge([a, merge([b, c])])
    assert left == right == merge([a, b, c])


names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
stor_leaves = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["standalone", "hybrid", "integrated"]),
        "component_id": names,
        "grace_timeout_sec": st.integers(0, 3600),
        "levels": st.dictionaries(st.text(min_size=1, max_size=6), st.sampled_from(["info", "error"]), max_size=3),
        "heartbeat": st.integers(1, 300),
        "labels": st.dictionaries(names, st.text(max_size=8), max_size=3),
        "own_s3": st.sampled_from(["127.0.0.1:9001", ":9001", "[::]:1", ""]),
        "their_s3": st.sampled_from(["127.0.0.1:9001", ":9001", "[::]:1", ""]),
        "secret": st.text(max_size=12).map("s3cr3t-{}".format),
        "hosts": st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=3),
        "ratio": st.floats(0, 1),
        "region": st.text(max_size=12),
    },
)
PLACES = {
    "mode": "photon.mode",
    "component_id": "photon.component_id",
    "grace_timeout_sec": "photon.grace_timeout_sec",
    "levels": "photon.logging.levels",
    "heartbeat": "photon.integrated.registration.heartbeat_interval_sec",
    "labels": "photon.integrated.registration.metadata",
    "own_s3": "standalone.server.s3_addr",
    "their_s3": "integrated.server.s3_addr",
    "secret": "standalone.auth.secret_key",
    "hosts": "integrated.website.hosts",
    "ratio": "standalone.website.cache_ratio",
    "region": "standalone.server.region",
}


def written(values: dict[str, Any]) -> str:
    return "".join(f"{PLACES[name]} = {toml_value(value)}\n" for name, value in values.items())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stor_leaves, st.booleans(), st.booleans())
def test_printed_configuration_loads_to_the_same_hash(values: dict[str, Any], promoted: bool, central: bool) -> None:
    environ = {"CHAINFIRE_ENDPOINT": "http://cf:2379"} if promoted else {}
    text = written(values) + 'photon.hybrid.chainfire_endpoints = ["http://h:1"]\n'
    text += 'photon.integrated.chainfire_endpoints = ["http://i:1"]\n'
    text += 'photon.integrated.control_plane_endpoint = "http://cp:1"\n' if central else ""
    answer = ProbeAnswer(named="resource-manager 1")

    def again(document: str, variables: dict[str, str]) -> Any:
        files = MemoryFiles({"/f.toml": document})
        return load("lightningstor", Stor, ["--config", "/f.toml"], variables, files=files, probe=lambda _url: answer)

    first = again(text, environ)
    printed = as_toml(first)
    assert "s3cr3t-" not in printed
    secret = toml_value(values["secret"]) if "secret" in values else ""
    second = again(re.sub(r'^secret_key = "\*\*\*"', lambda _m: f"secret_key = {secret}", printed, flags=re.M), {})
    assert second.hash == first.hash
    assert (second.mode, second.stage, second.backends) == (first.mode, first.stage, first.backends)
    assert second.settings == first.settings
    assert second.integrated == first.integrated


balancer = st.fixed_dictionaries(
    {"name": names, "vip": st.just("10.0.0.1"), "port": st.integers(1, 65535)},
    optional={
        "backends": st.lists(
            st.fixed_dictionaries({"name": names, "address": st.text(max_size=5), "port": st.integers(1, 9)}),
            max_size=3,
            unique_by=lambda entry: entry["name"],
        ),
        "healthcheck": st.fixed_dictionaries({}, optional={"path": st.text(max_size=5)}),
        "tls": st.just({"cert_file": "c", "key_file": "k"}),
    },
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(balancer, max_size=3, unique_by=lambda entry: entry["name"]),
    st.lists(balancer, max_size=2, unique_by=lambda entry: entry["name"]),
)
def test_arrays_of_tables_merge_by_name_and_print_again(low: list[dict[str, Any]], high: list[dict[str, Any]]) -> None:
    files = MemoryFiles(
        {
            "/etc/photon/photon.toml": f"standalone.loadbalancers = {toml_value(low)}\n",
            "/f.toml": f"standalone.loadbalancers = {toml_value(high)}\n",
        }
    )
    first = load("fiberlb", Lb, ["--config", "/f.toml"], {}, files=files, probe=no_probe)
    found = [entry.name for entry in first.settings.loadbalancers]
    assert found == list(dict.fromkeys(entry["name"] for entry in (*low, *high)))
    again = MemoryFiles({"/f.toml": as_toml(first)})
    second = load("fiberlb", Lb, ["--config", "/f.toml"], {}, files=again, probe=no_probe)
    assert (second.hash, second.settings) == (first.hash, first.settings)


keys = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6) | names
values = st.recursive(
    st.integers(-5, 5) | st.booleans() | st.text(max_size=8) | st.just('"""\nx = 1\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(keys, values, min_size=1, max_size=5)


def every_path(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(tree, dict):
        return [p for key, value in tree.items() for p in [(*path, key), *every_path(value, (*path, key))]]
    if isinstance(tree, list):
        return [p for index, value in enumerate(tree) for p in every_path(value, (*path, index))]
    return []


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents, st.sampled_from(["\n", "\r\n"]))
def test_every_key_of_a_generated_document_is_found_on_its_line(document: dict[str, Any], newline: str) -> None:
    text = tomlkit.dumps(document)
    tomllib.loads(text)
    parsed = parse(
        FileContent("f", text.replace("\n", newline).encode() if "\r" not in text else text.encode(), (0, 0))
    )
    lines = text.split("\n")
    for path in every_path(parsed.tree):
        assert path in parsed.places, path
        line, column = parsed.places[path]
        rest = lines[line - 1][column - 1 :]
        assert key_text(rest) == str(path[-1])


def key_text(rest: str) -> str:
    """The key a TOML line begins with, decoded by tomllib itself."""
    match = re.match(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""", rest)
    assert match is not None
    return str(next(iter(tomllib.loads(f"{match.group()} = 1"))))


def test_loading_is_a_function_of_its_inputs() -> None:
    files = MemoryFiles({"/f.toml": "[standalone.zones]\nzone_dir = 'z'\n"})
    first, second = (load("flashdns", Dns, ["--config", "/f.toml"], {}, files=files, probe=no_probe) for _ in range(2))
    assert first.hash == second.hash
    assert first.effective == second.effective
    assert first.settings.zones.zone_dir == "/z"
