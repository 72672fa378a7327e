"""Types of expressions."""

from __future__ import annotations

import pytest

from photoncloud.nightlight.core.promql.ast import ValueType
from photoncloud.nightlight.core.promql.parser import parse
from photoncloud.nightlight.core.promql.types import value_type
from photoncloud.nightlight.errors import ParseError


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("1 + 2", ValueType.SCALAR),
        ("1 + m", ValueType.VECTOR),
        ("-(m)", ValueType.VECTOR),
        ("(m[5m])", ValueType.MATRIX),
        ("m[5m:]", ValueType.MATRIX),
        ("'x'", ValueType.STRING),
        ("scalar(m)", ValueType.SCALAR),
        ("vector(1)", ValueType.VECTOR),
        ("sum(m)", ValueType.VECTOR),
    ],
)
def test_value_type(query: str, kind: ValueType) -> None:
    assert value_type(parse(query)) is kind


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("sum(1)", "expected type instant vector in aggregation expression, got scalar"),
        ("topk(m, m)", "expected type scalar in aggregation parameter, got instant vector"),
        ("count_values(1, m)", "expected type string in aggregation parameter, got scalar"),
        ("a + fill(1) 1", "filling in missing series only allowed between instant vectors"),
        ("info(m, 1)", 'expected type instant vector in call to function "info", got scalar'),
        ("info(m, sum(n))", 'expected label selectors as the second argument to "info" function, got expression'),
    ],
)
def test_refuses(query: str, text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(query)
    assert caught.value.text == text


def test_experimental_aggregations_can_be_off() -> None:
    with pytest.raises(ParseError, match="limitk"):
        parse("limitk(1, m)", is_experimental=False)
