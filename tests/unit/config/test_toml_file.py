from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.config import ConfigurationError, Origin
from photoncloud.config.files import FileContent
from photoncloud.config.toml_file import DEPTH_MAX, TomlFile, parse


def read(data: str | bytes) -> TomlFile:
    return parse(FileContent("f.toml", data.encode() if isinstance(data, str) else data, (0, 0)))


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b"\xef\xbb\xbfa = 1", (1, 1), "byte order mark"),
        (b"a = 1\nb = '\xff'", (2, 6), "UTF-8"),
        ("a = 1\na = 2\n", (2, 6), ""),
        ("a = ", (1, 5), ""),
        ("[x\n", (1, 3), ""),
        (f"a = {'[' * (DEPTH_MAX + 1)}{']' * (DEPTH_MAX + 1)}", (0, 0), "deeper"),
        ("a = " + "[" * 5000, (0, 0), ""),
        ("a = 'x", (1, 7), ""),
    ],
)
def test_refused(data: str | bytes, place: tuple[int, int], reason: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(data)
    (problem,) = refused.value.problems
    assert problem.code == "syntax"
    assert (problem.origin.line, problem.origin.column) == place
    assert reason in problem.message
    assert "(at " not in problem.message


def test_deepest_accepted() -> None:
    read(f"a = {'[' * (DEPTH_MAX - 1)}{']' * (DEPTH_MAX - 1)}")


def test_a_missed_path_has_the_place_of_the_table_around_it() -> None:
    file = TomlFile("f", {}, {("a",): (3, 2)})
    assert file.origin(("a", "b", 0)) == Origin("file", path="f", line=3, column=2)
    assert file.origin(("z",)) == Origin("file", path="f")


def test_crlf_lines_are_counted_once() -> None:
    assert read("a = 1\r\n\r\nb = 2\r\n").origin(("b",)).line == 3


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_a_file_or_a_syntax_problem(data: bytes) -> None:
    codes = []
    try:
        read(data)
    except ConfigurationError as error:
        codes = [problem.code for problem in error.problems]
    assert codes in ([], ["syntax"])
