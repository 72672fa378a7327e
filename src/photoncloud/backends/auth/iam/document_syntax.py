"""The shape every policy document has: elements, types, condition operators. Callers word the faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from photoncloud.backends.auth.iam.conditions import Condition, compile_condition, parse_operator
from photoncloud.backends.auth.iam.json_document import DocumentError, parse_json_object
from photoncloud.backends.auth.iam.matching import compile_action
from photoncloud.backends.auth.iam.principals import PrincipalElement, parse_principal
from photoncloud.backends.auth.iam.statements import (
    VERSION_2008,
    VERSION_2012,
    Effect,
    PolicyKind,
    Statement,
    compile_resource,
)

_TOP_ELEMENTS = frozenset({"Version", "Id", "Statement"})
STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
        "Condition",
    }
)
_EXCLUSIVE = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
_EFFECTS = frozenset({"allow", "deny"})
RawStatement = dict[str, Any]


class SyntaxProblem(ValueError):
    """The document has not the shape of a policy; `is_not_json` when it is no acceptable JSON object at all."""

    def __init__(self, words: str, *, is_not_json: bool = False) -> None:
        super().__init__(words)
        self.is_not_json = is_not_json


class RawPolicy(NamedTuple):
    """A document whose shape is right. `version` is `None` when the document does not say."""

    version: str | None
    statements: list[RawStatement]


def check_shape(text: str | bytes) -> RawPolicy:
    """Parse and check elements and types; raises `SyntaxProblem`."""
    try:
        document = parse_json_object(text)
    except DocumentError as problem:
        raise SyntaxProblem(str(problem), is_not_json=True) from None
    _require(document.keys() <= _TOP_ELEMENTS, "unknown element")
    version = document.get("Version")
    _require("Version" not in document or version in (VERSION_2008, VERSION_2012), "unknown Version")
    _require(isinstance(document.get("Id", ""), str), "Id is not a string")
    listed = document.get("Statement")
    _require(isinstance(listed, (dict, list)) and bool(listed), "Statement is missing or empty")
    statements = as_list(listed)
    for statement in statements:
        _check_statement(statement)
    return RawPolicy(version, statements)


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise SyntaxProblem(words)


def _check_statement(statement: Any) -> None:
    _require(isinstance(statement, dict), "a statement is not an object")
    _require(statement.keys() <= STATEMENT_ELEMENTS, "unknown element in a statement")
    for positive, negative in _EXCLUSIVE:
        _require(positive not in statement or negative not in statement, f"{positive} together with {negative}")
    effect = statement.get("Effect")
    _require(isinstance(effect, str) and effect.lower() in _EFFECTS, "Effect is missing or unknown")
    for element in ("Action", "NotAction"):
        _require(_is_text_or_list(statement.get(element, ""), str), f"{element} is no string or list of strings")
    for element in ("Resource", "NotResource"):
        value = statement.get(element, "")
        _require(_is_text_or_list(value, (str, type(None))), f"{element} is no string or list of strings")
    _require(isinstance(statement.get("Sid", ""), str), "Sid is not a string")
    _check_condition(statement.get("Condition", {}))


def _is_text_or_list(value: Any, element_type: type | tuple[type, ...]) -> bool:
    if isinstance(value, list):
        return all(isinstance(element, element_type) for element in value)
    return isinstance(value, str)


def _check_condition(condition: Any) -> None:
    _require(isinstance(condition, dict), "Condition is not an object")
    for operator, keys in condition.items():
        _require(isinstance(keys, dict), "a condition operator has no object")
        _require(parse_operator(operator) is not None or not keys, f"unknown condition operator {operator}")
        for value in keys.values():
            listed = value if isinstance(value, list) else [value]
            _require(all(isinstance(entry, (str, bool, int, float)) for entry in listed), "bad condition value")


def as_list(value: Any) -> list[Any]:
    """An element that may be one thing or a list of them."""
    return value if isinstance(value, list) else [value]


def resources_of(statement: RawStatement) -> list[str]:
    """`Resource` or `NotResource`, entries that are null or empty left out of lists."""
    value = statement.get("Resource", statement.get("NotResource", []))
    return [entry for entry in value if entry] if isinstance(value, list) else [str(value)]


def actions_of(statement: RawStatement) -> list[str]:
    return as_list(statement.get("Action", statement.get("NotAction", [])))


def condition_text(value: Any) -> str:
    """A scalar of a condition as the text it is compared as."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def compile_statements(raw: RawPolicy, kind: PolicyKind) -> tuple[Statement, ...]:
    """Compile checked statements; raises `PrincipalProblem`."""
    has_variables = raw.version == VERSION_2012
    return tuple(
        _compile_statement(index, statement, kind, has_variables) for index, statement in enumerate(raw.statements)
    )


def _compile_statement(index: int, statement: RawStatement, kind: PolicyKind, has_variables: bool) -> Statement:
    has_resource = "Resource" in statement or "NotResource" in statement
    return Statement(
        index=index,
        sid=statement.get("Sid", ""),
        effect=Effect(statement["Effect"]),
        actions=tuple(map(compile_action, actions_of(statement))),
        is_not_action="NotAction" in statement,
        resources=_compile_resources(resources_of(statement), kind, has_variables) if has_resource else None,
        is_not_resource="NotResource" in statement,
        principal=_compile_principal(statement),
        conditions=tuple(_compile_conditions(statement.get("Condition", {}), has_variables)),
    )


def _compile_resources(patterns: Iterable[str], kind: PolicyKind, has_variables: bool) -> tuple[Any, ...]:
    return tuple(compile_resource(pattern, kind, has_variables=has_variables) for pattern in patterns)


def _compile_principal(statement: RawStatement) -> PrincipalElement | None:
    if "Principal" in statement:
        return parse_principal(statement["Principal"], is_negated=False)
    if "NotPrincipal" in statement:
        return parse_principal(statement["NotPrincipal"], is_negated=True)
    return None


def _compile_conditions(condition: dict[str, dict[str, Any]], has_variables: bool) -> Iterator[Condition]:
    for operator, keys in condition.items():
        for key, value in keys.items():
            texts = [condition_text(entry) for entry in as_list(value)]
            yield compile_condition(operator, key, texts, has_variables=has_variables)
