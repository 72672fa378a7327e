"""Each house rule finds its violation and leaves the rest alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import tidy

DOC = '"""Probe."""\n'

Write = Callable[[str, str], None]


def rules(tmp_path: Path) -> set[str]:
    return {finding.rule for finding in tidy.check(tmp_path)}


def function_of(lines: int) -> str:
    return "def long():\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("runtime/x.py", DOC + "\n" * 700, "file-length"),
        ("runtime/x.py", DOC + function_of(71), "function-length"),
        ("runtime/x.py", DOC + "async " + function_of(71), "function-length"),
        ("runtime/utils.py", DOC, "file-name"),
        ("runtime/common/x.py", DOC, "file-name"),
        ("runtime/http_utils.py", DOC, "file-name"),
        ("runtime/x.py", DOC + "class StoreManager: ...\n", "class-name"),
        ("runtime/x.py", DOC + "class PathHelper: ...\n", "class-name"),
        ("runtime/x.py", "x = 1\n", "docstring"),
        ("runtime/x.py", DOC + 'if mode == "hybrid": ...\n', "mode-test"),
        ("runtime/x.py", DOC + 'if mode != "hybrid": ...\n', "mode-test"),
        ("runtime/x.py", DOC + 'if mode in ("hybrid",): ...\n', "mode-test"),
        ("lightningstor/core/x.py", DOC + 'open("f")\n', "core-pure"),
        ("lightningstor/core/x.py", DOC + "print(1)\n", "core-pure"),
        ("lightningstor/core/x.py", DOC + "import datetime\ndatetime.datetime.now()\n", "core-pure"),
        ("lightningstor/core/x.py", DOC + "from datetime import datetime\ndatetime.now()\n", "core-pure"),
        ("lightningstor/core/x.py", DOC + "import importlib\n", "core-pure"),
        ("lightningstor/core/x.py", DOC + "import uuid\nuuid.uuid4()\n", "core-pure"),
        ("lightningstor/core/x.py", DOC + "import rocksdict\n", "core-pure"),
        ("runtime/x.py", DOC + "def f():\n    global x\n", "global"),
        ("backends/x.py", DOC + "import asyncio\nasyncio.create_task(f())\n", "task"),
        ("lightningstor/stray.py", DOC, "stray-file"),
        ("lightningstor/notes.txt", "x", "stray-file"),
        ("runtime/x.py", DOC + f'PATH = "/{"work"}/x"\n', "machine-path"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, write: Write, name: str, text: str, rule: str) -> None:
    write(name, text)
    assert rule in rules(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("runtime/x.py", DOC + "\n" * 699),
        ("runtime/x.py", DOC + function_of(70)),
        ("runtime/x.py", '"""Table: codes."""\n' + "\n" * 2000 + function_of(100)),
        ("runtime/x.py", '"""Parser.\n\nGrammar: of PromQL.\n"""\n' + "\n" * 2000),
        ("runtime/base64.py", DOC),
        ("runtime/common_prefix.py", DOC),
        ("config/x.py", DOC + 'if mode == "hybrid": ...\n'),
        ("runtime/x.py", DOC + "import asyncio\nasyncio.create_task(f())\n"),
        ("lightningstor/core/x.py", DOC + "import lxml\nimport hashlib\n"),
        ("lightningstor/service/x.py", DOC + 'open("f")\n'),
        ("lightningstor/README.md", "x"),
        ("lightningstor/offline/x.py", DOC),
        ("runtime/x_pb2.py", "no docstring = 1\n" * 900),
    ],
)
def test_what_is_allowed(tmp_path: Path, write: Write, name: str, text: str) -> None:
    write(name, text)
    assert rules(tmp_path) == set()


def test_a_library_has_one_home_in_a_component(tmp_path: Path, write: Write) -> None:
    write("lightningstor/adapters/a.py", DOC + "import xxhash\n")
    write("lightningstor/adapters/b.py", DOC + "from xxhash import xxh64\n")
    write("lightningstor/servers/a.py", DOC + "import grpc\n")
    write("lightningstor/servers/b.py", DOC + "import grpc\n")
    findings = tidy.check(tmp_path)
    assert [(finding.file, finding.rule) for finding in findings] == [
        ("src/photoncloud/lightningstor/adapters/b.py", "library-home")
    ]


def test_sizes_and_names_hold_in_tests_and_tools_too(tmp_path: Path, write: Write) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "helpers.py").write_text(DOC + "\n" * 701)
    assert rules(tmp_path) == {"file-length", "file-name"}


def test_a_file_that_is_no_python(tmp_path: Path, write: Write) -> None:
    write("runtime/x.py", DOC + "def f(:\n")
    (finding,) = tidy.check(tmp_path)
    assert (finding.line, finding.rule) == (2, "syntax")


def test_a_finding_says_where(tmp_path: Path, write: Write) -> None:
    write("runtime/x.py", DOC + "class XManager: ...\n")
    (finding,) = tidy.check(tmp_path)
    assert str(finding) == "src/photoncloud/runtime/x.py:2: class-name: XManager: no Manager, Helper or Impl"
