"""What photonctl ends with (photonctl.md §4.2). A number never changes meaning."""

from typing import Final

OK: Final = 0
FAILED: Final = 1
CHANGES: Final = 2
"""Only of commands that plan or check: there is something to do."""
LAYER_FIRST: Final = 10
"""`check-connection`: 10 + index of the first layer that failed, 18 at most."""
TIMEOUT: Final = 20
USAGE: Final = 64
UNAVAILABLE: Final = 69
INTERNAL: Final = 70
OS_ERROR: Final = 71
IO_ERROR: Final = 74
NO_PERMISSION: Final = 77
CONFIGURATION: Final = 78
INTERRUPTED: Final = 130

MEANINGS: Final = {
    0: "done; the answer is yes",
    1: "the operation failed, or the answer is no",
    2: "changes are present (deploy check)",
    10: "check-connection: names cannot be resolved",
    11: "check-connection: no address accepts a connection",
    12: "check-connection: TLS is refused",
    13: "check-connection: the service says it is not healthy, or says nothing",
    14: "check-connection: the service does not speak its protocol",
    15: "check-connection: the credentials are refused",
    16: "check-connection: too slow",
    17: "check-connection: clocks are more than 30 s apart",
    18: "check-connection: versions do not go together",
    20: "the time of --wait or --timeout was over",
    64: "the command line is wrong",
    69: "a service could not be reached, or a package is not installed",
    70: "a defect of photonctl itself",
    71: "the operating system refuses: a port is taken",
    73: "a directory cannot be made or written",
    74: "reading or writing our own data failed",
    77: "forbidden",
    78: "a configuration is refused",
    130: "interrupted",
}
