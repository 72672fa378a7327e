from __future__ import annotations

import pytest

from photoncloud.config.origin import Origin
from photoncloud.config.problem import CODES, ConfigurationError, Problem, printable


def test_a_line_names_place_code_and_reason() -> None:
    problem = Problem("unknown-key", "a.b", "unknown key", "", Origin("file", path="/x.toml", line=14, column=1))
    assert problem.render() == "/x.toml:14:1: error[unknown-key]: unknown key"
    assert Problem("bad-env", "", "m", origin=Origin("env", "X")).render() == "env X: error[bad-env]: m"
    assert Problem("conflict", "", "m").render() == "error[conflict]: m"


def test_control_characters_are_escaped() -> None:
    problem = Problem("bad-value", "k", "a\nb\x1b[31m\udcff", origin=Origin("file", path="/a\nb", line=1, column=2))
    assert problem.render().isprintable()
    assert problem.as_json()["message"] == "a\\nb\\x1b[31m\\udcff"
    assert printable("plain é") == "plain é"


def test_codes_are_closed() -> None:
    with pytest.raises(ValueError, match="no-such-code"):
        Problem("no-such-code", "", "")
    assert len(set(CODES)) == 20


def test_problems_are_sorted_files_first_by_place() -> None:
    def at(path: str, line: int) -> Problem:
        return Problem("syntax", "", "m", origin=Origin("file", path=path, line=line))

    nowhere, env = Problem("conflict", "", "m"), Problem("bad-env", "", "m", origin=Origin("env", "A"))
    error = ConfigurationError([nowhere, env, at("/b", 1), at("/a", 20), at("/a", 3)])
    assert [problem.origin.describe() for problem in error.problems] == ["/a:3", "/a:20", "/b:1", "env A", ""]
    assert len(str(error).splitlines()) == 5
    assert error.exit_status == 78


def test_json_form() -> None:
    origin = Origin("env", "PHOTON_MODE")
    assert Problem("unknown-mode", "photon.mode", "m", "hybrid", origin).as_json() == {
        "code": "unknown-mode",
        "key": "photon.mode",
        "message": "m",
        "suggestion": "hybrid",
        "origin": {"kind": "env", "name": "PHOTON_MODE", "path": "", "line": 0, "column": 0},
    }
