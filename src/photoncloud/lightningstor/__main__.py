"""`lightningstor-server`: nothing third-party is imported before it is known to be there."""

from __future__ import annotations

import sys

COMPONENT = "lightningstor"
UNAVAILABLE = 69
"""EX_UNAVAILABLE; the same as `runtime.exit_status.UNAVAILABLE`, which may not be importable here."""


def main() -> int:
    """The exit status of the command line."""
    try:
        from photoncloud.lightningstor.cli import run

        return run(sys.argv[1:])
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("photoncloud"):
            raise
        message = f'{COMPONENT} needs packages that are not installed: pip install "photoncloud[{COMPONENT}]"'
        print(message, file=sys.stderr)
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
