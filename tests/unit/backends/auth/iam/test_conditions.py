"""Operator names (what operators do is tabled in conformance)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.backends.auth.iam import conditions
from photoncloud.backends.auth.iam.conditions import OPERATORS, Quantifier, compile_condition, parse_operator


def test_every_documented_operator() -> None:
    names = {operator.name for operator in OPERATORS.values()}
    strings = ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")
    orders = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    expected = {"String" + suffix for suffix in strings}
    expected |= {kind + suffix for kind in ("Numeric", "Date") for suffix in orders}
    expected |= {"Bool", "BinaryEquals", "IpAddress", "NotIpAddress"}
    expected |= {"Arn" + suffix for suffix in ("Equals", "Like", "NotEquals", "NotLike")}
    assert names == expected


@pytest.mark.parametrize(
    ("name", "base", "quantifier", "if_exists"),
    [
        ("StringEquals", "stringequals", Quantifier.NONE, False),
        ("stringequalsIFEXISTS", "stringequals", Quantifier.NONE, True),
        ("ForAllValues:ArnLike", "arnlike", Quantifier.FOR_ALL, False),
        ("ForAnyValue:StringLikeIfExists", "stringlike", Quantifier.FOR_ANY, True),
        ("Null", "null", Quantifier.NONE, False),
        ("ForAnyValue:Null", "null", Quantifier.NONE, False),
    ],
)
def test_names(name: str, base: str, quantifier: Quantifier, if_exists: bool) -> None:
    assert parse_operator(name) == conditions.OperatorName(base, quantifier, if_exists)


@pytest.mark.parametrize(
    "name", ["", "x", "NullIfExists", "ForAnyValue::StringEquals", "ForSome:StringEquals", ":StringEquals", "IfExists"]
)
def test_unknown_names(name: str) -> None:
    assert parse_operator(name) is None
    with pytest.raises(ValueError, match="no such condition operator"):
        compile_condition(name, "k", [], has_variables=True)


def test_values_without_variables_are_compiled_once() -> None:
    static = compile_condition("NumericLessThan", "k", ["10"], has_variables=True)
    dynamic = compile_condition("NumericLessThan", "k", ["${v}"], has_variables=True)
    assert static.test is not None
    assert dynamic.test is None
    assert dynamic.matches({"k": "5", "v": "6"}.get)
    assert not dynamic.matches({"k": "5", "v": "4"}.get)


@given(
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(["", "IfExists"]),
    st.lists(st.text(max_size=8), max_size=3),
    st.none() | st.text(max_size=8) | st.lists(st.text(max_size=8), max_size=3).map(tuple),
)
def test_any_value_can_be_compared_with_any_other(
    operator: str, prefix: str, suffix: str, policy: list[str], given_value: str | tuple[str, ...] | None
) -> None:
    condition = compile_condition(prefix + operator + suffix, "k", policy, has_variables=True)
    context = {} if given_value is None else {"k": given_value}
    assert condition.matches(context.get) in (True, False)
