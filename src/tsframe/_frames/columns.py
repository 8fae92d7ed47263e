"""Which column is time, dimension, measure: as said, else as remembered, else as the table or the type tells."""

from __future__ import annotations

import operator
import time as clock
from dataclasses import dataclass
from typing import TYPE_CHECKING, SupportsIndex

import pyarrow as pa

from tsframe._frames import kinds
from tsframe._frames.libraries import names_of
from tsframe._model.columns import Columns
from tsframe._model.limits import MAX_VERSION
from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tsframe._model.tables import Role
    from tsframe.typing import ColumnName, ColumnNames, IntoFrame, TimeUnit


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller said about roles; ``None`` where nothing was said."""

    time: ColumnName | tuple[ColumnName, TimeUnit] | None = None
    dimensions: ColumnNames | None = None
    measures: ColumnNames | None = None
    measure_name: ColumnName | None = None
    version: int | ColumnName = 1


def choose_columns(
    frame: IntoFrame, schema: pa.Schema, said: Said, hints: Mapping[str, Role], default_name: str
) -> Columns:
    """Give every column of a frame its role; an ambiguous guess is an error that lists the choices."""
    chooser = _Chooser(frame, schema, hints)
    time, unit = chooser.time(said.time)
    version = chooser.version(said.version)
    name, is_column = chooser.measure_name(said.measure_name, default_name)
    dimensions = None if said.dimensions is None else chooser.named("dimensions", said.dimensions)
    measures = None if said.measures is None else chooser.named("measures", said.measures)
    chooser.check_once(time, version, name if is_column else None, dimensions, measures)
    taken = {time, *(dimensions or ()), *(measures or ())}
    taken |= {name} if is_column else set()
    taken |= {version} if isinstance(version, str) else set()
    rest = [column for column in schema.names if column not in taken]
    if dimensions is None:
        dimensions = chooser.guess_dimensions(rest, measures_said=measures is not None)
        rest = [column for column in rest if column not in dimensions]
    if measures is None:
        measures, rest = tuple(rest), []
    return Columns(time, dimensions, measures, name, is_column, unit, version, tuple(rest))


class _Chooser:
    """Looks words up in one frame's columns."""

    def __init__(self, frame: IntoFrame, schema: pa.Schema, hints: Mapping[str, Role]) -> None:
        self._frame = frame
        self._schema = schema
        self._hints = {name: role for name, role in hints.items() if name in schema.names}

    def named(self, option: str, words: object) -> tuple[str, ...]:
        names = names_of(self._frame, words)
        for name in names:
            if name not in self._schema.names:
                message = f"{option}: no column {name!r}; the frame has {self._schema.names}"
                raise InvalidFrameError(message)
        return tuple(dict.fromkeys(names))

    def one(self, option: str, words: object) -> str:
        names = self.named(option, words)
        if len(names) != 1:
            message = f"{option} is one column, but {list(names)} were given"
            raise InvalidFrameError(message)
        return names[0]

    def time(self, words: object) -> tuple[str, TimeUnit | None]:
        match words:
            case (column, ("s" | "ms" | "us" | "ns") as unit):
                return self.one("time", column), unit
            case (str(), str() as unit) if unit not in self._schema.names:
                message = f"time: {unit!r} is no unit and no column; the units are 's', 'ms', 'us' and 'ns'"
                raise InvalidFrameError(message)
            case _:
                pass
        if words is not None:
            return self.one("time", words), None
        free = [field for field in self._schema if self._hints.get(field.name, "time") == "time"]
        hinted = [field.name for field in free if field.name in self._hints and not kinds.is_text(field.type)]
        times = [field.name for field in free if pa.types.is_timestamp(field.type)]
        dates = [field.name for field in free if pa.types.is_date(field.type)]
        candidates = hinted or times or dates
        if len(candidates) == 1:
            return candidates[0], None
        if candidates:
            message = f"which column is the time? {candidates} hold times: say one, for example time={candidates[0]!r}"
            raise InvalidFrameError(message)
        message = (
            f"no column holds times; the frame has {_described(self._schema)}: parse text to a datetime first, or say "
            f"what integers count, for example time=('t', 'ms')"
        )
        raise InvalidFrameError(message)

    def measure_name(self, words: object, default: str) -> tuple[str, bool]:
        if words is None:
            hinted = [name for name, role in self._hints.items() if role == "measure_name"]
            if hinted:
                return hinted[0], True
            found = "measure_name" in self._schema.names and kinds.is_text(self._schema.field("measure_name").type)
            return ("measure_name", True) if found else (default, False)
        if isinstance(words, str) and words not in self._schema.names:
            return words, False
        return self.one("measure_name", words), True

    def version(self, words: object) -> int | str:
        if isinstance(words, SupportsIndex):
            number = 0 if isinstance(words, bool) else operator.index(words)
            if not 1 <= number <= MAX_VERSION:
                message = f"version={words!r} is no version: it needs 1 to {MAX_VERSION}"
                raise InvalidFrameError(message)
            return number
        if isinstance(words, str) and words not in self._schema.names:
            if words == "now":
                return clock.time_ns()
            message = (
                f"version={words!r} is neither a number nor 'now' nor a column; the frame has {self._schema.names}"
            )
            raise InvalidFrameError(message)
        return self.one("version", words)

    def guess_dimensions(self, rest: list[str], *, measures_said: bool) -> tuple[str, ...]:
        """Text is a dimension unless the frame or the table knows better."""
        texts = {name for name in rest if kinds.is_text(self._schema.field(name).type)}
        return tuple(
            name
            for name in rest
            if self._hints.get(name, "dimension" if name in texts else None) == "dimension"
            and (name in texts or not measures_said)
        )

    def check_once(self, *roles: object) -> None:
        names = [
            name
            for role in roles
            for name in ([role] if isinstance(role, str) else role if isinstance(role, tuple) else [])
        ]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"column {twice[0]!r} was given two roles: a column has one"
            raise InvalidFrameError(message)


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name!r} ({field.type})" for field in schema) or "no columns"
