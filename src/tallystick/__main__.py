"""`python -m tallystick` is the `tallystick` command."""

import sys

INTERRUPTED = 130


def run() -> None:
    """Load the command line and run it; an interrupt while it loads ends without a traceback."""
    try:
        from tallystick.cli.main import run as command_line  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    command_line()


if __name__ == "__main__":
    run()
