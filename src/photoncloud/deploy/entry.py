"""`photon-entry`: the entry point of our images. Becomes `<component>-server`, so signals reach the component.

`PHOTON_COMPONENT` names the component (set by the image). `/etc/<component>/config.toml` becomes `PHOTON_CONFIG`
when it exists and none is set; every argument is handed on. Exit 64 without a component, 69 when its command is not
installed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

USAGE = 64
UNAVAILABLE = 69
_COMPONENT = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")


def main() -> int:
    component = os.environ.get("PHOTON_COMPONENT", "")
    if not _COMPONENT.match(component):
        print("photon-entry: PHOTON_COMPONENT must name the component to run", file=sys.stderr)
        return USAGE
    program = f"{component}-server"
    environ = environment(component, os.environ, Path("/etc"))
    beside = Path(sys.executable).with_name(program)
    try:
        if os.access(beside, os.X_OK):
            os.execve(beside, [program, *sys.argv[1:]], environ)
        os.execvpe(program, [program, *sys.argv[1:]], environ)
    except OSError:
        print(f'{component} is not installed: pip install "photoncloud[{component}]"', file=sys.stderr)
    return UNAVAILABLE


def environment(component: str, environ: Mapping[str, str], etc: Path) -> dict[str, str]:
    """The variables the component gets."""
    config = etc / component / "config.toml"
    found = dict(environ)
    if config.is_file() and not found.get("PHOTON_CONFIG"):
        found["PHOTON_CONFIG"] = str(config)
    return found


if __name__ == "__main__":
    sys.exit(main())
