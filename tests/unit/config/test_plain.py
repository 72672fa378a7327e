from __future__ import annotations

from pathlib import Path

from config_samples import ScrapeTarget

from photoncloud.config import Secret
from photoncloud.config.plain import contains_secret, masked, plain


def test_plain() -> None:
    assert plain(({"a": Secret("x")}, Path("/p"), None, 1.5)) == [{"a": "***"}, "/p", None, 1.5]
    assert plain(Secret("")) == masked(Secret(""), True) == ""
    assert plain(ScrapeTarget(name="a", static_configs=("b",))) == {"name": "a", "static_configs": ["b"]}


def test_contains_secret() -> None:
    assert contains_secret(({"a": (Secret("x"),)},))
    assert not contains_secret(({"a": (Secret(""), "x", 3, None)},))


def test_masked() -> None:
    assert masked("x", False) == "x"
    assert masked("x", True) == "***"
    assert masked(("a", "b"), True) == ["***", "***"]
    assert masked({"k": "v"}, True) == {"k": "***"}
    assert masked(None, True) is None
    assert masked((), True) == []
