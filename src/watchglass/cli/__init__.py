"""What is typed in a terminal. Nothing heavy is imported before it is needed."""

import sys


def main() -> None:
    """The command ``watchglass``."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from watchglass import __version__

        print(f"watchglass {__version__}")  # noqa: T201 (this is what was asked for)
        return
    from watchglass.cli.app import run

    sys.exit(run())
