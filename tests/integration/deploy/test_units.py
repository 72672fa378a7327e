"""Units under systemd's own checks: no error, no warning, and little exposure (deploy.md §9.5)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from photoncloud.deploy.adapters import level_files
from photoncloud.deploy.core.port_plan import plan_ports
from photoncloud.deploy.core.systemd import render
from photoncloud.deploy.core.topology import Topology
from photoncloud.deploy.core.topology_schema import parse
from photoncloud.deploy.service.render import write
from photoncloud.deploy.service.resolve import Request, topology

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")

# The bar of the specification is 2.5.
THRESHOLD = 25


def big() -> Topology:
    network = ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_BPF", "CAP_PERFMON"]
    components = {
        "kv": {"program": ["/bin/true", "100% $HOME \\ \" '"], "resources": {"memory_max_mb": 64, "cpu_weight": 50}},
        "lb": {"program": ["/bin/true"], "needs": {"kv": "healthy"}, "capabilities": network, "network": "host"},
        "dns": {"program": ["/bin/true"], "env": {"A": "x\ny %h", "S": "@secret.token"}, "files": {"/etc/z": "/tmp"}},
    }
    level, found = parse({"level": {"name": "big"}, "components": components})
    assert level is not None, found
    return level


def levels() -> list[Topology]:
    return [big(), *(topology(Request(level=name)) for name in level_files.names())]


@pytest.mark.parametrize("level", levels(), ids=lambda level: level.name)
def test_units_are_verified_and_confined(level: Topology, tmp_path: Path) -> None:
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for component in level.components:
        if "/" not in component.program[0]:
            (bin_dir / component.program[0]).symlink_to(sys.executable)
    units = tmp_path / "units"
    write(render(level, plan_ports(level), "0.1.0", bin_dir=str(bin_dir)), units)
    names = sorted(path.name for path in units.iterdir() if path.suffix in (".service", ".target"))
    command = ["systemd-analyze", "verify", "--man=no", *names]
    done = subprocess.run(command, cwd=units, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name in names:
        if name.endswith(".service"):
            command = ["systemd-analyze", "security", "--offline=true", f"--threshold={THRESHOLD}", name]
            done = subprocess.run(command, cwd=units, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stdout.splitlines()[-1]
