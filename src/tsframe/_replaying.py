"""Writing the rows of a dead-letter file again; what lands leaves the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tsframe._dead_letters import read_letters
from tsframe._frames.batches import Rules
from tsframe._frames.columns import Said
from tsframe._writing import write
from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    import os

    from tsframe._dead_letters import Letters
    from tsframe._preparing import Wishes
    from tsframe._report import WriteReport
    from tsframe._service import Service
    from tsframe._watching import Listener


_Words = TypeVar("_Words", Said, Rules)


def replay(
    service: Service,
    path: str | os.PathLike[str],
    table: str | tuple[str, str] | None,
    wishes: Wishes,
    listener: Listener,
) -> WriteReport:
    """Write the rows of a file again; see ``tsframe.replay``. An option that has its default is as it was."""
    if wishes.dead_letter is not None:
        message = f"dead_letter={wishes.dead_letter!r}: rows that do not land stay in {str(path)!r}; leave it out"
        raise InvalidFrameError(message)
    found = Path(path)
    letters = read_letters(found)
    where = table or letters.table
    if where is None:
        message = f"{str(path)!r} does not say which table its rows are for: give it, for example 'iot.sensors'"
        raise InvalidFrameError(message)
    left = found.with_name(f"{found.name}.left")
    left.unlink(missing_ok=True)
    try:
        report = write(service, letters.rows, where, replace(_as_before(wishes, letters), dead_letter=left), listener)
    except BaseException as error:
        _leave(found, left, getattr(error, "report", None))
        raise
    _leave(found, left, report)
    return report


def _as_before(wishes: Wishes, letters: Letters) -> Wishes:
    """Return the wishes with the roles and rules that the rows had, where the caller says nothing else."""
    roles = _roles(letters.columns) if letters.columns else {}
    return replace(wishes, said=_filled(wishes.said, roles), rules=_filled(wishes.rules, letters.rules))


def _filled(words: _Words, before: dict[str, Any]) -> _Words:
    """Return words with those of before where nothing, or the default, was said."""
    unsaid = type(words)()
    left = {name: value for name, value in before.items() if getattr(words, name) == getattr(unsaid, name)}
    return replace(words, **left)


def _roles(columns: dict[str, Any]) -> dict[str, Any]:
    unit = columns["time_unit"]
    return {
        "time": (columns["time"], unit) if unit else columns["time"],
        "dimensions": columns["dimensions"],
        "measures": columns["measures"],
        "measure_name": columns["measure_name"],
        "version": columns["version"],
    }


def _leave(path: Path, left: Path, report: WriteReport | None) -> None:
    """Let the file hold what did not land: it is replaced or removed in one step, or stays if nothing is known."""
    if left.exists():
        left.replace(path)
    elif report is not None and report.ingested + report.skipped_rows == report.rows:
        path.unlink()
