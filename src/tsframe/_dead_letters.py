"""Rows that did not land, in a Parquet file, in the caller's columns and with the reason; and how to read them again.

The file says in its metadata which table and which roles the rows had, so that ``replay`` needs nothing else.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tsframe.errors import InvalidFrameError, TimestreamError

if TYPE_CHECKING:
    from tsframe._frames.batches import Rules
    from tsframe._model.columns import Columns
    from tsframe._parts import Part
    from tsframe.typing import Integers

_METADATA: Final = b"tsframe.dead_letter"
_OURS: Final = pa.schema(
    [
        ("rejected_row", pa.int64()),
        ("rejected_fate", pa.string()),
        ("rejected_reason", pa.string()),
        ("rejected_code", pa.string()),
        ("rejected_existing_version", pa.int64()),
    ]
)
"""What is added to the caller's columns: the row in the frame, and ``rejected``, ``in doubt`` or ``unsent``."""

_WHY: Final = {
    "in doubt": "the request had no good answer: stored or not",
    "unsent": "the request was not sent, or refused whole",
}


@dataclass(frozen=True, slots=True)
class Letters:
    """What a dead-letter file holds."""

    rows: pa.Table
    """In the caller's columns."""
    table: str | None
    columns: dict[str, Any] | None
    """The roles, as ``Columns.to_dict``; none if another program has written the file."""
    rules: dict[str, Any]


class DeadLetters:
    """The rows of one write that did not land, until they are written down at its end."""

    def __init__(self, path: str | os.PathLike[str], table: str) -> None:
        self._path = Path(path)
        self._table = table
        self._parts: list[pa.Table] = []
        self._before: pa.Table | None = None
        if self._path.exists():
            self._before = _read(self._path)
            found = _said(self._before).get("table")
            if found != table:
                message = (
                    f"dead_letter={str(path)!r} holds rows of table {found!r}, not {table!r}: name another file, or "
                    f"write them first with tsframe.replay({str(path)!r})"
                )
                raise InvalidFrameError(message)
        elif not self._path.absolute().parent.is_dir():
            message = f"dead_letter={str(path)!r}: there is no folder {str(self._path.absolute().parent)!r}: make it"
            raise InvalidFrameError(message)

    def begin(self, schema: pa.Schema) -> None:
        """Check that rows of this schema can join those that the file has."""
        taken = [name for name in _OURS.names if name in schema.names]
        if taken:
            message = f"column {taken[0]!r} has a name that a dead-letter file needs: rename it"
            raise InvalidFrameError(message)
        if self._before is not None:
            try:
                pa.unify_schemas([self._before.schema, schema, _OURS], promote_options="permissive")
            except pa.ArrowException as error:
                message = (
                    f"dead_letter={str(self._path)!r} holds rows of other types ({error}): name another file, or "
                    f"write them first with tsframe.replay({str(self._path)!r})"
                )
                raise InvalidFrameError(message) from error

    def add(self, part: Part, table: pa.Table) -> None:
        """Put the rows of a part aside that did not land; ``table`` has all its rows."""
        rejected = part.result.rejected
        # A row of which several records were rejected is there once, with the first reason.
        rows, first = np.unique(part.first_rejected, return_index=True)
        self._put(table, part.first, rows, "rejected", rejected.take(pa.array(first)))
        # Further rows of a rejected record that was made of several.
        self._put(table, part.first, np.setdiff1d(part.rejected, rows), "rejected", None)
        self._put(table, part.first, part.in_doubt, "in doubt", None)
        self._put(table, part.first, part.unsent, "unsent", None)

    def close(self, columns: Columns, rules: Rules) -> None:
        """Write the rows to the file, after those it has; nothing if every row landed."""
        if self._parts:
            found = [*([] if self._before is None else [self._before]), *self._parts]
            table = pa.concat_tables([one.replace_schema_metadata(None) for one in found], promote_options="permissive")
            about = {"table": self._table, "columns": columns.to_dict(), "rules": asdict(rules)}
            save(self._path, table.replace_schema_metadata({_METADATA: json.dumps(about).encode()}))

    def _put(self, table: pa.Table, first: int, rows: Integers, fate: str, reasons: pa.Table | None) -> None:
        if not len(rows):
            return
        count = len(rows)
        reason = reasons["reason"] if reasons else pa.array([_WHY.get(fate)] * count, pa.string())
        code = reasons["code"] if reasons else pa.nulls(count, pa.string())
        version = reasons["existing_version"] if reasons else pa.nulls(count, pa.int64())
        details = (pa.array(rows), pa.array([fate] * count), reason, code, version)
        taken = table.take(pa.array(rows - first))
        for field, values in zip(_OURS, details, strict=True):
            taken = taken.append_column(field, values)
        self._parts.append(taken)


def read_letters(path: str | os.PathLike[str]) -> Letters:
    """Read a dead-letter file; what tsframe had added to the rows is left away."""
    found = _read(Path(path))
    about = _said(found)
    rows = found.drop_columns([name for name in _OURS.names if name in found.column_names])
    return Letters(rows.replace_schema_metadata(None), about.get("table"), about.get("columns"), about.get("rules", {}))


def save(path: Path, table: pa.Table) -> None:
    """Write a file in one step: whoever reads it sees the old one or the new one, whole."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        pq.write_table(table, beside)
        beside.replace(path)
    except OSError as error:
        message = f"the rows that did not land cannot be written to {str(path)!r}: {error}"
        raise TimestreamError(message) from error
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> pa.Table:
    if not path.exists():
        message = f"there is no dead-letter file {str(path)!r}: every row landed, or it is elsewhere"
        raise InvalidFrameError(message)
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        message = f"{str(path)!r} is no Parquet file that can be read ({error}): name another file"
        raise InvalidFrameError(message) from error


def _said(table: pa.Table) -> dict[str, Any]:
    return json.loads((table.schema.metadata or {}).get(_METADATA, b"{}"))
