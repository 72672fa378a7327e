"""What this machine offers of the features a topology may demand."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

CAP_NET_ADMIN = 12


def available() -> frozenset[str]:
    """The features of `topology.HOST_FEATURES` that are here."""
    tests = {
        "root": os.geteuid() == 0,
        "netns": os.geteuid() == 0 and Path("/proc/self/ns/net").exists(),
        "nftables": _may_administer_network() and shutil.which("nft") is not None,
        "ipvs": _may_administer_network() and Path("/proc/net/ip_vs").exists(),
        "ebpf": os.geteuid() == 0 and Path("/sys/fs/bpf").is_dir(),
        "postgresql": _has_postgresql(),
        "etcd": shutil.which("etcd") is not None,
        "unbound": shutil.which("unbound", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None,
    }
    return frozenset(name for name, holds in tests.items() if holds)


def _may_administer_network() -> bool:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return False
    mask = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff:")), 0)
    return bool(mask >> CAP_NET_ADMIN & 1)


def _has_postgresql() -> bool:
    return shutil.which("postgres") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
