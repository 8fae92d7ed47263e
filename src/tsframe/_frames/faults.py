"""How a fault in a frame is told: the column, what was found, in which rows, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    import pyarrow as pa

    from tsframe.typing import Flags, Integers

_SHOWN = 3
_LONGEST = 60


class NothingToWriteError(InvalidFrameError):
    """No row makes a record; a part of a stream may be so."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def refuse(problem: str, remedy: str) -> NoReturn:
    """Raise the error of a fault that is not of single rows."""
    message = f"{problem}: {remedy}"
    raise InvalidFrameError(message)


def refuse_where(flags: Flags, column: str, problem: str, remedy: str, values: pa.Array | None = None) -> None:
    """Raise the error of a fault if any row has it, with the first of them."""
    rows = np.flatnonzero(flags)
    if len(rows):
        message = f"column {column!r} {problem} in {show_rows(rows, values)}: {remedy}"
        raise InvalidFrameError(message)


def show_rows(rows: Integers, values: pa.Array | None = None) -> str:
    """Name the first rows, with their values, and how many more there are."""
    shown = [str(row) if values is None else f"{row} ({_short(values[row])})" for row in rows[:_SHOWN].tolist()]
    more = len(rows) - len(shown)
    listed = ", ".join(shown) + (f" and {more:,} more" if more else "")
    return ("row " if len(rows) == 1 else "rows ") + listed


def _short(value: pa.Scalar) -> str:
    try:
        text = repr(value.as_py())
    except (OverflowError, ValueError, ImportError):
        # A time that Python has no value for: what Arrow counts.
        text = f"{value.value} as {value.type}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
