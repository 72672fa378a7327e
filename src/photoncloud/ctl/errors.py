"""How a command fails: one line, lower case, what failed and what to do; and the status it ends with."""

from __future__ import annotations

from photoncloud.ctl.core import exit_status


class CommandFailed(Exception):
    """`exit_status` never changes meaning (`core/exit_status.py`)."""

    exit_status = exit_status.FAILED

    def __init__(self, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint
        if status is not None:
            self.exit_status = status


class UsageWrong(CommandFailed):
    """The command line is not understood."""

    exit_status = exit_status.USAGE


class ServiceUnreachable(CommandFailed):
    exit_status = exit_status.UNAVAILABLE


class SettingsWrong(CommandFailed):
    """`config.toml` of photonctl is refused."""

    exit_status = exit_status.CONFIGURATION


class TimedOut(CommandFailed):
    exit_status = exit_status.TIMEOUT
