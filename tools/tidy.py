"""Names, sizes and shapes of the sources: the house rules a linter does not know (tidy_rules.py has one function each).

python tools/tidy.py [ROOT]     prints `file:line: rule: what`, exit 1 when there is any
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.tidy_rules import FILE_RULES, SOURCE_RULES, TREE_RULES, Finding, Source

ROOT = Path(__file__).resolve().parent.parent
CODE_FOLDERS = ("src", "tests", "tools", "benchmarks")
TEXT_FOLDERS = (*CODE_FOLDERS, "docs", "deploy", "proto", "web", ".ci")
TEXT_SUFFIXES = frozenset({".py", ".pyi", ".md", ".toml", ".proto", ".ts", ".yaml", ".yml", ".service", ".sh"})
NOT_OURS = frozenset({"node_modules", "__pycache__", "dist"})


def main(arguments: list[str]) -> int:
    findings = sorted(check(Path(arguments[0]) if arguments else ROOT))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


def check(root: Path) -> list[Finding]:
    """Every finding below `root`."""
    found: list[Finding] = []
    for path in python_files(root):
        source = parsed(root, path)
        if isinstance(source, Finding):
            return [source]
        rules = (*FILE_RULES, *SOURCE_RULES) if source.is_shipped else FILE_RULES
        for rule in rules:
            found += rule(source)
    for tree_rule in TREE_RULES:
        found += tree_rule(root, list(texts(root)))
    return found


def python_files(root: Path) -> Iterator[Path]:
    """Every Python file that a person wrote, relative to `root`."""
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if not NOT_OURS.intersection(path.parts) and not path.stem.endswith(("_pb2", "_pb2_grpc")):
                yield path.relative_to(root)


def parsed(root: Path, path: Path) -> Source | Finding:
    """The file as rules see it, or that it is no Python: then no other rule can be judged."""
    text = (root / path).read_text("utf-8")
    try:
        return Source(path, text, ast.parse(text, path.as_posix()))
    except SyntaxError as error:
        return Finding(path.as_posix(), error.lineno or 1, "syntax", error.msg)


def texts(root: Path) -> Iterator[Path]:
    """Every text file that is committed, relative to `root`."""
    for folder in TEXT_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in TEXT_SUFFIXES and path.is_file() and not NOT_OURS.intersection(path.parts):
                yield path.relative_to(root)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
