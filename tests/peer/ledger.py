"""What a peer has stored: Timestream's rules of versions and times, record by record, as plainly as may be.

The rules and texts are those of the developer guide ("Writes") and of recorded answers; see docs/semantics.md. Texts
that are not recorded are plain sentences. Left out: types of columns, limits of tables, partition keys, and expiry.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.peer.answers import Shape, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NANOSECONDS = {"SECONDS": 10**9, "MILLISECONDS": 10**6, "MICROSECONDS": 10**3, "NANOSECONDS": 1}
HOUR = 3_600 * 10**9
LAST = 2**63 - 1
LEXICAL: dict[str, tuple[re.Pattern[str], Callable[[str], Any], Callable[[Any], bool]]] = {
    "DOUBLE": (re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII), float, math.isfinite),
    "BIGINT": (re.compile(r"-?\d{1,19}", re.ASCII), int, lambda value: -LAST - 1 <= value <= LAST),
    "BOOLEAN": (re.compile(r"true|false", re.IGNORECASE), lambda text: text.lower() == "true", lambda _: True),
    "VARCHAR": (re.compile(r".+", re.DOTALL), str, lambda text: len(text.encode()) <= 2048),
    "TIMESTAMP": (re.compile(r"\d{1,19}", re.ASCII), int, lambda value: value <= LAST),
}
"""How the text of a type is formed and read, and what it may be."""
RESERVED = {"time", "measure_name", "measure_value", "ts_non_existent_col"}
SAME = (
    "A record already exists with the same time, dimensions, measure name, and record version. A higher record version "
    "must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs."
)
LOWER = (
    "The record version {} is lower than the existing version {}. A higher version is required to update the measure "
    "value."
)


class Identity(NamedTuple):
    dimensions: tuple[tuple[str, str], ...]
    measure_name: str
    time: int
    """In nanoseconds."""


@dataclass
class Table:
    database: str
    name: str
    memory_hours: int = 24 * 365
    magnetic_days: int = 73_000
    magnetic_writes: bool = True
    now: Callable[[], int] = time.time_ns
    magnetic_properties: Shape = field(default_factory=dict)
    schema: Shape = field(default_factory=lambda: {"CompositePartitionKey": [{"Type": "MEASURE"}]})
    records: dict[Identity, tuple[int, Any]] = field(default_factory=dict)
    """Version and value: a dictionary for a multi-measure record, else a number, text or truth."""
    rejected_later: list[Identity] = field(default_factory=list)
    """What was counted as ingested, and lost against a stored version in the magnetic store."""

    def write(self, request: Shape, refused: Mapping[int, Shape]) -> tuple[list[Shape], int, int]:
        """Store what may be stored; return what is rejected, and the counts of both stores."""
        # All are read before the first is stored: an invalid one fails the request as a whole.
        records = [merged(request.get("CommonAttributes", {}), record) for record in request["Records"]]
        now = self.now()
        rejected, stores = [], [0, 0]
        for index, (key, version, value) in enumerate(records):
            late = key.time < now - self.memory_hours * HOUR
            conflict = self._conflict(key, version, value)
            rejection = refused.get(index) or self._outside(key.time, now) or (not late and conflict)
            if rejection:
                rejected.append({"RecordIndex": index} | rejection)
                continue
            stores[late] += 1
            if conflict:
                self.rejected_later.append(key)
            else:
                self.records[key] = (version, value)
        return rejected, stores[0], stores[1]

    def _conflict(self, key: Identity, version: int, value: Any) -> Shape | None:
        stored_version, stored_value = self.records.get(key, (0, None))
        if version < stored_version:
            return {"Reason": LOWER.format(version, stored_version), "ExistingVersion": stored_version}
        return {"Reason": SAME} if version == stored_version and value != stored_value else None

    def _outside(self, moment: int, now: int) -> Shape | None:
        hours = self.memory_hours + (self.magnetic_days * 24 if self.magnetic_writes else 0)
        lower, upper = max(now - hours * HOUR, 0), now + HOUR // 4
        if lower <= moment < upper:
            return None
        where = "the data ingestion window" if self.magnetic_writes else "the memory store"
        return {
            "Reason": f"The record timestamp is outside the time range [{_shown(lower)}, {_shown(upper)}) of {where}."
        }


def merged(common: Shape, record: Shape) -> tuple[Identity, int, Any]:
    """Return a record's identity, version and value, its common attributes added (API_WriteRecords)."""
    if twice := (common.keys() & record.keys()) - {"Dimensions"}:
        # Which of them holds is not documented, so that nobody should ask.
        raise invalid(f"In common attributes and in a record: {', '.join(sorted(twice))}.")
    whole = common | record
    if "MeasureName" not in whole or "Time" not in whole:
        raise invalid("A record needs a measure name and a time.")
    unit = NANOSECONDS[whole.get("TimeUnit", "MILLISECONDS")]
    dimensions = _named(common.get("Dimensions", []) + record.get("Dimensions", []), "dimension")
    if not dimensions or "" in dimensions.values():
        raise invalid("A record needs dimensions, and a dimension a value.")
    version = whole.get("Version", 1)
    if not 1 <= version <= LAST:
        raise invalid("Version must be 1 or greater.")
    key = Identity(tuple(sorted(dimensions.items())), whole["MeasureName"], _time(whole["Time"], unit))
    return key, version, _value(whole, unit)


def _value(whole: Shape, unit: int) -> Any:
    kind = whole.get("MeasureValueType", "DOUBLE")
    if (kind == "MULTI", kind != "MULTI") != ("MeasureValues" in whole, "MeasureValue" in whole):
        raise invalid("MeasureValues are for records of type MULTI, and MeasureValue for others.")
    if kind == "TIMESTAMP":
        raise invalid("TIMESTAMP is an invalid measure value type.")
    if kind != "MULTI":
        return _read(kind, whole["MeasureValue"], unit)
    types = _named(whole["MeasureValues"], "measure", "Type")
    if not types or "MULTI" in types.values():
        raise invalid("A record of type MULTI needs measures, and they other types.")
    return {one["Name"]: _read(one["Type"], one["Value"], unit) for one in whole["MeasureValues"]}


def _named(pairs: list[Shape], what: str, member: str = "Value") -> dict[str, str]:
    found = {pair["Name"]: pair[member] for pair in pairs}
    if len(found) < len(pairs):
        raise invalid(f"A record names a {what} more than once.")
    if refused := [name for name in found if not _is_name(name)]:
        raise invalid(f"{refused[0]} is not a name for a {what}.")
    return found


@cache
def _is_name(text: str) -> bool:
    name = text.lower()
    return not (name in RESERVED or name.startswith(("ts_", "measure_value")) or ":" in name)


def _read(kind: str, text: str, unit: int) -> Any:
    form, read, allowed = LEXICAL[kind]
    value = read(text) if form.fullmatch(text) else None
    if value is not None and kind == "TIMESTAMP":
        value *= unit
    if value is None or not allowed(value):
        raise invalid(f"Invalid value {text} for {kind.lower()} measure value type.")
    return value


def _time(text: str, unit: int) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) * unit > LAST:
        raise invalid("Invalid time for record.")
    return int(text) * unit


def _shown(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds // 10**6 / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
