"""Run the commands of a page in order, in one shell, in a throw-away directory, alone on its own loopback network.

The shell lives in network and process namespaces of its own: the ports a page names are free, whatever else runs on
the machine, and when the shell ends nothing it started is left. Where namespaces are not allowed the page runs beside
everything else.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.pages import Block, Command, blocks, commands, matches

COMMAND_TIMEOUT_SEC = 60.0
POLL_SEC = 0.02
NEVER_HERE = frozenset({"network", "container-engine", "systemd"})
"""What `needs=` may name besides programs: a test has no package index, no engine and no service manager."""
NAMESPACES = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc")
PASSED_ON = ("PATH", "LANG", "TERM", "TZ")
LEFT_RUNNING = r"ps -e -o args= | grep -E '[l]ightningstor-server|[p]hotonctl|[p]hotoncloud' || true"


class PageFailed(Exception):
    """A page does not do what it shows; the text names the line."""


@dataclass(frozen=True)
class Report:
    """`skipped`: one line for each block that cannot run here, with what it needs."""

    ran: int
    skipped: list[str]


def run_page(page: Path, workspace: Path, programs: Path) -> Report:
    """Run every block of `page` in `workspace` with `programs` first on the PATH. Raises PageFailed."""
    ran, skipped = 0, []
    with Shell(workspace, programs) as shell:
        for block in blocks(page.read_text("utf-8")):
            if reason := _missing(block):
                skipped.append(f"{page.name}:{block.line}: needs {reason}")
            elif "file" in block.info:
                _save(workspace / block.info["file"], block)
            elif block.language == "console":
                ran += _run_block(shell, page, block)
        shell.stop_background()
        if left := shell.run(LEFT_RUNNING).output:
            raise PageFailed(f"{page.name}: still running at the end: {' | '.join(left)}")
    return Report(ran, skipped)


def _missing(block: Block) -> str:
    needed = [name for name in block.info.get("needs", "").split(",") if name]
    return ", ".join(name for name in needed if name in NEVER_HERE or shutil.which(name) is None)


def _save(path: Path, block: Block) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in block.lines), "utf-8")


def _run_block(shell: Shell, page: Path, block: Block) -> int:
    found = commands(block)
    for index, command in enumerate(found):
        text = block.info.get("run") or command.text
        if "background" in block.info:
            outcome = shell.start(text, command.expected)
            wanted = None
        else:
            outcome = shell.run(text)
            wanted = int(block.info.get("status", 0)) if index == len(found) - 1 else 0
        _judge(page, command, outcome, wanted)
    return len(found)


def _judge(page: Path, command: Command, outcome: Outcome, wanted: int | None) -> None:
    where = f"{page.name}:{command.line}: {command.text.splitlines()[0]}"
    printed = "\n".join(f"    {line}" for line in outcome.output)
    if outcome.status != wanted:
        raise PageFailed(f"{where}\nends with {outcome.status}, not {wanted}; it prints\n{printed}")
    if wanted is not None and command.expected and not matches(command.expected, outcome.output):
        shown = "\n".join(f"    {line}" for line in command.expected)
        raise PageFailed(f"{where}\nprints\n{printed}\nand the page shows\n{shown}")


@dataclass(frozen=True)
class Outcome:
    """`status` is None for what still runs."""

    status: int | None
    output: list[str]


class Shell:
    """One bash for a whole page: variables and directories persist from block to block."""

    def __init__(self, workspace: Path, programs: Path) -> None:
        self._scratch = workspace.parent / f"{workspace.name}-shell"
        self._scratch.mkdir()
        self._count = 0
        self._background: list[Path] = []
        command = ["bash", "--noprofile", "--norc"]
        self._process = subprocess.Popen(
            [*_namespaces(), *command],
            cwd=workspace,
            env=_environment(workspace, programs),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=(self._scratch / "shell-errors").open("wb"),
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Shell:
        self.run("ip link set lo up 2>&1 || true")
        return self

    def __exit__(self, *failure: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def run(self, text: str) -> Outcome:
        """Run to the end; both streams in the order they were written. Raises PageFailed when it takes too long."""
        script, output, status = self._files(text)
        self._send(f"source {script} < /dev/null > {output} 2>&1; echo $? > {status}.new; mv {status}.new {status}")
        for _ in self._waiting():
            if status.exists():
                return Outcome(int(status.read_text()), _lines(output))
        raise PageFailed(f"still runs after {COMMAND_TIMEOUT_SEC:g} s: {text}\n" + "\n".join(_lines(output)))

    def start(self, text: str, expected: list[str]) -> Outcome:
        """Start and leave running; returns once it printed what the page shows. Raises PageFailed when it does not."""
        script, output, status = self._files(text)
        self._send(f"(source {script} < /dev/null > {output} 2>&1; echo $? > {status}) & echo $! > {script}.pid")
        self._background.append(Path(f"{script}.pid"))
        for _ in self._waiting():
            if matches([*expected, "…"], _lines(output)):
                return Outcome(None, _lines(output))
            if status.exists():
                break
        shown = "\n".join(expected)
        raise PageFailed(f"{text}\nprints\n" + "\n".join(_lines(output)) + f"\nand the page shows\n{shown}")

    def stop_background(self) -> None:
        """SIGTERM to what `start` left running, and wait for its end."""
        for pid_file in reversed(self._background):
            pid = pid_file.read_text().strip()
            self.run(f"pkill -TERM -P {pid}; wait {pid}; true")
        self._background.clear()

    def _files(self, text: str) -> tuple[Path, Path, Path]:
        self._count += 1
        script = self._scratch / f"{self._count}.sh"
        script.write_text(text + "\n", "utf-8")
        return script, script.with_suffix(".out"), script.with_suffix(".status")

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _waiting(self) -> Iterator[None]:
        deadline = time.monotonic() + COMMAND_TIMEOUT_SEC
        while time.monotonic() < deadline:
            yield
            if self._process.poll() is not None:
                errors = (self._scratch / "shell-errors").read_text("utf-8", "replace")
                raise PageFailed(f"the shell has ended: {errors}")
            time.sleep(POLL_SEC)


def _lines(path: Path) -> list[str]:
    """What a terminal would show: a carriage return begins the line anew."""
    text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
    return [line.rstrip("\r").rpartition("\r")[2] for line in text.removesuffix("\n").split("\n")] if text else []


def _namespaces() -> list[str]:
    """The command that gives the shell its namespaces; empty where they are not allowed."""
    for prefix in ([*NAMESPACES], [*NAMESPACES, "--map-root-user"]):
        with contextlib.suppress(OSError):
            if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
                return prefix
    return []


def _environment(workspace: Path, programs: Path) -> dict[str, str]:
    """Nothing of the caller's but what finding programs needs."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    path = f"{programs}:{passed_on.get('PATH', '/usr/bin:/bin')}"
    return {"LANG": "C.UTF-8", **passed_on, "HOME": str(workspace), "PATH": path, "NO_COLOR": "1", "COLUMNS": "120"}
