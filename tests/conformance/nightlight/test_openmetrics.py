"""The public OpenMetrics cases: strict mode accepts exactly those that should parse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from photoncloud.nightlight.core.exposition.strict import check_openmetrics
from photoncloud.nightlight.errors import InvalidExposition

FILE = Path(__file__).parents[4] / "shared" / "conformance" / "openmetrics" / "parser-cases.jsonl"


def cases() -> list[dict[str, object]]:
    return [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def test_there_are_a_hundred_cases() -> None:
    assert len(cases()) == 100


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case["name"]))
def test_case(case: dict[str, object]) -> None:
    body = str(case["text"]).encode("utf-8", "surrogateescape")
    if case["should_parse"]:
        check_openmetrics(body)
    else:
        with pytest.raises(InvalidExposition):
            check_openmetrics(body)
