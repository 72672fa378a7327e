"""The detached supervisor: `python -m photoncloud.deploy --data-dir DIR` runs `DIR/run/plan.json`.

`photonctl up -d` starts it. It reads no configuration of its own and prints nothing: see `DIR/log/supervisor.log`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from photoncloud.deploy.adapters.run_lock import RunLock
from photoncloud.deploy.adapters.state_file import StateFile
from photoncloud.deploy.errors import DeployError
from photoncloud.deploy.service.serve import run


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="photoncloud.deploy")
    parser.add_argument("--data-dir", type=Path, required=True)
    data_dir: Path = parser.parse_args(argv).data_dir
    try:
        plan = StateFile(data_dir).read_plan()
        if plan is None:
            print(f"{data_dir}: there is no plan to run", file=sys.stderr)
            return 64
        run(plan, RunLock(data_dir))
    except DeployError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
