"""The image build file keeps its rules, and each broken rule is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.deploy.core.containerfile_rules import findings, instructions

TEXT = (Path(__file__).parents[4] / "deploy" / "image" / "Containerfile").read_text()


def test_our_file_keeps_every_rule() -> None:
    assert findings(TEXT) == ()
    assert [part.word for part in instructions(TEXT)].count("FROM") == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("python:3.11-slim-bookworm", "python", "neither a tag nor a digest"),
        ("python:3.11-slim-bookworm", "python:latest", "names no version"),
        ("USER 64017:64017", "USER root", "a number other than 0"),
        ("USER 64017:64017", "USER 0", "a number other than 0"),
        ("USER 64017:64017\n", "", "has no USER"),
        ("STOPSIGNAL SIGTERM\n", "", "has no STOPSIGNAL"),
        ("HEALTHCHECK --interval", "LABEL x=", "has no HEALTHCHECK"),
        ('["photon-entry"]', "photon-entry", "list of words"),
        ("COPY . .", "ADD https://example.com/x.tar /x", "from the network"),
        ("WORKDIR /build", "ENV TOKEN=abcdef", "would stay in a layer"),
        ("WORKDIR /build", "WROKDIR /build", "not an instruction"),
        ("FROM ${BASE}\nARG", "FROM ${BASE} AS build\nARG", "two stages are named build"),
    ],
)
def test_a_broken_rule_is_seen(old: str, new: str, words: str) -> None:
    assert old in TEXT
    assert any(words in finding for finding in findings(TEXT.replace(old, new)))


def test_an_empty_file_has_no_base() -> None:
    assert "line 1: no FROM" in findings("")
