"""The supervisor's own log: one JSON object a line in `log/supervisor.log`, and on the screen."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from photoncloud.deploy.adapters.log_files import RotatingFile, Screen, silent

NAME = "supervisor"


class EventLog:
    """Keys: ts (RFC 3339, UTC), level, event, component of the line (`supervisor`), then the event's own."""

    def __init__(self, data_dir: Path, screen: Screen = silent) -> None:
        self.path = data_dir / "log" / f"{NAME}.log"
        self._file = RotatingFile(self.path)
        self._screen = screen

    def write(self, event: str, **fields: Any) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        level = "error" if fields.get("phase") == "failed" else "info"
        line = json.dumps({"ts": now, "level": level, "event": event, **fields}).encode() + b"\n"
        self._file.write(line)
        self._screen(NAME, line)

    def close(self) -> None:
        self._file.close()
