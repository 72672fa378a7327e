from __future__ import annotations

import pytest
from pydantic import ValidationError

from photoncloud.config.marks import NO_MARKS, ConfigModel, marks_of, setting, summary_of, table


class Inner(ConfigModel):
    """Inner table.

    More words.
    """

    needed: int = setting(description="Needed.", ge=1)


class Outer(ConfigModel):
    """Outer."""

    plain: int = 3
    marked: str = setting("x", "Marked.", reload=True, env="PHOTON_X", synonyms={"a": "b"}, max_length=3)
    made: tuple[str, ...] = setting(factory=tuple, description="Made.", env=("A", "B"))
    inner: Inner = table(Inner)


def test_marks_travel_with_the_field() -> None:
    fields = Outer.model_fields
    assert marks_of(fields["plain"]) is NO_MARKS
    marks = marks_of(fields["marked"])
    assert (marks.reload, marks.env, marks.synonyms) == (True, ("PHOTON_X",), (("a", "b"),))
    assert marks_of(fields["made"]).env == ("A", "B")
    assert fields["marked"].description == "Marked."


def test_models_are_frozen_strict_and_closed() -> None:
    outer = Outer(inner=Inner(needed=1))
    with pytest.raises(ValidationError):
        outer.plain = 4  # type: ignore[misc]
    for wrong in ({"plain": "3"}, {"unknown": 1}, {"marked": "long"}, {"inner": {"needed": 0}}):
        with pytest.raises(ValidationError):
            Outer.model_validate({"inner": {"needed": 1}, **wrong})


def test_a_required_key_of_an_absent_table_is_reported_under_its_name() -> None:
    with pytest.raises(ValidationError) as refused:
        Outer()
    assert [error["loc"] for error in refused.value.errors()] == [("inner", "needed")]


def test_summary_is_the_first_line() -> None:
    assert summary_of(Inner) == "Inner table."
    assert Outer.model_fields["inner"].description == "Inner table."
