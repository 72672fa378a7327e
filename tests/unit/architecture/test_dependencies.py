"""Every third-party import is declared in the extra of the package that imports it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tools import dependencies

PYPROJECT = """
[project]
dependencies = ["structlog>=1", "pydantic>=2"]
[project.optional-dependencies]
server = ["starlette>=0.45", "uvicorn[standard]>=0.3"]
lightningstor = ["photoncloud[server]", "xxhash>=3"]
sqlite = ["apsw>=3"]
dev = ["pytest>=8"]
"""

Write = Callable[[str, str], None]


def problems(tmp_path: Path) -> list[str]:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return [line for line in dependencies.check(tmp_path) if "never imported" not in line]


def test_declared_where_needed(tmp_path: Path, write: Write) -> None:
    write("lightningstor/adapters/x.py", "import xxhash, starlette, structlog, os\nimport photoncloud.config\n")
    write("backends/metadata/sqlite.py", "import apsw\n")
    write("config/x.py", "from pydantic import BaseModel\nimport pydantic_core\n")
    write("testkit/x.py", "import pytest\n")
    assert problems(tmp_path) == []


def test_undeclared_is_named_with_its_place(tmp_path: Path, write: Write) -> None:
    write("lightningstor/adapters/x.py", "\nimport apsw\n")
    write("config/x.py", "import structlog\n")
    write("runtime/x.py", "import pytest\n")
    write("deploy/x.py", "import starlette\n")
    found = problems(tmp_path)
    assert len(found) == 4
    assert "src/photoncloud/lightningstor/adapters/x.py:2: apsw is not declared for lightningstor (apsw)" in found


def test_declared_and_never_imported(tmp_path: Path, write: Write) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    write("runtime/x.py", "import structlog, pydantic, starlette, uvicorn\n")
    write("lightningstor/adapters/x.py", "import xxhash\n")
    assert list(dependencies.check(tmp_path)) == ["pyproject.toml: apsw is declared and never imported"]


def test_requirement_lines() -> None:
    assert dependencies.requirement("uvicorn[standard]>=0.34") == ("uvicorn", ["standard"])
    assert dependencies.requirement("photoncloud[all,deploy]") == ("photoncloud", ["all", "deploy"])
    assert dependencies.requirement("types-protobuf") == ("types-protobuf", [])
    assert dependencies.normal("ruamel.YAML") == "ruamel-yaml"
