"""Condition operators (photonauth.md §4.8), compiled when a policy is parsed.

A test takes one value of the request and says True, False, or `None`: "not comparable", which never matches, in
negated operators either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import eq, ge, gt, le, lt
from typing import Any, TypeVar

from photoncloud.backends.auth.iam import condition_values as values
from photoncloud.backends.auth.iam.matching import ARN_FIELDS, compile_arn, compile_glob, split_arn, split_fields
from photoncloud.backends.auth.iam.principal import ContextValue
from photoncloud.backends.auth.iam.variables import Lookup, Tokens, has_variable, substitute, tokenize

Test = Callable[[str], bool | None]
"""One request value against all of a condition's policy values (OR)."""
PolicyValue = tuple[Tokens, ...]
"""One value of a policy: the fields of an ARN, cut before variables are replaced; a single one for everything else."""
Compile = Callable[[Sequence[PolicyValue]], Test]
_T = TypeVar("_T")


class Quantifier(StrEnum):
    NONE = ""
    FOR_ALL = "forallvalues"
    FOR_ANY = "foranyvalue"


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator name means, without its quantifier and `IfExists`."""

    name: str
    compile: Compile
    is_negated: bool = False
    has_wildcards: bool = False
    is_arn: bool = False


def _text(value: PolicyValue) -> str:
    return "".join(token for token in value[0] if isinstance(token, str))


def _compile_equals(policy: Sequence[PolicyValue]) -> Test:
    wanted = frozenset(map(_text, policy))
    return lambda given: given in wanted


def _compile_equals_ignoring_case(policy: Sequence[PolicyValue]) -> Test:
    wanted = frozenset(_text(value).lower() for value in policy)
    return lambda given: given.lower() in wanted


def _compile_like(policy: Sequence[PolicyValue]) -> Test:
    globs = [compile_glob(value[0]) for value in policy]
    return lambda given: any(matches(given) for matches in globs)


def _comparison(parse: Callable[[str], _T | None], compare: Callable[[Any, Any], bool]) -> Compile:
    """An operator over parsed values: `compare(request value, policy value)`."""

    def compile_values(policy: Sequence[PolicyValue]) -> Test:
        wanted = [parse(_text(value)) for value in policy]

        def test(given: str) -> bool | None:
            value = parse(given)
            if value is None:
                return None
            return _any_of(None if want is None else compare(value, want) for want in wanted)

        return test

    return compile_values


def _any_of(results: Iterable[bool | None]) -> bool | None:
    """True when one is True; otherwise `None` when one could not be compared."""
    outcome: bool | None = False
    for result in results:
        if result:
            return True
        if result is None:
            outcome = None
    return outcome


def _compile_ip(policy: Sequence[PolicyValue]) -> Test:
    networks = [values.parse_network(_text(value)) for value in policy]

    def test(given: str) -> bool | None:
        address = values.parse_address(given)
        if address is None:
            return None
        return _any_of(None if network is None else address in network for network in networks)

    return test


def _compile_arn(policy: Sequence[PolicyValue]) -> Test:
    patterns = [compile_arn(fields) if len(fields) == ARN_FIELDS else None for fields in policy]

    def test(given: str) -> bool | None:
        arn = split_arn(given)
        if arn is None:
            return None
        return _any_of(None if pattern is None else pattern.matches(arn) for pattern in patterns)

    return test


def _operators() -> dict[str, Operator]:
    table = [
        Operator("StringEquals", _compile_equals),
        Operator("StringEqualsIgnoreCase", _compile_equals_ignoring_case),
        Operator("StringLike", _compile_like, has_wildcards=True),
        Operator("Bool", _comparison(values.parse_bool, eq)),
        Operator("BinaryEquals", _comparison(values.parse_binary, eq)),
        Operator("IpAddress", _compile_ip),
        Operator("ArnEquals", _compile_arn, has_wildcards=True, is_arn=True),
        Operator("ArnLike", _compile_arn, has_wildcards=True, is_arn=True),
    ]
    for kind, parse in (("Numeric", values.parse_number), ("Date", values.parse_date)):
        comparisons = (("Equals", eq), ("LessThan", lt), ("LessThanEquals", le))
        for suffix, compare in (*comparisons, ("GreaterThan", gt), ("GreaterThanEquals", ge)):
            table.append(Operator(kind + suffix, _comparison(parse, compare)))
    for positive, negative in _NEGATIONS.items():
        source = next(operator for operator in table if operator.name == positive)
        table.append(replace(source, name=negative, is_negated=True))
    return {operator.name.lower(): operator for operator in table}


_NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}
OPERATORS = _operators()
"""By lower-case name. `Null` stands apart: it asks whether a key is there."""
_NULL = "null"
_IF_EXISTS = "ifexists"
DATE_PREFIX = "date"


@dataclass(frozen=True, slots=True)
class OperatorName:
    """An operator as a policy writes it, taken apart; `base` is lower case, `null` or a key of `OPERATORS`."""

    base: str
    quantifier: Quantifier
    if_exists: bool


def parse_operator(name: str) -> OperatorName | None:
    """`[ForAllValues:|ForAnyValue:]Operator[IfExists]`, ignoring case; `None` when there is no such operator."""
    prefix, colon, rest = name.lower().rpartition(":")
    if colon and prefix not in (Quantifier.FOR_ALL, Quantifier.FOR_ANY):
        return None
    if rest == _NULL:  # quantifiers are ignored on Null, and it takes no IfExists
        return OperatorName(_NULL, Quantifier.NONE, False)
    base = rest.removesuffix(_IF_EXISTS)
    if base not in OPERATORS:
        return None
    return OperatorName(base, Quantifier(prefix), base != rest)


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator over one key. `test` is compiled when no value has a variable, otherwise `policy` is kept."""

    key: str
    name: OperatorName
    policy: tuple[PolicyValue, ...]
    test: Test | None

    def matches(self, lookup: Lookup) -> bool:
        """Whether the request, whose keys `lookup` answers, satisfies the condition."""
        given = lookup(self.key)
        if self.name.base == _NULL:
            return self._matches_null(given)
        operator = OPERATORS[self.name.base]
        quantifier = self.name.quantifier
        if given is None or (given == () and quantifier is not Quantifier.NONE):
            return self._matches_absent(operator)
        test = self.test or self._resolve(operator, lookup)
        if test is None:
            return False
        if quantifier is Quantifier.NONE:
            return isinstance(given, str) and _satisfies(test, given, operator)
        listed = (given,) if isinstance(given, str) else given
        quantified = all if quantifier is Quantifier.FOR_ALL else any
        return quantified(_satisfies(test, value, operator) for value in listed)

    def _matches_null(self, given: ContextValue | None) -> bool:
        is_absent = given is None or given == ()
        return any(values.parse_bool(_text(value)) is is_absent for value in self.policy)

    def _matches_absent(self, operator: Operator) -> bool:
        if self.name.quantifier is Quantifier.FOR_ANY:
            return False
        return self.name.quantifier is Quantifier.FOR_ALL or self.name.if_exists or operator.is_negated

    def _resolve(self, operator: Operator, lookup: Lookup) -> Test | None:
        """The test with variables replaced. A value that cannot be resolved matches nothing; negated, nothing does."""
        known: list[PolicyValue] = []
        for value in self.policy:
            fields = [substitute(field, lookup) for field in value]
            resolved = tuple(field for field in fields if field is not None)
            if len(resolved) == len(fields):
                known.append(resolved)
            elif operator.is_negated:
                return None
        return operator.compile(known)


def _satisfies(test: Test, value: str, operator: Operator) -> bool:
    outcome = test(value)
    return outcome is not None and outcome is not operator.is_negated


def compile_condition(operator_name: str, key: str, policy_values: Iterable[str], *, has_variables: bool) -> Condition:
    """Compile; the caller has checked the operator's name with `parse_operator`."""
    name = parse_operator(operator_name)
    if name is None:
        raise ValueError(f"no such condition operator: {operator_name}")
    if name.base == _NULL:
        literal = tuple((tokenize(value, has_variables=False, has_wildcards=False),) for value in policy_values)
        return Condition(key.lower(), name, literal, None)
    operator = OPERATORS[name.base]
    tokenized = [
        tokenize(value, has_variables=has_variables, has_wildcards=operator.has_wildcards) for value in policy_values
    ]
    policy = tuple(tuple(split_fields(tokens)) if operator.is_arn else (tokens,) for tokens in tokenized)
    is_static = not any(map(has_variable, tokenized))
    return Condition(key.lower(), name, policy, operator.compile(policy) if is_static else None)
