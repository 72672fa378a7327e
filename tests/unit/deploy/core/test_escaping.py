"""Text that means itself in YAML, units and variable files, whatever it holds."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from photoncloud.deploy.core import escaping, yaml_text

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
one_line = texts.filter(lambda text: "\n" not in text and "\r" not in text)


@given(texts)
def test_yaml_gives_the_text_back(text: str) -> None:
    document = yaml_text.dumps({"key": text, text or "k": ["x", text]})
    found = YAML(typ="safe", pure=True).load(document)
    assert found["key"] == text
    assert found[text or "k"] == (["x", text] if text != "key" else found["key"])


@pytest.mark.parametrize(
    "word", ["yes", "NO", "on", "null", "~", "1e3", "0x1f", "1:30", "", " a", "a: b", "- x", "#c", "012"]
)
def test_words_that_yaml_reads_as_something_else_are_quoted(word: str) -> None:
    assert YAML(typ="safe", pure=True).load(yaml_text.dumps({"k": word})) == {"k": word}


@given(texts)
def test_compose_dollars(text: str) -> None:
    escaped = escaping.compose_text(text)
    assert escaping.un_compose_text(escaped) == text
    assert "$" not in escaped.replace("$$", "")


@given(st.lists(texts, min_size=1, max_size=4), st.booleans())
def test_unit_words(words: list[str], is_command: bool) -> None:
    line = " ".join(escaping.unit_word(word, is_command=is_command) for word in words)
    assert escaping.unit_words(line, is_command=is_command) == tuple(words)
    assert "\n" not in line
    assert "%" not in line.replace("%%", "")


@pytest.mark.parametrize("line", ['"a', 'a"', '"a"b', '"a"  "b"', "bare"])
def test_lines_that_are_no_words(line: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        escaping.unit_words(line)


@given(one_line)
def test_variable_files_are_read_alike_by_us_and_by_a_shell(value: str) -> None:
    line = escaping.variable_line("NAME", value)
    # splitlines() of a reader knows more line ends than a shell.
    assert escaping.variables([line]) == {"NAME": value}
    if value.isascii() and value.isprintable():
        assert shlex.split(line.replace("\\$", "$").replace("\\`", "`")) == [f"NAME={value}"]


def test_variable_files_refuse_line_ends() -> None:
    with pytest.raises(ValueError, match="line end"):
        escaping.variable_line("A", "x\ny")
