"""The few lines between the supervisor and a component: `python -I -S launcher.py JSON ARGV...`.

Runs alone (only the standard library, no package import), sets what must be set inside the child, and executes the
program. The JSON holds: parent (pid of the supervisor), directory, open_files, cgroup (path of `cgroup.procs` or "").
Exit 71 when the environment cannot be prepared, 69 when the program cannot be executed.
"""

import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
OS_ERROR = 71
UNAVAILABLE = 69


def main(settings_text: str, argv: list[str]) -> int:
    settings = json.loads(settings_text)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        return refused("prctl", os.strerror(ctypes.get_errno()))
    # The supervisor may have died before the line above: then nobody will ever end us.
    if os.getppid() != settings["parent"]:
        return OS_ERROR
    try:
        prepare(settings["cgroup"], settings["open_files"], settings["directory"])
    except OSError as error:
        return refused(argv[0], str(error))
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        print(f"launcher: {argv[0]}: {error.strerror}", file=sys.stderr)
        return UNAVAILABLE


def prepare(cgroup_procs: str, open_files: int, directory: str) -> None:
    os.umask(0o077)
    if cgroup_procs:
        with open(cgroup_procs, "w") as group:
            group.write(str(os.getpid()))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = open_files if hard == resource.RLIM_INFINITY else min(open_files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    os.chdir(directory)
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def refused(what: str, why: str) -> int:
    print(f"launcher: {what}: {why}", file=sys.stderr)
    return OS_ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
