"""The table of functions: every name of the language, with its arguments."""

from __future__ import annotations

from photoncloud.nightlight.core.engine.calls import SPECIAL
from photoncloud.nightlight.core.engine.clock import PARTS
from photoncloud.nightlight.core.engine.elementwise import FUNCTIONS as ELEMENTWISE
from photoncloud.nightlight.core.engine.native_summary import SUMMARIES
from photoncloud.nightlight.core.promql.ast import ValueType
from photoncloud.nightlight.core.promql.functions import FUNCTIONS


def test_there_are_all_functions() -> None:
    assert len(FUNCTIONS) == 90


def test_every_vector_function_has_an_implementation() -> None:
    known = {*ELEMENTWISE, *PARTS, *SUMMARIES, *SPECIAL}
    for name, signature in FUNCTIONS.items():
        if signature.returns is ValueType.VECTOR and ValueType.MATRIX not in signature.arguments:
            assert name in known, name


def test_bounds_of_arguments() -> None:
    assert (FUNCTIONS["round"].least, FUNCTIONS["round"].most) == (1, 2)
    assert (FUNCTIONS["hour"].least, FUNCTIONS["hour"].most) == (0, 1)
    assert (FUNCTIONS["label_join"].least, FUNCTIONS["label_join"].most) == (3, None)
    assert (FUNCTIONS["histogram_quantiles"].least, FUNCTIONS["histogram_quantiles"].most) == (3, 12)
    assert FUNCTIONS["label_join"].argument_type(7) is ValueType.STRING
