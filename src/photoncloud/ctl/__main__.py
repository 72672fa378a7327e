"""`photonctl`. `--version`, completion and container health checks are answered before anything heavy is imported."""

import sys


def main() -> int:
    if sys.argv[1:] in (["--version"], ["version", "--client"]):
        from photoncloud import __version__

        print(f"photonctl {__version__}")
        return 0
    if sys.argv[1:2] == ["__complete"]:
        from photoncloud.ctl.service.completion import complete

        return complete(sys.argv[2:])
    if sys.argv[1:] == ["check-connection", "--self"]:
        import os

        from photoncloud.ctl.service.self_check import run as run_self_check

        return run_self_check(os.environ)
    from photoncloud.ctl.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
