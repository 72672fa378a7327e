"""Every third-party import is declared where it is needed: in the base, or in the extra of the package that imports it.

    photoncloud/<component>/…   base + that component's extra (with what the extra contains)
    config                      pydantic, tomlkit
    runtime, api                base + `server`
    backends                    base + any extra but `dev` (an adapter is imported only when it is chosen)
    deploy                      base + `deploy`
    ctl                         base + any extra but `dev` (a probe is imported only when it is asked for)
    testkit                     everything
and every declared distribution is imported somewhere, or is listed in NOT_IMPORTED with the reason.
"""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SELF = "photoncloud"
CONFIG_MAY = frozenset({"pydantic", "pydantic-core", "tomlkit"})

NOT_IMPORTED = {
    "grpcio-health-checking": "imported as grpc_health by gRPC servers of components",
    "grpcio-reflection": "imported as grpc_reflection by gRPC servers of components",
    "protobuf": "needed by generated stubs",
    "httptools": "uvicorn's parser, and lightningstor's",
    "uvloop": "passed as loop factory",
    "rich": "typer renders help and errors with it",
}
PART_OF = {"yarl": "aiohttp"}
"""Modules that are part of another one's interface, and always come with it."""
EXTRA_OF_FOLDER = {"gateway": "api-gateway"}


def main() -> int:
    problems = list(check(ROOT))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def check(root: Path) -> Iterator[str]:
    """One line a problem."""
    declared = Declared(tomllib.loads((root / "pyproject.toml").read_text("utf-8")))
    owners = importlib.metadata.packages_distributions()
    used: set[str] = set()
    for path in sorted((root / "src" / SELF).rglob("*.py")):
        package = path.relative_to(root / "src" / SELF).parts[0]
        for line, module in third_party_imports(path):
            names = {normal(name) for name in owners.get(PART_OF.get(module, module), [module])}
            used |= names
            if not names & declared.allowed(package):
                relative = path.relative_to(root).as_posix()
                yield f"{relative}:{line}: {module} is not declared for {package} ({' or '.join(sorted(names))})"
    for name in sorted(declared.shipped() - used - set(NOT_IMPORTED)):
        yield f"pyproject.toml: {name} is declared and never imported"


def third_party_imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, top-level module) of every import that is neither ours nor the standard library's."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if top != SELF and top not in sys.stdlib_module_names:
                yield node.lineno, top


class Declared:
    """The distributions of pyproject.toml; extras that name extras are resolved."""

    def __init__(self, pyproject: dict[str, object]) -> None:
        project = pyproject["project"]
        assert isinstance(project, dict)
        self._extras: dict[str, list[str]] = project["optional-dependencies"]
        self._base = {requirement(text)[0] for text in project["dependencies"]} | {"pydantic-core"}

    def extra(self, name: str) -> set[str]:
        """What `photoncloud[name]` adds."""
        found: set[str] = set()
        for text in self._extras.get(name, []):
            distribution, inner = requirement(text)
            if distribution == SELF:
                found = found.union(*(self.extra(other) for other in inner))
            else:
                found.add(distribution)
        return found

    def shipped(self) -> set[str]:
        return self._base.union(*(self.extra(name) for name in self._extras if name != "dev")) - {"pydantic-core"}

    def allowed(self, package: str) -> set[str]:
        """What modules of src/photoncloud/<package> may import."""
        if package == "config":
            return set(CONFIG_MAY)
        if package in ("runtime", "api"):
            return self._base | self.extra("server")
        if package in ("backends", "ctl"):
            return self._base | self.shipped()
        if package == "deploy":
            return self._base | self.extra("deploy")
        if package == "testkit":
            return self._base | self.shipped() | self.extra("dev")
        return self._base | self.extra(EXTRA_OF_FOLDER.get(package, package.replace("_", "-")))


def requirement(text: str) -> tuple[str, list[str]]:
    """(normalised distribution, its extras) of a requirement line."""
    match = re.match(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?", text)
    assert match is not None
    return normal(match[1]), [extra.strip() for extra in (match[2] or "").split(",") if extra.strip()]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
