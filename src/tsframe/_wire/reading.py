"""Requests read by AWS's model in one go: what fits comes out member by member, the rest is left to ``constraints``.

msgspec reads JSON into structures of the model's shapes and checks lengths, ranges, lists of words and patterns on the
way, without a dictionary for each structure: WriteRecords brings two thousand of them. It says yes or nothing. Whoever
hears nothing reads the request again, slowly, to say in Coral's words what is wrong with it.
"""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from tsframe._wire.constraints import LARGEST, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tsframe._wire.constraints import Model, Shape

_PLAIN: Final[dict[str, type]] = {"boolean": bool, "double": float, "timestamp": float}


class Reader:
    """Reads the requests of one operation."""

    def __init__(self, model: Model, operation: str) -> None:
        self._model = model
        self._shape = model.inputs[operation]
        self._made: dict[str, Any] = {}
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(self._type(self._shape))

    def read(self, body: bytes) -> Sheet | None:
        """Return a request member by member if the model allows it; else nothing."""
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return self._sheet(self._shape, [request])

    def _sheet(self, name: str, structures: Sequence[Any]) -> Sheet:
        sheet = Sheet(len(structures))
        for key, member in self._model.shapes[name]["members"].items():
            column = [*map(attrgetter(key), structures)]
            missing = column.count(None)
            if missing == len(column):
                continue
            sheet.columns[key] = column
            below, shape = column, self._model.shapes[member["shape"]]
            if missing:
                below = [value for value in column if value is not None]
            if shape["type"] == "structure":
                sheet.inner[key] = self._sheet(member["shape"], below)
            elif shape["type"] == "list" and self._is_structure(shape):
                sheet.inner[key] = self._sheet(shape["member"]["shape"], [*chain.from_iterable(below)])
        return sheet

    def _is_structure(self, shape: Shape) -> bool:
        return self._model.shapes[shape["member"]["shape"]]["type"] == "structure"

    # --- the model's shapes as types -----------------------------------------------------------------------------

    def _type(self, name: str) -> Any:  # noqa: ANN401 - a type, or an annotation of one
        if name not in self._made:
            self._made[name] = self._make(name, self._model.shapes[name])
        return self._made[name]

    def _make(self, name: str, shape: Shape) -> Any:  # noqa: ANN401 - as above
        kind: str = shape["type"]
        if kind == "structure":
            return self._structure(name, shape)
        if kind in {"list", "string"}:
            said = {f"{what}_length": shape[what] for what in ("min", "max") if what in shape}
            if "enum" in shape:
                return Literal[tuple(shape["enum"])]
            if "pattern" in shape:
                said["pattern"] = rf"^(?:{shape['pattern']})\Z"
            type_: Any = str if kind == "string" else GenericAlias(list, (self._type(shape["member"]["shape"]),))
            return Annotated[type_, msgspec.Meta(**said)] if said else type_
        if kind in LARGEST:
            least, most = shape.get("min", -LARGEST[kind] - 1), shape.get("max", LARGEST[kind])
            return Annotated[int, msgspec.Meta(ge=least, le=most)]
        return _PLAIN[kind]

    def _structure(self, name: str, shape: Shape) -> type[msgspec.Struct]:
        required = shape.get("required", ())
        members = {key: self._type(member["shape"]) for key, member in shape["members"].items()}
        fields: list[Any] = [(key, members[key]) for key in members if key in required]
        fields += [(key, members[key] | None, None) for key in members if key not in required]
        # They have no cycles, so Python's collector needs not know of them.
        return msgspec.defstruct(name, fields, forbid_unknown_fields=True, gc=False)
