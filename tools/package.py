"""`make package`: build the wheel into dist/, the same bytes for the same commit, and say what it holds."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
REQUIRED = ("photoncloud/__init__.py", "photoncloud/py.typed", "photoncloud/ctl/__main__.py")
FORBIDDEN_PARTS = ("__pycache__", "tests", "node_modules")


def main() -> int:
    for old in DIST.glob("photoncloud-*.whl"):
        old.unlink()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _commit_time(), "PYTHONHASHSEED": "0"}
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(DIST)]
    subprocess.run(build, cwd=ROOT, env=environment, check=True)
    wheel = next(DIST.glob("photoncloud-*.whl"))
    if problems := inspect(wheel):
        print("".join(f"package: {problem}\n" for problem in problems), file=sys.stderr, end="")
        return 1
    print(f"{wheel.relative_to(ROOT)}  {wheel.stat().st_size} bytes  sha256:{_digest(wheel)}")
    return 0


def _commit_time() -> str:
    """Seconds of the last commit; outside a checkout 1980-01-01, the oldest time a zip file knows."""
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "315532800"


def inspect(wheel: Path) -> list[str]:
    """What is wrong with the contents of `wheel`."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    missing = [f"{name} is missing" for name in REQUIRED if name not in names]
    stray = [f"{name} does not belong into a wheel" for name in names if set(Path(name).parts) & set(FORBIDDEN_PARTS)]
    return missing + stray


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
