"""`make check` runs every step, prints a line each, and fails when one fails."""

from __future__ import annotations

import sys

import pytest

from tools import check
from tools.check import Outcome, Step


def test_the_steps() -> None:
    assert [step.name for step in check.steps()] == [
        "types",
        "format",
        "lint",
        "imports",
        "tidy",
        "dependencies",
        "generated",
        "unit-tests",
    ]


def test_a_step_that_fails_is_shown_with_its_findings(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = check.run(Step("demo", [sys.executable, "-c", "print('x.py:1: bad'); raise SystemExit(3)"]))
    assert outcome.status == 3
    check.report(outcome)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("FAIL demo")
    assert shown[1] == "     x.py:1: bad"


def test_a_step_that_hangs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "STEP_TIMEOUT_SEC", 0.1)
    outcome = check.run(Step("demo", [sys.executable, "-c", "import time; time.sleep(60)"]))
    assert outcome.status == 1
    assert "no result within" in outcome.output


@pytest.mark.parametrize(("statuses", "expected"), [([0, 0], 0), ([0, 2], 1)])
def test_it_fails_when_any_step_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], statuses: list[int], expected: int
) -> None:
    steps = [
        Step(f"s{number}", [sys.executable, "-c", f"raise SystemExit({status})"], alone=bool(number))
        for number, status in enumerate(statuses)
    ]
    monkeypatch.setattr(check, "steps", lambda: steps)
    assert check.main([]) == expected
    assert f"{statuses.count(0)} of 2 steps passed" in capsys.readouterr().out


def test_an_unknown_step_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["no-such-step"]) == 64
    assert "unit-tests" in capsys.readouterr().out


def test_a_passing_step_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    check.report(Outcome(Step("demo", []), 0, 1.25, "much output"))
    assert capsys.readouterr().out == "ok   demo             1.2 s\n"
