"""The figures as a Markdown table, for people to read and for a page to keep."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Final

import tsframe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.measure import Line

BEGIN: Final = "<!-- figures: written by scripts/bench --output -->\n"
END: Final = "<!-- end of figures -->\n"

_HEADER: Final = (
    "case",
    "what is measured",
    "tsframe",
    "rows a second",
    "peer",
    "takes",
    "ratio",
    "lowest to highest",
    "limit",
    "met",
)
_PACKAGES: Final = ("boto3", "duckdb", "moto", "polars", "pyarrow")
_A_SECOND: Final = {"s": 1, "s of CPU": 1, "ms": 1_000, "ms of CPU": 1_000}
_DECIMALS: Final = {"MiB": 0, "units": 0, "ms": 1, "ms of CPU": 1}


def as_table(lines: Iterable[Line]) -> str:
    """Lay the lines out as a table whose columns are aligned."""
    rows = [_HEADER, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |\n" for row in rows
    )


def machine() -> str:
    """Say what the figures were measured on, and with which versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{platform.system()} {platform.machine()}, {_cores()} cores, Python {platform.python_version()}, "
        f"tsframe {tsframe.__version__}, {packages}\n"
    )


def save(text: str, path: Path) -> None:
    """Write the figures to a file; in a page that has the marks, between them."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    whole = f"{before}{begin}\n{text}\n{end}{after}" if end else text
    path.write_text(whole, encoding="utf-8")


def _cells(line: Line) -> tuple[str, ...]:
    ours, peer, ratios = median(line.pairs.ours), median(line.pairs.peer), line.pairs.ratios
    if line.limited == "times":
        ratios = tuple(1 / ratio for ratio in ratios)
    is_ratio = line.limited in {"ratio", "times"}
    sign = "at least " if line.limited == "times" else ""
    limit = _quantity(line.limit, line.unit) + (" more" if line.limited == "more" else "")
    return (
        line.case,
        line.what,
        _quantity(ours, line.unit),
        f"{line.rows / ours * _A_SECOND[line.unit]:,.0f}" if line.rows else "",
        line.beside,
        _quantity(peer, line.unit),
        f"{median(ratios):.2f}" if is_ratio else "",
        f"{min(ratios):.2f} to {max(ratios):.2f}" if is_ratio else "",
        f"{sign}{line.limit:.2f}" if is_ratio else limit,
        "yes" if line.met else "no",
    )


def _quantity(value: float, unit: str) -> str:
    return f"{value:,.{_DECIMALS.get(unit, 3)}f} {unit}"


def _cores() -> int:
    # What this process may use, where the system tells; DuckDB and Polars start as many threads.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
