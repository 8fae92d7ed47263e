"""What each Arrow type can become; the table that the docs show is made from this one."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
from pyarrow import types


def is_text(type_: pa.DataType) -> bool:
    """Tell text, and categories of any kind, which are written as text."""
    return types.is_string(type_) or types.is_large_string(type_) or _is_view(type_) or types.is_dictionary(type_)


def _is_view(type_: pa.DataType) -> bool:
    return types.is_string_view(type_)


REFUSED: Final = (
    (types.is_list, "explode it into rows, or cast it to text"),
    (types.is_large_list, "explode it into rows, or cast it to text"),
    (types.is_fixed_size_list, "explode it into rows or columns, or cast it to text"),
    (types.is_list_view, "explode it into rows, or cast it to text"),
    (types.is_large_list_view, "explode it into rows, or cast it to text"),
    (types.is_struct, "make a column of each of its fields"),
    (types.is_map, "make a column of each of its keys"),
    (types.is_union, "cast it to one type"),
    (types.is_binary, "decode it to text"),
    (types.is_large_binary, "decode it to text"),
    (types.is_binary_view, "decode it to text"),
    (types.is_fixed_size_binary, "write it as text, for example in hexadecimal"),
    (types.is_duration, "convert it to a number of one unit, for example seconds"),
    (types.is_time, "convert it to text, or to a number of one unit since midnight"),
    (types.is_interval, "convert it to a number of one unit"),
)
"""Types that no measure and no dimension can hold, and what to do instead."""


def remedy(type_: pa.DataType) -> str:
    """Say what to do with a column of a type that is refused."""
    if isinstance(type_, pa.BaseExtensionType):
        return "cast it to text, or to the plain type behind it"
    return next((advice for test, advice in REFUSED if test(type_)), "cast it to text")
