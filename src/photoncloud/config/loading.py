"""The load pipeline: files, variables and flags in, one `Resolved` out.

Steps are numbered as in the specification: 1 command line, 2-3 files, 4-7 parse, migrate, second names, types per
layer, 8-9 merge, 10 mode, 11-14 in `assembly`. The machine is touched through `files` and `probe` only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from photoncloud.config.arguments import Arguments, parse_arguments
from photoncloud.config.assembly import Material, assemble
from photoncloud.config.central import CentralConfig, read_central
from photoncloud.config.check import check_layer
from photoncloud.config.environment import CONFIG_FILE, read_environment
from photoncloud.config.files import FileContent, Files, OsFiles
from photoncloud.config.flags import read_assignments
from photoncloud.config.layer import Layer, merge, read_tree
from photoncloud.config.leaf import Path, dotted
from photoncloud.config.marks import ConfigModel
from photoncloud.config.migration import MigratedTree, migrate_tree
from photoncloud.config.mode import Decision, decide
from photoncloud.config.origin import DEFAULT, Leaf, Origin
from photoncloud.config.plain import contains_secret
from photoncloud.config.positions import RawPath
from photoncloud.config.probe import HttpProbe, Probe
from photoncloud.config.problem import ConfigurationError, Problem
from photoncloud.config.resolved import Note, Resolved
from photoncloud.config.search import Sources, gather
from photoncloud.config.toml_file import TomlFile, parse
from photoncloud.config.tree import Schema, schema_of

READABLE_BY_OTHERS = 0o004
COMPONENT_ID: Path = ("photon", "component_id")
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
NAME_CHARACTERS_MAX = 63


def load(
    component: str,
    settings: type[ConfigModel],
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    files: Files | None = None,
    probe: Probe | None = None,
    central: Sequence[CentralConfig] = (),
) -> Resolved:
    """Everything a component was told, as one frozen value.

    `argv` has no program name. ConfigurationError lists every problem; UsageError means the command line itself is not
    understood. A pure function of its arguments, of what `files` reads and of what `probe` answers. `central`: settings
    handed out by a control plane, lowest first; they stand above files and below the environment.
    """
    schema = schema_of(settings)
    if schema.component != component:
        raise ValueError(f"the settings are those of {schema.component}, not of {component}")
    arguments = parse_arguments(argv, schema.declaration.flags)
    return _load(schema, arguments, environ, files or OsFiles(), probe, central)


def _load(
    schema: Schema,
    arguments: Arguments,
    environ: Mapping[str, str],
    files: Files,
    probe: Probe | None,
    central: Sequence[CentralConfig],
) -> Resolved:
    sources = gather(schema.component, _explicit(arguments, environ), arguments.has("--config-only"), files)
    layers = [_file_layer(content, schema, sources) for content in sources.contents]
    layers += [read_central(one, schema) for one in central]
    layers += [read_environment(environ, schema, files), read_assignments(arguments.assignments, schema)]
    problems = [*sources.problems, *(problem for layer in layers for problem in _problems(layer, schema))]
    if problems:
        raise ConfigurationError(_unique(problems))
    merged = merge([_defaults(schema, files.host_name()), *(layer.leaves for layer in layers)])
    notes = [*sources.notes, *(note for layer in layers for note in layer.notes)]
    material = Material(
        schema,
        _decide(merged, probe),
        files,
        {path: origin for layer in layers for path, origin in layer.tables.items()},
        tuple(note for index, note in enumerate(notes) if note not in notes[:index]),
        tuple(content.path for content in sources.contents),
        arguments.has("--allow-example-credentials"),
    )
    return assemble(merged, material)


def _decide(merged: Mapping[Path, Leaf], probe: Probe | None) -> Decision:
    integrated: Path = ("photon", "integrated")
    return decide(
        merged[("photon", "mode")],
        merged[(*integrated, "control_plane_endpoint")].value,
        merged[(*integrated, "chainfire_endpoints")],
        probe or HttpProbe(merged[("photon", "tls", "ca_file")].value),
    )


def _explicit(arguments: Arguments, environ: Mapping[str, str]) -> Origin | None:
    """The file that was named, with the origin that named it; the command line wins over the variable."""
    if arguments.has("--config"):
        return Origin("flag", "--config", path=arguments.values["--config"])
    named = environ.get(CONFIG_FILE, "")
    return Origin("env", CONFIG_FILE, path=named) if named else None


def _file_layer(content: FileContent, schema: Schema, sources: Sources) -> Layer:
    try:
        parsed = parse(content)
        migrated = migrate_tree(parsed.tree, parsed.origin)
    except ConfigurationError as error:
        return Layer(problems=list(error.problems))
    layer = read_tree(migrated.tree, schema, _places(parsed, migrated))
    if migrated.changed_keys:
        fields = {"file": content.path, "from": migrated.version, "keys": list(migrated.changed_keys)}
        layer.notes.append(Note("info", "config_migrated", fields))
    if content.permissions & READABLE_BY_OTHERS:
        secrets = [dotted(path) for path, leaf in layer.leaves.items() if contains_secret(leaf.value)]
        if secrets:
            fields = {"file": content.path, "keys": secrets}
            layer.notes.append(Note("warning", "config_secret_readable", fields))
    return layer


def _places(parsed: TomlFile, migrated: MigratedTree) -> Callable[[RawPath], Origin]:
    """Where the keys of the migrated tables stand in the file."""
    if not migrated.moves:
        return parsed.origin
    return lambda path: parsed.origin(migrated.written_as(path))


def _problems(layer: Layer, schema: Schema) -> Iterable[Problem]:
    yield from layer.problems
    yield from check_layer(layer, schema)


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _defaults(schema: Schema, host: str) -> dict[Path, Leaf]:
    """The lowest layer; the component's id is made of the only thing that differs between machines, the host name."""
    name = NOT_IN_NAMES.sub("-", f"{schema.component}-{host}")[:NAME_CHARACTERS_MAX].rstrip("._-")
    return {**schema.defaults, COMPONENT_ID: Leaf(name, DEFAULT)}
