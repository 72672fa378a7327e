"""Prepare what `make run`, `make test`, `make check` and `make bench` need, and nothing twice.

Only the standard library is imported: this file runs before anything is installed. Each step
leaves a stamp (the hash of what it was made from) under `.cache/`, so a second call costs a few
milliseconds. Nothing is written outside the project, its virtual environments and, for test
peers, Debian's package database.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PEERS_VENV = ROOT / ".venv-peers"
STAMPS = ROOT / ".cache" / "stamps"
SUITES = ROOT / ".cache" / "suites"
MINIMUM_PYTHON = (3, 11)

# Public test suites that travel in source distributions only: name -> version (hashes are in the constraints).
SUITE_SOURCES = {"swift": "2.38.3", "minio": "7.2.20"}

# Programs that tests drive or measure beside ours, as Debian packages: package -> a file it brings.
DEBIAN_TEST_PEERS = {
    "wrk": "/usr/bin/wrk",
    "awscli": "/usr/bin/aws",
    "s3cmd": "/usr/bin/s3cmd",
    "restic": "/usr/bin/restic",
    "s3fs": "/usr/bin/s3fs",
    "curl": "/usr/bin/curl",
    "jq": "/usr/bin/jq",
    "zsh": "/usr/bin/zsh",
    "fish": "/usr/bin/fish",
    "systemd": "/usr/bin/systemd-analyze",
    "faketime": "/usr/bin/faketime",
    "iproute2": "/sbin/ip",
    "e2fsprogs": "/sbin/mkfs.ext4",
}


def main(purpose: str) -> int:
    if sys.version_info < MINIMUM_PYTHON:
        return fail(f"PhotonCloud needs Python >= 3.11; {sys.executable} is {sys.version.split()[0]}")
    install_project()
    if purpose in ("test", "bench"):
        install_debian_peers()
        install_python_peers()
        unpack_suites()
    return 0


def fail(message: str) -> int:
    print(f"environment: {message}", file=sys.stderr)
    return 1


def install_project() -> None:
    """`.venv` with everything of constraints.txt (hashes demanded) and this tree in editable form."""
    constraints = ROOT / "constraints.txt"
    fingerprint = digest(constraints, ROOT / "pyproject.toml")
    if stamped("project", fingerprint) and (VENV / "bin" / "photonctl").exists():
        return
    create_virtual_environment(VENV)
    pip(VENV, "install", "--require-hashes", "-r", str(constraints))
    pip(VENV, "install", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    stamp("project", fingerprint)


def install_python_peers() -> None:
    """`.venv-peers`: clients and peers whose own dependencies must not meet ours."""
    requirements = ROOT / "tests" / "peers" / "constraints.txt"
    if not requirements.exists():
        return
    fingerprint = digest(requirements)
    if stamped("peers", fingerprint) and (PEERS_VENV / "bin" / "python").exists():
        return
    create_virtual_environment(PEERS_VENV)
    pip(PEERS_VENV, "install", "--require-hashes", "--no-deps", "-r", str(requirements))
    stamp("peers", fingerprint)


def unpack_suites() -> None:
    """`.cache/suites/<name>-<version>`: the source distributions whose test folders we run."""
    requirements = ROOT / "tests" / "peers" / "constraints.txt"
    for name, version in SUITE_SOURCES.items():
        folder = SUITES / f"{name}-{version}"
        if folder.exists() or not requirements.exists():
            continue
        SUITES.mkdir(parents=True, exist_ok=True)
        wanted = SUITES / f"{name}.txt"
        wanted.write_text(requirement_with_hashes(requirements, name))
        options = ("--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes")
        pip(PEERS_VENV, "download", *options, "-d", str(SUITES), "-r", str(wanted))
        with tarfile.open(SUITES / f"{name}-{version}.tar.gz") as archive:
            archive.extractall(SUITES)  # the archive's hash was demanded above


def requirement_with_hashes(constraints: Path, name: str) -> str:
    """The lines of one pinned requirement: `name==version \\` and its indented hashes."""
    entry: list[str] = []
    for line in constraints.read_text().splitlines():
        if line.startswith(f"{name}=="):
            entry = [line]
        elif entry and line.startswith(" "):
            entry.append(line)
        elif entry:
            break
    return "\n".join(entry) + "\n"


def install_debian_peers() -> None:
    missing = [package for package, path in DEBIAN_TEST_PEERS.items() if not Path(path).exists()]
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"environment: not root on Debian; tests that need {', '.join(missing)} will be skipped", file=sys.stderr)
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "-qq", "update"], environment)
    run(["apt-get", "-qq", "-y", "--no-install-recommends", "install", *missing], environment)


def create_virtual_environment(folder: Path) -> None:
    if (folder / "bin" / "python").exists():
        return
    print(f"environment: creating {folder.name}", file=sys.stderr)
    try:
        run([sys.executable, "-m", "venv", str(folder)])
    except subprocess.CalledProcessError:
        shutil.rmtree(folder, ignore_errors=True)
        raise SystemExit(fail("python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv")) from None


def pip(venv: Path, *arguments: str) -> None:
    print(f"environment: {venv.name}: pip {arguments[0]} (this takes a minute the first time)", file=sys.stderr)
    run([str(venv / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments])


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)


def digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def stamped(step: str, fingerprint: str) -> bool:
    file = STAMPS / step
    return file.exists() and file.read_text() == fingerprint


def stamp(step: str, fingerprint: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / step).write_text(fingerprint)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
