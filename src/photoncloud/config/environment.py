"""Variables, secret files and service credentials as one layer.

Flat names and aliases stand at their leaf's `env` mark, `PHOTON__A__B` and `<COMPONENT>__STANDALONE__A__B` name a leaf
by its path, `NAME_FILE` reads a secret leaf from a file, and `$CREDENTIALS_DIRECTORY/<dotted.path>` holds secret leaves
that a service manager passes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from photoncloud.config.coercion import Refused, from_text
from photoncloud.config.files import FileProblem, Files
from photoncloud.config.layer import Layer, read_tree, refused, with_suggestion
from photoncloud.config.leaf import Path, dotted
from photoncloud.config.origin import Origin
from photoncloud.config.problem import Problem
from photoncloud.config.secret import SECRET_BYTES_MAX
from photoncloud.config.suggestion import nearest
from photoncloud.config.tree import LeafNode, Schema, leaves_below, second_name_target

# The kernel's own limit for one variable is about this large.
VARIABLE_BYTES_MAX = 128 * 1024

CONFIG_FILE = "PHOTON_CONFIG"
CREDENTIALS_DIRECTORY = "CREDENTIALS_DIRECTORY"
FILE_SUFFIX = "_FILE"
# Set by our images, by tests, and by orchestrators for every service they know.
RESERVED = re.compile(
    r"PHOTON_(?!_)(?:COMPONENT|CONFIG|TEST_.*|(?:.*_)?SERVICE_HOST|(?:.*_)?SERVICE_PORT(?:_.*)?|(?:.*_)?PORT(?:_.*)?)\Z"
)


def read_environment(environ: Mapping[str, str], schema: Schema, files: Files) -> Layer:
    """The layer of the environment; every problem names its variable."""
    layer = Layer()
    order = {name: rank for rank, name in enumerate(schema.flat_names)}
    for name in sorted(environ, key=lambda name: (order.get(name, len(order)), name)):
        value = environ[name]
        if value and _is_ours(name, schema):
            _read_variable(name, value, environ, schema, files, layer)
    _read_credentials(environ.get(CREDENTIALS_DIRECTORY, ""), schema, files, layer)
    return layer


def variables_of(path: Path, schema: Schema) -> tuple[str, ...]:
    """Every variable that sets a leaf: flat names first, then the nested one."""
    node = schema.find(path)
    if not isinstance(node, LeafNode) or any(type(segment) is not str for segment in path):
        return ()
    flat = node.marks.env if path[0] != "integrated" else ()
    prefix = "PHOTON__" if path[0] == "photon" else schema.declaration.variable_prefix
    rest = path[1:] if path[0] == "photon" else path
    return (*flat, prefix + "__".join(rest).upper())


def _is_ours(name: str, schema: Schema) -> bool:
    return (
        name.startswith(("PHOTON_", schema.declaration.variable_prefix))
        or name.removesuffix(FILE_SUFFIX) in schema.flat_names
    )


def _read_variable(
    name: str, value: str, environ: Mapping[str, str], schema: Schema, files: Files, layer: Layer
) -> None:
    origin = Origin("env", name)
    problem = _text_problem(name, value, origin)
    if problem is not None:
        layer.problems.append(problem)
        return
    path = find_variable(name, schema)
    if path is not None:
        put_text(layer, schema, path, value, origin, name)
        return
    base = name.removesuffix(FILE_SUFFIX)
    path = find_variable(base, schema) if base != name else None
    if path is not None and schema.leaf(_canonical(path, schema)).is_secret:
        _read_secret_variable(name, base, path, value, environ, schema, files, layer)
    elif not RESERVED.match(name):
        near = nearest(name, sorted(_known_names(schema)))
        message = with_suggestion(f"{name} is not a variable of {schema.component}", near)
        layer.problems.append(Problem("unknown-env", "", message, near, origin))


def _text_problem(name: str, value: str, origin: Origin) -> Problem | None:
    try:
        size = len(f"{name}{value}".encode())
    except UnicodeEncodeError:
        return Problem("bad-env", "", f"{name} is not valid UTF-8", origin=origin)
    if size > VARIABLE_BYTES_MAX:
        return Problem("bad-env", "", f"{name} is longer than {VARIABLE_BYTES_MAX} bytes", origin=origin)
    return None


def find_variable(name: str, schema: Schema) -> Path | None:
    """The path a variable names, second names included; None when it names none."""
    if name in schema.flat_names:
        return schema.flat_names[name]
    own = schema.declaration.variable_prefix
    if name.startswith("PHOTON__"):
        segments: Path = ("photon", *name.removeprefix("PHOTON__").split("__"))
    elif name.startswith(own):
        segments = tuple(name.removeprefix(own).split("__"))
        if segments[0] not in ("STANDALONE", "INTEGRATED"):
            return None
    else:
        return None
    if name != name.upper():
        return None
    path = tuple(segment.lower() for segment in segments)
    return path if path in schema.leaves or second_name_target(schema, path) is not None else None


def _canonical(path: Path, schema: Schema) -> Path:
    return path if path in schema.leaves else (second_name_target(schema, path) or path)


def put_text(layer: Layer, schema: Schema, path: Path, text: str, origin: Origin, name: str) -> None:
    """Coerce a text for a leaf (or its second name) into the layer; a text that does not fit is a problem."""
    target = _canonical(path, schema)
    stored = path if path[0] == "integrated" else target
    node = schema.leaf(target)
    try:
        value = from_text(text, node)
    except Refused as error:
        layer.problems.append(refused(error, target, origin))
        return
    layer.note_rewrite(node, target, text, origin)
    if node.entry is not None:
        _put_entries(layer, schema, stored, value, origin)
    else:
        layer.put(stored, value, origin, name)


def _put_entries(layer: Layer, schema: Schema, path: Path, value: list[Any], origin: Origin) -> None:
    tree: Any = value
    for segment in reversed(path):
        tree = {segment: tree}
    inner = read_tree(tree, schema, lambda _raw: origin)
    layer.problems += inner.problems
    layer.tables |= inner.tables
    for found, leaf in inner.leaves.items():
        layer.put(found, leaf.value, origin, dotted(found))


def _read_secret_variable(
    name: str, base: str, path: Path, value: str, environ: Mapping[str, str], schema: Schema, files: Files, layer: Layer
) -> None:
    if environ.get(base):
        message = f"{base} and {name} are both set"
        layer.problems.append(Problem("conflict", dotted(path), message, origin=Origin("env", name)))
        return
    origin = Origin("file-secret", name, path=value)
    text = _secret_text(value, path, origin, files, layer)
    if text is not None:
        put_text(layer, schema, path, text, origin, name)


def _secret_text(file: str, path: Path, origin: Origin, files: Files, layer: Layer) -> str | None:
    """The secret in a file without its last newline; None after a `secret-source` problem."""
    reason = ""
    text = ""
    try:
        text = files.read(file, SECRET_BYTES_MAX).data.decode("utf-8")
    except FileProblem as error:
        reason = error.reason
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    if "\0" in text:
        reason = "holds a NUL byte"
    if reason:
        message = f"{dotted(path)} cannot be read from {file}: {reason}"
        layer.problems.append(Problem("secret-source", dotted(path), message, origin=origin))
        return None
    return text.removesuffix("\n").removesuffix("\r")


def _read_credentials(folder: str, schema: Schema, files: Files, layer: Layer) -> None:
    if not folder:
        return
    try:
        present = set(files.list(folder))
    except FileProblem as error:
        origin = Origin("env", CREDENTIALS_DIRECTORY)
        layer.problems.append(Problem("secret-source", "", f"{folder}: {error.reason}", origin=origin))
        return
    for path in _secret_leaves(schema):
        key = dotted(path)
        if key in present:
            origin = Origin("credential", key, path=f"{folder}/{key}")
            text = _secret_text(origin.path, path, origin, files, layer)
            if text is not None:
                put_text(layer, schema, path, text, origin, f"credential {key}")


def _secret_leaves(schema: Schema) -> Iterator[Path]:
    return (path for path, leaf in leaves_below(schema.root) if leaf.is_secret and leaf.type.kind in ("secret", "text"))


def _known_names(schema: Schema) -> Iterator[str]:
    yield CONFIG_FILE
    for path in schema.leaves:
        yield from variables_of(path, schema)
    yield from schema.flat_names
