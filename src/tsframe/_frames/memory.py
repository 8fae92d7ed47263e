"""A frame that was read remembers the roles of its columns.

pandas and Arrow carry them in ``attrs`` and in the schema's metadata, so they live on in most derived frames. Polars
has no such place; there a frame is known while it lives, and one derived from it is not.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Final, cast

from tsframe._frames.libraries import library_of
from tsframe._model.columns import roles_from_metadata, roles_to_metadata

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from tsframe._model.tables import Role
    from tsframe.typing import Frame

_KEY: Final = "tsframe.roles"

_polars: dict[int, tuple[weakref.ref[object], dict[str, Role]]] = {}


def remember(frame: Frame, roles: dict[str, Role]) -> Frame:
    """Return the frame, which from now on knows its columns' roles."""
    library = library_of(frame)
    if library == "pandas":
        cast("pd.DataFrame", frame).attrs[_KEY] = dict(roles)
    elif library == "polars":
        key = id(frame)
        _polars[key] = (weakref.ref(frame, lambda _: _polars.pop(key, None)), roles)
    else:
        table = cast("pa.Table", frame)
        return table.replace_schema_metadata((table.schema.metadata or {}) | roles_to_metadata(roles))
    return frame


def recall(frame: object) -> dict[str, Role]:
    """Return the roles that a frame remembers, if any."""
    library = library_of(frame)
    if library == "pandas":
        return dict(cast("pd.DataFrame", frame).attrs.get(_KEY, {}))
    if library == "polars":
        reference, roles = _polars.get(id(frame), (None, {}))
        return roles if reference is not None and reference() is frame else {}
    return roles_from_metadata(getattr(getattr(frame, "schema", None), "metadata", None))
