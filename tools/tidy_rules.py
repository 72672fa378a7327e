"""The rules of tidy.py: each function looks at one file (or the tree) and yields findings."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 70
EXEMPT_WORDS = ("Table:", "Grammar:", "Generated:")
"""A module docstring with a line that begins with one of these may be longer."""

FORBIDDEN_NAMES = ("utils", "util", "helpers", "helper", "common", "misc", "base", "manager")
FORBIDDEN_SUFFIX = re.compile(r".*(Manager|Helper|Impl)$")
MODE_TEST = re.compile(r"mode *(==|!=|in) |OperationMode")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(work|root)/\w")

NOT_COMPONENTS = frozenset({"config", "runtime", "backends", "api", "testkit", "deploy", "ctl", "__pycache__"})
LAYERS = frozenset(
    {
        "__init__",
        "__main__",
        "cli",
        "bootstrap",
        "servers",
        "adapters",
        "settings",
        "service",
        "ports",
        "core",
        "errors",
    }
)
EXTRA_LAYERS = {"lightningstor": frozenset({"offline"})}
COMPONENT_FILES = frozenset({"README.md", "py.typed"})

CORE_BANNED_CALLS = frozenset({"open", "print", "input", "exec", "eval", "__import__", "breakpoint"})
CORE_BANNED_ATTRIBUTES = frozenset(
    {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("uuid", "uuid1"),
        ("uuid", "uuid4"),
        ("Path", "open"),
        ("Path", "cwd"),
        ("Path", "home"),
    }
)
CORE_BANNED_IMPORTS = frozenset({"importlib", "pathlib", "shutil", "tempfile"})
PURE_LIBRARIES = frozenset({"dns", "lxml", "msgspec", "numpy", "re2", "xxhash"})
"""Codecs between bytes and values; core may use them."""
SPREAD_LIBRARIES = frozenset({"grpc", "google", "pydantic", "starlette", "typer", "rich", "msgspec", "numpy"})
"""The vocabulary of whole layers (stubs, settings, routes, commands), not clients of something outside."""
TASK_MAKERS = frozenset({("asyncio", "create_task"), ("asyncio", "ensure_future")})


@dataclass(frozen=True, order=True)
class Finding:
    """Something against a rule."""

    file: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"


@dataclass(frozen=True)
class Source:
    """A Python file; `path` is relative to the project's root."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def is_shipped(self) -> bool:
        return self.path.parts[:2] == ("src", "photoncloud")

    @property
    def inside(self) -> tuple[str, ...]:
        """The path below src/photoncloud, without `.py`."""
        return self.path.with_suffix("").parts[2:]

    @property
    def may_be_long(self) -> bool:
        docstring = ast.get_docstring(self.tree) or ""
        return any(line.strip().startswith(EXEMPT_WORDS) for line in docstring.splitlines())

    def finding(self, line: int, rule: str, text: str) -> Finding:
        return Finding(self.path.as_posix(), line, rule, text)


FileRule = Callable[[Source], Iterator[Finding]]
TreeRule = Callable[[Path, list[Path]], Iterator[Finding]]


def file_length(source: Source) -> Iterator[Finding]:
    lines = source.text.count("\n")
    if lines > FILE_LINES_MAX and not source.may_be_long:
        yield source.finding(FILE_LINES_MAX, "file-length", f"{lines} lines, at most {FILE_LINES_MAX}")


def function_length(source: Source) -> Iterator[Finding]:
    if source.may_be_long:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                text = f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"
                yield source.finding(node.lineno, "function-length", text)


def file_name(source: Source) -> Iterator[Finding]:
    for part in source.path.with_suffix("").parts:
        if part in FORBIDDEN_NAMES or part.endswith(tuple(f"_{name}" for name in FORBIDDEN_NAMES[:4])):
            yield source.finding(1, "file-name", f"{part!r} says nothing about what is inside")


