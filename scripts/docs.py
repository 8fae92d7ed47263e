"""Write the generated parts of the pages anew; with ``--check``, fail if one is not current."""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import tsframe  # noqa: E402 - the tests' cases are found in the root
from tests.frames.dtypes import CASES, Case  # noqa: E402
from tsframe.errors import InvalidFrameError  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tsframe import Connection

PAGE = ROOT / "docs" / "types.md"
BEGIN, END = "<!-- types:begin -->\n", "<!-- types:end -->\n"
REFUSED = "refused"
COUNTS = "say what it counts"
"""The remedy for integers: they are times if their unit is said."""


class Outcome(NamedTuple):
    """What becomes of a column in one role, and where it is refused what to do instead."""

    becomes: str
    remedy: str = ""


class Row(NamedTuple):
    """What becomes of a dtype."""

    measure: Outcome
    dimension: Outcome
    time: str
    note: str

    def cells(self) -> tuple[str, str, str, str]:
        return self.measure.becomes, self.dimension.becomes, self.time, "; ".join(self._notes())

    def _notes(self) -> Iterator[str]:
        if self.note:
            yield self.note
        if self.measure.remedy:
            yield f"instead, {self.measure.remedy}"
        elif self.dimension.remedy:
            yield f"for a dimension, {self.dimension.remedy}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, exit with 1 if a page is not current")
    check = parser.parse_args().check

    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    current = f"{before}{BEGIN}\n{tables()}\n{END}{after}"
    if current == page:
        return 0
    if check:
        print(f"{PAGE.relative_to(ROOT)} is not current: run scripts/docs", file=sys.stderr)
        return 1
    PAGE.write_text(current, encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} was written anew")
    return 0


def tables() -> str:
    """Write every case through tsframe, and tell what became of it: libraries with the same table share it."""
    shared: dict[str, list[str]] = {}
    with tsframe.connect(":memory:") as ts:
        ts.create_database("docs")
        for library, cases in groupby(CASES, key=lambda case: case.library):
            shared.setdefault(table(ts, cases), []).append(library)
    return "\n".join(f"### {', '.join(libraries)}\n\n{rows}" for rows, libraries in shared.items())


def table(ts: Connection, cases: Iterable[Case]) -> str:
    """Dtypes that follow each other and become the same share a row."""
    rows = [("dtype", "as a measure", "as a dimension", "as the time", "note"), ("---",) * 5]
    for row, alike in groupby(((observe(ts, case), case) for case in cases), key=lambda pair: pair[0]):
        rows.append((", ".join(f"`{case.dtype}`" for _, case in alike), *row.cells()))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def observe(ts: Connection, case: Case) -> Row:
    return Row(
        measure=outcome(ts, case, time="time", dimensions="device", measures=["value", "n"]),
        dimension=outcome(ts, case, time="time", dimensions=["device", "value"], measures="n"),
        time=as_time(outcome(ts, case, rows=2, time="value", dimensions="device", measures="n")),
        note=case.note,
    )


def outcome(ts: Connection, case: Case, *, rows: int | None = None, **roles: object) -> Outcome:
    ts.create_table("docs.types", memory_store_hours=8766, magnetic_writes=True)
    try:
        ts.write(case.frame()[:rows], "docs.types", **roles)
        columns = ts.describe("docs.types", backend="pyarrow").columns.to_pylist()
    except InvalidFrameError as error:
        return Outcome(REFUSED, str(error).rpartition(": ")[2])
    finally:
        ts.delete_table("docs.types")
    return Outcome(next((column["type"] for column in columns if column["column"] == "value"), "nothing"))


def as_time(found: Outcome) -> str:
    if found.becomes != REFUSED:
        return "yes"
    return "with a unit" if found.remedy.startswith(COUNTS) else REFUSED


if __name__ == "__main__":
    raise SystemExit(main())
