"""Column roles: which column of a frame is time, dimension, measure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tsframe._model.tables import Role
    from tsframe.typing import TimeUnit


@dataclass(frozen=True, slots=True)
class Columns:
    """The roles of a frame's columns."""

    time: str
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    measure_name: str
    """A column if ``measure_name_is_column``, else the name of every record."""
    measure_name_is_column: bool = False
    time_unit: TimeUnit | None = None
    """What an integer time counts since 1970-01-01 UTC."""
    version: int | str = 1
    """The version of every record, or the column that has them."""
    unused: tuple[str, ...] = ()
    """Columns that are not written."""

    def to_dict(self) -> dict[str, object]:
        """Return the roles as plain values."""
        return asdict(self)

    def __str__(self) -> str:
        name = f"column {self.measure_name!r}" if self.measure_name_is_column else repr(self.measure_name)
        version = f"column {self.version!r}" if isinstance(self.version, str) else str(self.version)
        lines = [
            f"time          {self.time!r}" + (f" in {self.time_unit}" if self.time_unit else ""),
            f"dimensions    {_listed(self.dimensions)}",
            f"measure name  {name}",
            f"measures      {_listed(self.measures)}",
            f"version       {version}",
        ]
        if self.unused:
            lines.append(f"not written   {_listed(self.unused)}")
        return "\n".join(lines)


def _listed(names: tuple[str, ...], longest: int = 12) -> str:
    shown = ", ".join(repr(name) for name in names[:longest])
    more = len(names) - longest
    return f"{shown} and {more} more" if more > 0 else shown or "none"


_ROLES: Final = b"tsframe.roles"


def roles_to_metadata(roles: Mapping[str, Role]) -> dict[bytes, bytes]:
    """Write roles as the metadata of an Arrow schema."""
    return {_ROLES: json.dumps(dict(roles)).encode()}


def roles_from_metadata(metadata: Mapping[bytes, bytes] | None) -> dict[str, Role]:
    """Read roles from the metadata of an Arrow schema; none if there are none."""
    return json.loads((metadata or {}).get(_ROLES, b"{}"))
