"""What a name may be.

The rules are those of the developer guide, "Naming constraints" in ts-limits. It says that a name must not *contain* a
system identifier, which would forbid ``uptime``; users write such names without trouble, so it is read as *equal to*,
and as *starts with* for ``ts_`` and ``measure_value``.
"""

from __future__ import annotations

import re

from tsframe._model import limits
from tsframe.errors import InvalidFrameError, ValidationError

_RESOURCE = re.compile(r"[a-zA-Z0-9_.-]+")
_RESERVED = frozenset({"time", "measure_name", "measure_value", "ts_non_existent_col"})
_RESERVED_STARTS = ("ts_", "measure_value")
_FORBIDDEN_IN_DIMENSIONS = re.compile('["\x00-\x1f\u2028\u2029]')


def check_resource(kind: str, name: str) -> str:
    """Return the name of a database or table if it is one the service takes."""
    size = len(name.encode())
    if not _RESOURCE.fullmatch(name):
        message = f"{kind} name {name!r} may only hold the letters a-z and A-Z, digits, '_', '.' and '-'"
        raise ValidationError(message)
    if not limits.MIN_NAME_BYTES <= size <= limits.MAX_NAME_BYTES:
        message = f"{kind} name {name!r} has {size} bytes; it needs {limits.MIN_NAME_BYTES} to {limits.MAX_NAME_BYTES}"
        raise ValidationError(message)
    return name


def split_table(table: str | tuple[str, str]) -> tuple[str, str]:
    """Return database and table of ``"iot.sensors"``, or of a pair where a name has dots itself."""
    if isinstance(table, tuple):
        return table
    database, dot, name = table.partition(".")
    if not (database and dot and name):
        message = f"table {table!r} names no database: write 'database.table', for example 'iot.{table}'"
        raise InvalidFrameError(message)
    if "." in name:
        message = f"table {table!r} has more than one dot: give a pair, for example {(database, name)!r}"
        raise InvalidFrameError(message)
    return database, name


def fault_of_dimension(name: str) -> str | None:
    """Say why the service takes no dimension of this name, or nothing."""
    if _FORBIDDEN_IN_DIMENSIONS.search(name):
        return "a dimension's name must not hold '\"' or control characters"
    return _fault(name, limits.MAX_DIMENSION_NAME_BYTES, "a dimension")


def fault_of_measure(name: str) -> str | None:
    """Say why the service takes no measure of this name, or nothing."""
    return _fault(name, limits.MAX_MEASURE_NAME_BYTES, "a measure")


def _fault(name: str, longest: int, what: str) -> str | None:
    size = len(name.encode())
    lower = name.lower()
    if not 1 <= size <= longest:
        return f"the name of {what} needs 1 to {longest} bytes, this has {size}"
    if ":" in name:
        return f"the name of {what} must not hold ':'"
    if lower in _RESERVED:
        return f"{lower!r} is a name that the service keeps for itself"
    if lower.startswith(_RESERVED_STARTS):
        start = next(start for start in _RESERVED_STARTS if lower.startswith(start))
        return f"names that start with {start!r} are kept by the service for itself"
    return None
