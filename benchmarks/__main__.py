"""``python -m benchmarks [CASE …]``: measure the cases, all by default, and print one table."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import cases, processes, sending, serving
from benchmarks.measure import Scale
from benchmarks.table import as_table, machine, save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.measure import Line

CASES: Final[dict[str, Callable[[Scale], Iterator[Line]]]] = {
    "write": cases.write,
    "upsert": cases.upsert,
    "read": cases.read,
    "import": processes.importing,
    "memory": processes.memory,
    "send": sending.send,
    "encode": sending.encode,
    "units": sending.units,
    "stream": sending.stream,
    "serve": serving.serve,
    "serve-large": serving.large,
    "serve-together": serving.together,
    "serve-latency": serving.latency,
    "serve-start": serving.start,
    "serve-memory": serving.memory,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a limit that is not kept shows in the table and is no failure."""
    asked = _parser().parse_args(arguments)
    scale = Scale(rows=asked.rows, hosts=asked.hosts, repeats=asked.repeats)
    lines: list[Line] = []
    for name in asked.cases or CASES:
        print(f"measuring {name} …", file=sys.stderr)
        lines.extend(CASES[name](scale))
    text = f"{machine()}\n{as_table(lines)}"
    print(text, end="")
    if asked.output:
        save(text, asked.output)


def _parser() -> argparse.ArgumentParser:
    usual = Scale()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    # Not choices=…: argparse applies them to an empty list too.
    parser.add_argument("cases", nargs="*", type=_case, metavar="CASE", help=f"one of {', '.join(CASES)}")
    parser.add_argument("--rows", type=_positive, default=usual.rows, help="of a frame (%(default)s)")
    parser.add_argument("--hosts", type=_positive, default=usual.hosts, help="series of a frame (%(default)s)")
    parser.add_argument("--repeats", type=_positive, default=usual.repeats, help="of each case (%(default)s)")
    parser.add_argument("--output", type=Path, help="also write to this file; between its marks, if it has them")
    return parser


def _case(name: str) -> str:
    if name not in CASES:
        message = f"{name!r} is none of {', '.join(CASES)}"
        raise argparse.ArgumentTypeError(message)
    return name


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        message = f"{text!r} is not 1 or more"
        raise argparse.ArgumentTypeError(message)
    return number


if __name__ == "__main__":
    # As by Ctrl-C, so that the processes that it started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    main()
