"""Write the generated parts of the pages anew; with ``--check``, fail if one is not current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import tsframe  # noqa: E402 - the tests' cases are found in the root
from tests.frames.dtypes import CASES, Case  # noqa: E402
from tsframe.errors import InvalidFrameError  # noqa: E402

PAGE = ROOT / "docs" / "types.md"
BEGIN, END = "<!-- types:begin -->\n", "<!-- types:end -->\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if a page is not current")
    check = parser.parse_args().check

    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    current = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if current == page:
        return 0
    if check:
        print(f"{PAGE.relative_to(ROOT)} is not current: run scripts/docs", file=sys.stderr)
        return 1
    PAGE.write_text(current, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} was written anew")
    return 0


def table() -> str:
    """Write every case through tsframe, and tell what became of it."""
    rows = [("library", "dtype", "as a measure", "as a dimension", "note")]
    rows += [(case.library, f"`{case.dtype}`", measure(case), dimension(case), case.note) for case in CASES]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, tuple("-" * width for width in widths))
    return "".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |\n" for row in rows
    )


def measure(case: Case) -> str:
    return outcome(case, dimensions="device", measures="value")


def dimension(case: Case) -> str:
    return outcome(case, dimensions=["device", "value"], measures="n")


def outcome(case: Case, **roles: object) -> str:
    with tsframe.connect(":memory:") as ts:
        try:
            ts.write(case.frame(), "docs.types", time="time", create=True, **roles)
        except InvalidFrameError as error:
            return f"refused: {str(error).rpartition(': ')[2]}"
        columns = ts.describe("docs.types", backend="pyarrow").columns.to_pylist()
    return next((column["type"] for column in columns if column["column"] == "value"), "no column")


if __name__ == "__main__":
    raise SystemExit(main())
