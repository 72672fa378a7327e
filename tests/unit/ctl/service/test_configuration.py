"""Answers of components about their configuration."""

from __future__ import annotations

import pytest

from photoncloud.ctl.service.configuration import complaint, differences, leaf_values
from photoncloud.deploy.adapters.server_command import Answer


def test_both_shapes_of_leaves() -> None:
    printed = {"leaves": [{"key": "a.b", "value": 1, "origin": {}}]}
    running = {"leaves": {"a.b": {"value": 1, "origin": "default"}}}
    assert leaf_values(printed) == leaf_values(running) == {"a.b": 1}


def test_differences_are_sorted_and_name_what_is_absent() -> None:
    found = differences({"b": 1, "a": 1, "same": 0}, {"b": 2, "same": 0})
    assert found == [{"key": "a", "left": 1, "right": None}, {"key": "b", "left": 1, "right": 2}]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(78, "", "x.toml:1: error\n"), "x.toml:1: error"),
        (Answer(1, "", "Traceback (most recent call last):\n  File\nValueError: bad\n"), "ValueError: bad"),
        (Answer(1, "only output\n", ""), "only output"),
        (Answer(3, "", ""), "it ended with status 3"),
    ],
)
def test_complaints_are_short(answer: Answer, text: str) -> None:
    assert complaint(answer) == text
