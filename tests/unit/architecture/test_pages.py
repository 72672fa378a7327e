"""How pages are read: blocks, commands, what counts as the shown output, which links are broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.pages import anchors, blocks, broken_links, commands, matches

PAGE = """\
# Title, with words

```console needs=restic status=3
$ one
out
$ two <<END
> text
> END
$ three
```

```toml file=a.toml
[x]
```
"""


def test_blocks_with_what_stands_behind_the_language() -> None:
    console, file = blocks(PAGE)
    assert (console.language, console.info, console.line) == ("console", {"needs": "restic", "status": "3"}, 3)
    assert (file.info, file.lines) == ({"file": "a.toml"}, ["[x]"])


def test_commands_with_their_continuations_and_output() -> None:
    found = commands(blocks(PAGE)[0])
    assert [(c.text, c.expected, c.line) for c in found] == [
        ("one", ["out"], 4),
        ("two <<END\ntext\nEND", [], 6),
        ("three", [], 9),
    ]


@pytest.mark.parametrize("text", ["```console\nno prompt\n```\n", "```console\n$ never closed\n"])
def test_broken_pages_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line"):
        [commands(block) for block in blocks(text)]


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (["a b"], ["a b"], True),
        (["a b"], ["a    b  "], True),
        (["a b"], ["a c"], False),
        (["a … z"], ["a long way to z"], True),
        (["a…"], ["a"], True),
        (["…z"], ["a", "z"], False),
        (["…", "z"], ["a", "b", "z"], True),
        (["…", "z"], ["z"], True),
        (["a", "…"], ["a"], True),
        (["a"], ["a", "b"], False),
        ([".*"], ["anything"], False),
    ],
)
def test_what_counts_as_the_shown_output(expected: list[str], actual: list[str], *, same: bool) -> None:
    assert matches(expected, actual) is same


def test_anchors_are_headings_outside_of_blocks() -> None:
    text = "# A `b`, c!\n```text\n# no heading\n```\n## 日本 1\n"
    assert anchors(text) == {"a-b-c", "日本-1"}


def test_broken_links_are_named_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# There\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[good](other.md#there) [web](https://example.org/x) `[code](nowhere)`\n"
        "[gone](gone.md)\n[part](other.md#elsewhere)\n![](other.md)\n[out](../../../etc/hostname)\n"
    )
    assert broken_links(page, tmp_path) == [
        "line 2: gone.md does not exist",
        "line 3: other.md#elsewhere has no such heading",
        "line 4: the picture other.md has no alternative text",
        "line 5: ../../../etc/hostname does not exist",
    ]
