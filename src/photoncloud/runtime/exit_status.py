"""Exit statuses of every PhotonCloud process (sysexits where one fits). A number never changes meaning."""

from typing import Final

OK: Final = 0
"""Stopped as asked."""
FAILED: Final = 1
"""Failed while serving."""
USAGE: Final = 64
"""The command line is wrong."""
UNAVAILABLE: Final = 69
"""An extra is not installed, or a needed service is absent and fallback is off."""
INTERNAL: Final = 70
"""A defect of ours; the log has the stack."""
OS_ERROR: Final = 71
"""The operating system refuses: port taken, file limit."""
CANNOT_CREATE: Final = 73
"""A data or state directory cannot be made or written."""
IO_ERROR: Final = 74
"""Input or output on our own data failed."""
NO_PERMISSION: Final = 77
"""A capability such as CAP_NET_ADMIN is missing."""
CONFIGURATION: Final = 78
"""The configuration is refused."""
FORCED_INTERRUPT: Final = 130
"""A second SIGINT."""
FORCED_TERMINATE: Final = 143
"""A second SIGTERM."""

RETRY_IS_USELESS: Final = frozenset({USAGE, UNAVAILABLE, NO_PERMISSION, CONFIGURATION})
"""Starting the same thing again cannot help; supervisors do not restart after these."""
