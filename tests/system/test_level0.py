"""Level 0 as a newcomer meets it: what `photonctl up` prints is what is typed, and every refusal helps."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = Path(sys.executable).parent
BASE, COUNT = 9000, 4
WAIT_SEC = 60
FIRST_OFFSETS = range(3_000, 20_000)
"""Below the range the kernel gives to outgoing connections."""

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_offset() -> int:
    for _ in range(100):
        offset = random.choice(FIRST_OFFSETS)
        if not any(is_listening(BASE + offset + n) for n in range(COUNT)):
            return offset
    raise AssertionError("no four ports in a row are free")


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.is_dir()}


class Newcomer:
    """A person with a home, a temporary folder and two terminals."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data_dir = home / "cloud"
        self.offset = free_offset()
        self.output = home / "screen"
        self.up: subprocess.Popen[bytes] | None = None
        (home / "tmp").mkdir()
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        self.environ = {"PATH": path, "HOME": str(home), "TMPDIR": str(home / "tmp"), "LANG": "C.UTF-8"}

    def words(self) -> list[str]:
        place = ["--data-dir", str(self.data_dir), "--port-offset", str(self.offset)]
        return [str(PROGRAMS / "photonctl"), "up", "--level", "0a", *place]

    def port(self, number: int) -> int:
        return number + self.offset

    def start(self) -> None:
        """`photonctl up` in the first terminal, until it shows that everything is up."""
        with self.output.open("wb") as screen:
            self.up = subprocess.Popen(
                self.words(), env=self.environ, stdout=screen, stderr=screen, start_new_session=True
            )
        deadline = time.monotonic() + WAIT_SEC
        while "phase=up" not in self.screen():
            assert self.up.poll() is None, self.screen()
            assert time.monotonic() < deadline, self.screen()
            time.sleep(0.05)

    def screen(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        assert self.up is not None
        self.up.send_signal(signal.SIGINT)
        return self.up.wait(WAIT_SEC)

    def try_up(self, *more: str) -> subprocess.CompletedProcess[str]:
        """An `up` that is expected to be refused."""
        return subprocess.run(
            [*self.words(), "-d", *more],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=WAIT_SEC,
            check=False,
        )

    def type(self, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A line, or several, in the second terminal."""
        return subprocess.run(
            ["bash", "-ec", text],
            cwd=self.home,
            env={**self.environ, **variables},
            capture_output=True,
            text=True,
            timeout=WAIT_SEC,
            check=False,
        )


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    person = Newcomer(tmp_path)
    yield person
    if person.up is not None and person.up.poll() is None:
        person.up.kill()
        person.up.wait()
    person.type(f"photonctl down --data-dir {person.data_dir}")


def printed_commands(screen: str) -> list[str]:
    """The indented lines below `try …:`."""
    tail = screen.split("try lightningstor:\n", 1)[1]
    return [line.strip() for line in re.match(r"(?:  .*\n)+", tail)[0].splitlines()]  # type: ignore[index]


def sessions_of(pid: int) -> list[str]:
    done = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line.split()[1] == str(pid)]


def test_the_printed_commands_work_as_they_stand_and_ctrl_c_leaves_nothing(newcomer: Newcomer) -> None:
    newcomer.start()
    commands = printed_commands(newcomer.screen())
    assert [word for word in ("export", "mb", "cp -", "curl") if not any(word in line for line in commands)] == []
    done = newcomer.type("\n".join(commands))
    assert done.returncode == 0, done.stderr
    assert "hello\n" in done.stdout
    assert '"status": "healthy"' in done.stdout

    supervisor = newcomer.up.pid if newcomer.up else 0
    children = sessions_of(supervisor)
    assert children
    assert newcomer.interrupt() == 0
    assert "everything is stopped" in newcomer.screen()
    assert not [line for line in children if Path(f"/proc/{line.split()[0]}").exists()]
    assert not [number for number in range(BASE, BASE + COUNT) if is_listening(newcomer.port(number))]
    assert not [path for path in files(newcomer.data_dir) if path.is_socket()]
    assert files(newcomer.home / "tmp") == set()


def test_the_data_is_there_at_the_next_start(newcomer: Newcomer) -> None:
    newcomer.start()
    export, make, store, show, _ = printed_commands(newcomer.screen())
    assert newcomer.type("\n".join([export, make, store])).returncode == 0
    assert newcomer.interrupt() == 0
    newcomer.start()
    assert newcomer.type(f"{export}\n{show}").stdout == "hello\n"
    assert newcomer.interrupt() == 0


def test_a_wrong_key_is_told_as_s3_tells_it_and_logged(newcomer: Newcomer) -> None:
    newcomer.start()
    _, _, _, show, _ = printed_commands(newcomer.screen())
    key_id = re.search(r"aws_access_key_id = (\S+)", (newcomer.data_dir / "secrets" / "aws-credentials").read_text())
    assert key_id is not None
    unknown = newcomer.type(show, AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="x")
    mistyped = newcomer.type(show, AWS_ACCESS_KEY_ID=key_id[1], AWS_SECRET_ACCESS_KEY="x")
    assert unknown.returncode != 0
    assert mistyped.returncode != 0
    log = (newcomer.data_dir / "log" / "lightningstor.log").read_text()
    assert "InvalidAccessKeyId" in log
    assert "SignatureDoesNotMatch" in log
    listing = show.replace("s3 cp s3://demo/hello.txt -", "s3 ls")
    told = newcomer.type(listing, AWS_ACCESS_KEY_ID=key_id[1], AWS_SECRET_ACCESS_KEY="x")
    assert "Check your key and signing method" in told.stderr
    assert newcomer.interrupt() == 0


def test_a_taken_port_is_named_with_its_holder_and_nothing_starts(newcomer: Newcomer) -> None:
    with socket.create_server(("127.0.0.1", newcomer.port(9001))):
        done = newcomer.try_up()
    assert done.returncode == 71
    assert f"127.0.0.1:{newcomer.port(9001)}/tcp (s3) is taken: pid {os.getpid()}" in done.stderr
    assert "nothing was started" in done.stderr
    assert not is_listening(newcomer.port(9003))
    assert not newcomer.data_dir.exists()


def test_a_directory_that_others_may_write_is_refused_with_the_remedy(newcomer: Newcomer) -> None:
    newcomer.data_dir.mkdir()
    (newcomer.data_dir / "something").touch()
    newcomer.data_dir.chmod(0o777)
    done = newcomer.try_up()
    if os.geteuid() == 0:
        assert done.returncode == 73
        assert f"chmod 700 {newcomer.data_dir}" in done.stderr
    else:
        assert done.returncode == 0, done.stderr


def test_a_directory_that_cannot_be_made_is_refused(newcomer: Newcomer) -> None:
    newcomer.data_dir = Path("/proc/photoncloud")
    done = newcomer.try_up()
    assert done.returncode == 73
    assert "/proc/photoncloud" in done.stderr
    assert "--data-dir" in done.stderr


def test_a_file_in_place_of_the_directory_is_refused(newcomer: Newcomer) -> None:
    newcomer.data_dir.touch()
    done = newcomer.try_up()
    assert done.returncode == 73
    assert "--data-dir" in done.stderr


def test_data_the_server_may_not_read_stops_the_start_with_the_reason(newcomer: Newcomer) -> None:
    """A store key that others can read: the server refuses it, and `up` shows the server's own words."""
    newcomer.start()
    assert newcomer.interrupt() == 0
    (newcomer.data_dir / "lightningstor" / "meta" / "store.key").chmod(0o644)
    done = newcomer.try_up("--wait", "5")
    assert done.returncode == 1
    assert "chmod 600" in done.stdout + done.stderr
    assert "store.key" in done.stdout + done.stderr
    assert newcomer.type(f"photonctl down --data-dir {newcomer.data_dir}").returncode == 0
