"""What the model of the service asks of a request, and Coral's texts for what does not fit.

The model is the one that botocore brings, read as data: which members there are, which are required, how long or how
large a value may be. Members that the model does not know, and nulls, are refused: nobody sends them on purpose.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader

from tests.peer.answers import FRONT, VALIDATE, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import NoReturn

    from tests.peer.answers import Shape

MODEL = Loader().load_service_model("timestream-write", "service-2")
SHAPES: dict[str, Any] = MODEL["shapes"]
INPUTS: dict[str, str] = {name: operation["input"]["shape"] for name, operation in MODEL["operations"].items()}
TYPES = {"structure": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int, "timestamp": int}


def check(operation: str, request: Any) -> None:
    """Refuse a request that the model does not allow."""
    name = INPUTS[operation]
    if fits(name, [request]):
        return
    found = [f"Value {value} at '{path}' failed to satisfy constraint: {text}" for value, path, text in
             complaints(name, request, "")]  # fmt: skip
    errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
    raise RefusedError("ValidationException", f"{errors} detected: {'; '.join(found)}", space=VALIDATE)


def fits(name: str, values: list[Any]) -> bool:
    """Tell whether values of one shape are as the model says: member by member, as a request has thousands of texts."""
    shape = SHAPES[name]
    _check_types(name, values)
    if shape["type"] == "structure":
        columns = {key: [value[key] for value in values if key in value] for key in shape["members"]}
        if sum(map(len, columns.values())) < sum(map(len, values)):
            _refuse_members(name, values)
        whole = all(len(columns[key]) == len(values) for key in shape.get("required", ()))
        return whole and all(fits(member["shape"], columns[key]) for key, member in shape["members"].items())
    if any(complaint(shape, value) for value in _telling(shape, values)):
        return False
    return shape["type"] != "list" or fits(shape["member"]["shape"], [*chain.from_iterable(values)])


def complaints(name: str, value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a value: itself, where it is, and the constraint."""
    shape = SHAPES[name]
    if text := complaint(shape, value):
        yield f"'{value if isinstance(value, str | int) else '[…]'}'", path.lstrip("."), text
    if shape["type"] == "list":
        for number, item in enumerate(value, 1):
            yield from complaints(shape["member"]["shape"], item, f"{path}.{number}.member")
    for key, member in shape.get("members", {}).items():
        below = f"{path}.{key[0].lower()}{key[1:]}"
        if key in value:
            yield from complaints(member["shape"], value[key], below)
        elif key in shape.get("required", ()):
            yield "null", below.lstrip("."), "Member must not be null"


def complaint(shape: Shape, value: Any) -> str | None:
    """Return the constraint that a value does not satisfy, apart from those of its members."""
    size, what = (len(value), "length") if isinstance(value, str | list) else (value, "value")
    if "min" in shape and size < shape["min"]:
        return f"Member must have {what} greater than or equal to {shape['min']}"
    if "max" in shape and size > shape["max"]:
        return f"Member must have {what} less than or equal to {shape['max']}"
    if "enum" in shape and value not in shape["enum"]:
        return f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
    if "pattern" in shape and not re.fullmatch(shape["pattern"], value):
        return f"Member must satisfy regular expression pattern: {shape['pattern']}"
    return None


def _telling(shape: Shape, values: list[Any]) -> Iterable[Any]:
    """Return those values of which the others can be told: the shortest and the longest, or all that differ."""
    if shape["type"] in {"string", "list"} and not {"enum", "pattern"} & shape.keys():
        return (min(values, key=len), max(values, key=len)) if values else ()
    return {*values}


def _check_types(name: str, values: list[Any]) -> None:
    expected = TYPES[SHAPES[name]["type"]]
    for found in {*map(type, values)} - {expected}:
        message = f"{found.__name__} can not be converted to {name}, a {expected.__name__}"
        raise RefusedError("SerializationException", message, space=FRONT)


def _refuse_members(name: str, values: list[Shape]) -> NoReturn:
    unknown = {*chain.from_iterable(values)} - {*SHAPES[name]["members"]}
    message = f"{name} has no member {', '.join(sorted(unknown))}"
    raise RefusedError("SerializationException", message, space=FRONT)
