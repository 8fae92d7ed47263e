"""``python -m tsframe``, and the command ``tsframe``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from tsframe._cli.app import app  # noqa: PLC0415 - it needs an extra
    except ModuleNotFoundError as error:
        if error.name != "typer":
            raise
        sys.exit("the command line needs Typer: pip install 'tsframe[cli]'")
    app(prog_name="tsframe")


if __name__ == "__main__":
    main()
