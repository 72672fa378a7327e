"""`--set` and typed flags as one layer, the highest."""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.config.arguments import Assignment
from photoncloud.config.environment import put_text
from photoncloud.config.layer import Layer, unknown_key
from photoncloud.config.leaf import Path, dotted, path_of
from photoncloud.config.origin import Origin
from photoncloud.config.problem import Problem
from photoncloud.config.tree import Schema, TableNode, own_key, second_name_target


def read_assignments(assignments: Sequence[Assignment], schema: Schema) -> Layer:
    """The layer of the command line; of repeated keys the last wins. A typed flag sets both halves of the settings."""
    typed = {flag.name for flag in schema.declaration.flags}
    layer = Layer()
    for assignment in assignments:
        single = Layer()
        origin = Origin("flag", assignment.flag)
        if assignment.flag in typed:
            path = own_key(assignment.key)
            put_text(single, schema, path, assignment.text, origin, assignment.flag)
            if path[0] == "standalone" and not single.problems:
                put_text(single, schema, ("integrated", *path[1:]), assignment.text, origin, assignment.flag)
        else:
            _assign(single, schema, assignment, origin)
        layer.leaves |= single.leaves
        layer.tables |= single.tables
        layer.problems += [problem for problem in single.problems if problem not in layer.problems]
    return layer


def _assign(layer: Layer, schema: Schema, assignment: Assignment, origin: Origin) -> None:
    path = path_of(assignment.key)
    target = second_name_target(schema, path)
    node = schema.find(target or path)
    if isinstance(node, TableNode):
        message = f"{assignment.key} is a table; set one of its keys"
        layer.problems.append(Problem("wrong-type", assignment.key, message, origin=origin))
    elif node is None:
        layer.problems.append(_unknown(schema, path, origin))
    elif (target or path) not in schema.leaves:
        message = f"{assignment.key} is a key of entries; set the whole array of tables, as JSON"
        layer.problems.append(Problem("unknown-key", assignment.key, message, origin=origin))
    elif node.is_secret:
        message = f"{assignment.key} is a secret and command lines are public; use a file, a variable or a credential"
        layer.problems.append(Problem("secret-on-command-line", assignment.key, message, origin=origin))
    else:
        put_text(layer, schema, path, assignment.text, origin, assignment.flag)


def _unknown(schema: Schema, path: Path, origin: Origin) -> Problem:
    """The problem of a key that does not exist, judged at the first segment that is wrong."""
    for length in range(1, len(path) + 1):
        around = schema.find(path[: length - 1])
        if schema.find(path[:length]) is None and isinstance(around, TableNode):
            return unknown_key(schema, around, path[:length], origin)
    return Problem("unknown-key", dotted(path), f'unknown key "{dotted(path)}"', origin=origin)