def class_name(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and FORBIDDEN_SUFFIX.match(node.name):
            yield source.finding(node.lineno, "class-name", f"{node.name}: no Manager, Helper or Impl")


def module_docstring(source: Source) -> Iterator[Finding]:
    if not ast.get_docstring(source.tree):
        yield source.finding(1, "docstring", "a module says what it is")


def mode_test(source: Source) -> Iterator[Finding]:
    """Only photoncloud.config knows modes (config.md §9.12, the same expression)."""
    if source.inside[0] == "config":
        return
    for number, line in enumerate(source.text.splitlines(), 1):
        if MODE_TEST.search(line):
            yield source.finding(number, "mode-test", "nothing outside photoncloud.config asks for the mode")


def core_is_pure(source: Source) -> Iterator[Finding]:
    """What import contracts cannot see: calls of built-ins and clocks, and imports that can do I/O."""
    if "core" not in source.inside[1:2]:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (banned := _banned_call(node.func)):
            yield source.finding(node.lineno, "core-pure", f"{banned}() in core")
        for name in _imported(node):
            if name.partition(".")[0] in CORE_BANNED_IMPORTS:
                yield source.finding(node.lineno, "core-pure", f"import of {name} in core")


def _banned_call(function: ast.expr) -> str:
    if isinstance(function, ast.Name) and function.id in CORE_BANNED_CALLS:
        return function.id
    pair = _attribute(function)
    return ".".join(pair) if pair in CORE_BANNED_ATTRIBUTES else ""


def _attribute(function: ast.expr) -> tuple[str, str]:
    """(`owner`, `name`) of `owner.name` and `x.owner.name`."""
    if not isinstance(function, ast.Attribute):
        return "", ""
    owner = function.value
    last = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    return last, function.attr


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        return [node.module or ""]
    return []


def no_globals(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Global):
            yield source.finding(node.lineno, "global", f"global {', '.join(node.names)}")


def tasks_are_owned(source: Source) -> Iterator[Finding]:
    """A task is spawned by a TaskGroup or by runtime.tasks.spawn(name=...), which keeps and reports it."""
    if source.inside[0] in ("runtime", "testkit"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _attribute(node.func) in TASK_MAKERS:
            yield source.finding(node.lineno, "task", "use runtime.tasks.spawn(name=...) or a TaskGroup")


def stray_component_file(source: Source) -> Iterator[Finding]:
    component, *rest = source.inside
    if component in NOT_COMPONENTS or not rest:
        return
    allowed = LAYERS | EXTRA_LAYERS.get(component, frozenset())
    if rest[0] not in allowed:
        yield source.finding(1, "stray-file", f"{rest[0]} is no layer of a component")


def stray_component_data(root: Path, _texts: list[Path]) -> Iterator[Finding]:
    for component in sorted((root / "src" / "photoncloud").iterdir()):
        if not component.is_dir() or component.name in NOT_COMPONENTS:
            continue
        for path in sorted(component.iterdir()):
            if path.is_file() and path.suffix != ".py" and path.name not in COMPONENT_FILES:
                yield Finding(path.relative_to(root).as_posix(), 1, "stray-file", "belongs into one of the layers")


def machine_paths(root: Path, texts: list[Path]) -> Iterator[Finding]:
    """Nothing committed knows the machine it was written on."""
    for path in texts:
        for number, line in enumerate((root / path).read_text("utf-8", "replace").splitlines(), 1):
            if MACHINE_PATH.search(line):
                yield Finding(path.as_posix(), number, "machine-path", line.strip()[:80])


def library_homes(root: Path, _texts: list[Path]) -> Iterator[Finding]:
    """A foreign library is imported in one file of a component, and `core` imports none but pure ones."""
    homes: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for path in sorted((root / "src" / "photoncloud").rglob("*.py")):
        package, *rest = path.relative_to(root / "src" / "photoncloud").parts
        if package in NOT_COMPONENTS or not rest:
            continue
        where = path.relative_to(root).as_posix()
        for library, line in sorted(_libraries(path).items()):
            homes.setdefault((package, library), []).append((where, line))
            if rest[0] == "core" and library not in PURE_LIBRARIES:
                yield Finding(where, line, "core-pure", f"import of {library} in core")
    for (package, library), places in homes.items():
        if library not in SPREAD_LIBRARIES:
            for where, line in places[1:]:
                yield Finding(where, line, "library-home", f"{package} imports {library} in {places[0][0]} already")


def _libraries(path: Path) -> dict[str, int]:
    """Top-level name of every third-party import -> first line."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        for name in _imported(node):
            top = name.partition(".")[0]
            if top != "photoncloud" and top not in sys.stdlib_module_names:
                found.setdefault(top, node.lineno)  # type: ignore[attr-defined]
    return found


FILE_RULES: tuple[FileRule, ...] = (file_length, function_length, file_name, class_name)
SOURCE_RULES: tuple[FileRule, ...] = (
    module_docstring,
    mode_test,
    core_is_pure,
    no_globals,
    tasks_are_owned,
    stray_component_file,
)
TREE_RULES: tuple[TreeRule, ...] = (stray_component_data, machine_paths, library_homes)
