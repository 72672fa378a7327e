"""`photonctl`. `--version` is answered here: it imports nothing but the version."""

import sys


def main() -> int:
    if sys.argv[1:] in (["--version"], ["version", "--client"]):
        from photoncloud import __version__

        print(f"photonctl {__version__}")
        return 0
    from photoncloud.ctl.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
