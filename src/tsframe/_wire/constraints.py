"""What AWS's model of a service asks of a request, and what Coral, its front, says of one that does not fit.

The model is read as data: which members there are, which are required, how long or how large a value may be. A request
is looked at member by member instead of value by value: WriteRecords brings thousands of texts, and what all of one
member's values satisfy is told by the shortest and the longest. Whoever decodes the request takes these columns over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tsframe._wire.errors import ConstraintError, SerializationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Shape: TypeAlias = "Mapping[str, Any]"

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "structure": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "timestamp": (float, int),
}
LARGEST: Final = {"integer": 2**31 - 1, "long": 2**63 - 1}
"""Of whole numbers, by the model's name of their type."""
_LONGEST_SHOWN: Final = 100


@dataclass(slots=True)
class Sheet:
    """Structures of one shape, member by member."""

    size: int
    columns: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """The members that occur: a value for each structure, ``None`` where it has none."""
    inner: dict[str, Sheet] = field(default_factory=dict[str, "Sheet"])
    """Of members that are structures, or lists of them: those structures, all after each other."""

    def first(self, member: str) -> Any:  # noqa: ANN401 - what JSON holds
        """Return the first structure's value of a member, or nothing."""
        column = self.columns.get(member)
        return column[0] if column else None


class _MisfitError(Exception):
    """Some value does not fit; which one is found out value by value."""


@dataclass(frozen=True)
class Model:
    """The shapes of one service."""

    shapes: Mapping[str, Shape]
    inputs: Mapping[str, str]
    """The shape of each operation's request, by the operation's name."""

    @classmethod
    def of(cls, model: Shape, stricter: Mapping[str, Shape]) -> Model:
        """Read a service model as botocore ships it; ``stricter`` has what the documentation says beyond it."""
        shapes = {name: {**shape, **stricter.get(name, {})} for name, shape in model["shapes"].items()}
        inputs = {name: operation["input"]["shape"] for name, operation in model["operations"].items()}
        return cls(shapes, inputs)

    def check(self, operation: str, request: object) -> Sheet:
        """Return a request member by member if the model allows it; else raise Coral's error."""
        name = self.inputs[operation]
        try:
            return self._sheet(name, [request])
        except _MisfitError:
            complaints = [*self._complaints(name, request, "")]
        errors = "1 validation error" if len(complaints) == 1 else f"{len(complaints)} validation errors"
        message = f"{errors} detected: {'; '.join(complaints)}"
        raise ConstraintError(message)

    # --- member by member ----------------------------------------------------------------------------------------

    def _sheet(self, name: str, values: list[Any]) -> Sheet:
        _check_types(name, "structure", values)
        shape, sheet = self.shapes[name], Sheet(len(values))
        if not values:
            return sheet
        members: dict[str, Shape] = shape["members"]
        # Most requests repeat one form, so the first structure tells which members to expect in the others.
        unseen = sum(map(len, values))
        for key in sorted(members, key=lambda key: key not in values[0]):
            if not unseen:
                break
            column, count = _column(key, values)
            unseen -= count
            if count:
                sheet.columns[key] = column
        if unseen:
            unknown = sorted({*chain.from_iterable(values)} - members.keys())
            message = f"{name} has no member {', '.join(map(repr, unknown))}; its members are {', '.join(members)}"
            raise SerializationError(message)
        for key in shape.get("required", ()):
            if None in sheet.columns.get(key, _NOTHING):
                raise _MisfitError
        for key, column in sheet.columns.items():
            present = [value for value in column if value is not None] if None in column else column
            inner = self._check(members[key]["shape"], present)
            if inner is not None:
                sheet.inner[key] = inner
        return sheet

    def _check(self, name: str, values: list[Any]) -> Sheet | None:
        """Check values of one shape; return structures member by member."""
        shape = self.shapes[name]
        kind: str = shape["type"]
        if kind == "structure":
            return self._sheet(name, values)
        _check_types(name, kind, values)
        if any(_complaint(shape, value) for value in _telling(shape, values)):
            raise _MisfitError
        return self._check(shape["member"]["shape"], [*chain.from_iterable(values)]) if kind == "list" else None

    # --- value by value ------------------------------------------------------------------------------------------

    def _complaints(self, name: str, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - what JSON holds
        shape = self.shapes[name]
        # The first misfit ended the look member by member, so types further on are not known yet.
        _check_types(name, shape["type"], [value])
        if text := _complaint(shape, value):
            yield f"Value {_shown(value)} at '{path}' failed to satisfy constraint: {text}"
        if shape["type"] == "list":
            for number, item in enumerate(value, 1):
                yield from self._complaints(shape["member"]["shape"], item, f"{path}.{number}.member")
        for key, member in shape.get("members", {}).items():
            below = f"{path}.{key[0].lower()}{key[1:]}".lstrip(".")
            if value.get(key) is not None:
                yield from self._complaints(member["shape"], value[key], below)
            elif key in shape.get("required", ()):
                yield f"Value null at '{below}' failed to satisfy constraint: Member must not be null"


_NOTHING: Final = (None,)


def _column(key: str, values: list[dict[str, Any]]) -> tuple[list[Any], int]:
    """Return one member of all structures, and how many name it (null counts as named, and as nothing)."""
    try:
        return [*map(itemgetter(key), values)], len(values)
    except KeyError:
        return [value.get(key) for value in values], sum(key in value for value in values)


def _check_types(name: str, kind: str, values: list[Any]) -> None:
    expected = _TYPES[kind]
    for found in {*map(type, values)}:
        if found not in expected:
            message = f"{name} needs the JSON type {kind}; {found.__name__} was found"
            raise SerializationError(message)
    if kind in LARGEST and values and not -LARGEST[kind] - 1 <= min(values) <= max(values) <= LARGEST[kind]:
        message = f"{name} needs a {kind}; a value is out of its range"
        raise SerializationError(message)


def _telling(shape: Shape, values: list[Any]) -> Collection[Any]:
    """Return the values that tell about all: the shortest and the longest, or each that differs."""
    if not values or not _CONSTRAINTS & shape.keys():
        return ()
    if shape["type"] in {"string", "list"} and not {"enum", "pattern"} & shape.keys():
        if shape["type"] == "list" or shape.get("min", 0) > 1:
            return min(values, key=len), max(values, key=len)
        # Whether one is empty is told without measuring them.
        return ("" if "" in values else values[0]), max(values, key=len)
    return {*values}


_CONSTRAINTS: Final = frozenset({"min", "max", "enum", "pattern"})


def _complaint(shape: Shape, value: Any) -> str | None:  # noqa: ANN401 - what JSON holds
    """Return the constraint that a value does not satisfy, apart from those of its members."""
    sized: bool = isinstance(value, (str, list))
    size, what = (len(value), "length") if sized else (value, "value")
    if "min" in shape and size < shape["min"]:
        return f"Member must have {what} greater than or equal to {shape['min']}"
    if "max" in shape and size > shape["max"]:
        return f"Member must have {what} less than or equal to {shape['max']}"
    if "enum" in shape and value not in shape["enum"]:
        return f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
    if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        return f"Member must satisfy regular expression pattern: {shape['pattern']}"
    return None


def _shown(value: Any) -> str:  # noqa: ANN401 - what JSON holds
    """Show a value as Coral does; what is long is cut."""
    if isinstance(value, (list, dict)):
        return "'[…]'"
    text = str(value)
    return f"'{text}'" if len(text) <= _LONGEST_SHOWN else f"'{text[:_LONGEST_SHOWN]}…'"
