"""The only place that knows data-frame libraries: a frame to Arrow, Arrow to a frame, rows of a frame.

A library is looked for among the loaded modules, never imported to find out: whoever passes a Polars frame has imported
Polars.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, cast

import pyarrow as pa

from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import polars as pl

    from tsframe.typing import Backend, Frame, Integers, IntoFrame

BACKENDS: Final[tuple[Backend, ...]] = ("pandas", "polars", "pyarrow")
_FRAMES: Final[tuple[Backend, ...]] = ("pandas", "polars")

_LARGEST_BIGINT: Final = 2**63 - 1

_chosen: list[Backend] = []


def library_of(frame: object) -> Backend | None:
    """Name the library of a frame, if it is one of the three."""
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return "pandas"
    if polars is not None and isinstance(frame, polars.DataFrame):
        return "polars"
    return "pyarrow" if isinstance(frame, pa.Table) else None


def to_arrow(frame: IntoFrame) -> pa.Table:
    """Return a frame of any library as an Arrow table; the frame is not changed."""
    library = library_of(frame)
    if library == "pandas":
        return _from_pandas(cast("pd.DataFrame", frame))
    if library == "polars":
        table = _from_polars(cast("pl.DataFrame", frame))
    elif isinstance(frame, pa.RecordBatch):
        table = pa.table(frame)
    elif isinstance(frame, pa.RecordBatchReader):
        table = cast("pa.RecordBatchReader", frame).read_all()
    elif hasattr(frame, "__arrow_c_stream__") and not _is_column(frame):
        table = pa.table(frame)
    else:
        message = _not_a_frame(frame)
        raise InvalidFrameError(message)
    return _with_distinct_names(table)


def is_stream(frame: IntoFrame) -> bool:
    """Tell a stream of rows, which can be read once, from a frame that holds its rows."""
    if isinstance(frame, pa.RecordBatchReader):
        return True
    held = library_of(frame) is not None or isinstance(frame, pa.RecordBatch)
    return not held and hasattr(frame, "__arrow_c_stream__") and not _is_column(frame)


def to_reader(frame: IntoFrame) -> pa.RecordBatchReader:
    """Return a stream as an Arrow reader."""
    held = isinstance(frame, pa.RecordBatchReader)
    reader = cast("pa.RecordBatchReader", frame if held else pa.RecordBatchReader.from_stream(frame))
    _check_distinct(list(reader.schema.names))
    return reader


def from_arrow(table: pa.Table, backend: Backend | None = None) -> Frame:
    """Return an Arrow table in the library asked for, with types that do not depend on the values.

    pandas gets ``Int64`` and ``boolean``, which have nulls, ``float64``, ``str`` and ``datetime64[ns, UTC]``.
    """
    library = backend_or_default(backend)
    if library == "pandas":
        pandas = _import("pandas")
        nullable = {pa.int64(): pandas.Int64Dtype(), pa.int32(): pandas.Int32Dtype(), pa.bool_(): pandas.BooleanDtype()}
        frame = table.to_pandas(types_mapper=nullable.get)
        return cast("pd.DataFrame", frame)
    if library == "polars":
        return cast("pl.DataFrame", _import("polars").from_arrow(table))
    return table


def rows_of(frame: IntoFrame, table: pa.Table, rows: Integers) -> Frame:
    """Return rows of a frame in its own library; ``table`` serves for frames of no known library."""
    library = library_of(frame)
    if library == "pandas":
        return cast("pd.DataFrame", frame).iloc[rows]
    if library == "polars":
        return cast("pl.DataFrame", frame)[rows]
    return table.take(pa.array(rows))


def with_columns(frame: Frame, columns: dict[str, pa.Array]) -> Frame:
    """Return a frame with further columns at its end."""
    library = library_of(frame)
    extra = pa.table(columns)
    if library == "pandas":
        more = cast("pd.DataFrame", from_arrow(extra, "pandas"))
        pandas = cast("pd.DataFrame", frame)
        return pandas.assign(**{name: more[name].array for name in columns})
    if library == "polars":
        return cast("pl.DataFrame", frame).hstack(cast("pl.DataFrame", from_arrow(extra, "polars")))
    table = cast("pa.Table", frame)
    for name in columns:
        table = table.append_column(name, extra[name])
    return table


def names_of(frame: object, words: object) -> tuple[str, ...]:
    """Return the column names meant by a name, several, or a Polars selector."""
    if isinstance(words, str):
        return (words,)
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(words, polars.Expr):
        if library_of(frame) != "polars":
            message = f"{words} is a Polars selector, but the frame is a {type(frame).__name__}: name the columns"
            raise InvalidFrameError(message)
        return tuple(cast("pl.DataFrame", frame).lazy().select(cast("pl.Expr", words)).collect_schema().names())
    try:
        names = tuple(cast("Any", words))
    except TypeError:
        names = (words,)
    for name in names:
        if not isinstance(name, str):
            message = f"{name!r} is no column name: give a name, a list of names or a Polars selector"
            raise InvalidFrameError(message)
    return cast("tuple[str, ...]", names)


def set_backend(backend: Backend | None) -> None:
    """Choose the library that frames come back in, for this process; ``None`` goes back to the default."""
    _chosen[:] = [] if backend is None else [_checked(backend)]


def backend_or_default(backend: str | None) -> Backend:
    """Return the backend asked for, else the one set, else that of ``TSFRAME_BACKEND``, else what is installed."""
    if backend is not None:
        return _checked(backend)
    if _chosen:
        return _chosen[0]
    if wanted := os.environ.get("TSFRAME_BACKEND"):
        return _checked(wanted)
    for library in _FRAMES:
        if find_spec(library):
            return library
    return "pyarrow"


def _checked(backend: str) -> Backend:
    for known in BACKENDS:
        if known == backend:
            return known
    message = f"backend={backend!r} is none of {', '.join(repr(one) for one in BACKENDS)}"
    raise ValueError(message)


def _import(library: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module(library)
    except ImportError as error:
        message = f"the {library} backend needs {library}: pip install 'tsframe[{library}]'"
        raise ImportError(message) from error


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    labels: list[object] = list(frame.columns)
    for label in labels:
        if not isinstance(label, str):
            message = f"column {label!r} has a label of type {type(label).__name__}: rename it to text"
            raise InvalidFrameError(message)
    _check_distinct(labels)
    kept = _with_exact_times(_with_index(frame))
    try:
        table = pa.Table.from_pandas(kept, preserve_index=False)
    except _NOT_ARROW as error:
        raise _naming_the_column(kept, error) from error
    return table.replace_schema_metadata(None)


_NOT_ARROW: Final = (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError)
"""What pyarrow raises for a column that no Arrow type can hold."""


def _naming_the_column(frame: pd.DataFrame, error: Exception) -> InvalidFrameError:
    """Find the first column that Arrow cannot hold; conversion of a whole frame does not always name it."""
    for name in frame.columns:
        try:
            pa.Table.from_pandas(frame[[name]], preserve_index=False)
        except UnicodeEncodeError:
            return InvalidFrameError(f"column {name!r} holds text with lone surrogates: replace or drop them")
        except OverflowError:
            return InvalidFrameError(_too_large(name, frame[name]))
        except _NOT_ARROW as fault:
            return InvalidFrameError(_of_no_arrow_type(name, frame[name].dtype, fault))
    return InvalidFrameError(f"the frame cannot be converted to Arrow: {error}")


def _of_no_arrow_type(name: str, dtype: object, fault: Exception) -> str:
    if str(dtype).startswith("complex"):
        return f"column {name!r} is {dtype}, which no measure can hold: make columns of its .real and its .imag"
    if str(dtype).startswith("Sparse"):
        return f"column {name!r} is {dtype}, which Arrow cannot hold: make it dense with .sparse.to_dense()"
    found = f"{dtype}, {fault.args[0] if fault.args else fault}"
    return f"column {name!r} holds values of no common type ({found}): convert it to one type"


def _too_large(name: str, column: pd.Series[Any]) -> str:
    held = column.reset_index(drop=True).dropna()
    first = held[(held > _LARGEST_BIGINT) | (held < -_LARGEST_BIGINT - 1)].iloc[:1]
    shown = f" {first.iloc[0]} in row {first.index[0]}," if len(first) else " an integer"
    return f"column {name!r} holds{shown} which no BIGINT (64 bits) can hold: cast it to text, or to float"


def _with_exact_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert columns of Python's times by pandas: Arrow would cut nanoseconds, and take one without a zone for UTC."""
    kinds = sys.modules["pandas"].api.types
    # By its name: some of Arrow's types raise when pandas asks them for their kind.
    objects = [name for name in map(str, frame.columns) if str(frame[name].dtype) == "object"]
    times = [name for name in objects if kinds.infer_dtype(frame[name], skipna=True) == "datetime"]
    moments = {name: _moments(name, frame[name]) for name in times}
    return frame.assign(**moments) if moments else frame


def _moments(name: str, column: pd.Series[Any]) -> pd.Series[Any]:
    to_datetime = sys.modules["pandas"].to_datetime
    try:
        return to_datetime(column)
    except ValueError as error:
        if "naive" in str(error):
            message = f"column {name!r} holds times with a zone and times without one: convert it to one kind"
            raise InvalidFrameError(message) from error
    try:
        return to_datetime(column, utc=True)
    except ValueError as error:
        message = f"column {name!r} holds times that do not fit together ({error}): convert it to one kind"
        raise InvalidFrameError(message) from error


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Make columns of what an index says: named levels, and an unnamed time index as ``time``."""
    pd = sys.modules["pandas"]
    names: dict[int, str] = {}
    for level, name in enumerate(frame.index.names):
        values = frame.index.get_level_values(level)
        wanted = "time" if name is None and isinstance(values, pd.DatetimeIndex) else name
        if name is None and wanted in names.values():
            message = "the index has two unnamed levels of times: name them, and say which is the time"
            raise InvalidFrameError(message)
        if wanted is not None and wanted not in frame.columns:
            names[level] = str(wanted)
    columns = {name: frame.index.get_level_values(level) for level, name in names.items()}
    return frame if not columns else frame.assign(**columns)


def _from_polars(given: pl.DataFrame) -> pa.Table:
    polars, frame = sys.modules["polars"], given
    for name, type_ in given.schema.items():
        if "\0" in name:
            # Polars 2.1 panics when it hands such a name to Arrow.
            message = f"column {name!r} has a null character in its name: rename it"
            raise InvalidFrameError(message)
        if type_ == polars.Object:
            message = f"column {name!r} holds Python objects: cast it to text, numbers or times"
            raise InvalidFrameError(message)
        if type_ in {polars.Int128, polars.UInt128}:
            frame = _narrowed(frame, name)
    # Newest would be string views, for which Arrow has few functions.
    return frame.to_arrow(compat_level=polars.CompatLevel.oldest())


def _narrowed(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the frame with a 128-bit integer column, which Arrow does not have, in 64 bits."""
    narrow = frame[name].cast(sys.modules["polars"].Int64, strict=False)
    lost = (narrow.is_null() & frame[name].is_not_null()).arg_true()
    if len(lost):
        message = (
            f"column {name!r} holds {frame[name][lost[0]]} in row {lost[0]}, which no BIGINT (64 bits) can hold: "
            f"cast it to text, or to float if the last digits do not matter"
        )
        raise InvalidFrameError(message)
    return frame.with_columns(narrow)


def _is_column(frame: object) -> bool:
    """Tell a series or an array from a frame: their streams hold no struct."""
    return isinstance(frame, pa.ChunkedArray) or type(frame).__name__ == "Series"


def _not_a_frame(frame: object) -> str:
    kind = f"{type(frame).__module__}.{type(frame).__qualname__}"
    if type(frame).__name__ == "LazyFrame":
        return f"a {kind} has no rows yet: write frame.collect()"
    if _is_column(frame):
        return f"a {kind} is one column, not a frame: make a frame of it with its time and dimensions"
    return f"a {kind} is not a data frame: pass one of pandas, Polars or pyarrow, or anything with __arrow_c_stream__"


def _with_distinct_names(table: pa.Table) -> pa.Table:
    _check_distinct(table.column_names)
    return table


def _check_distinct(names: Sequence[object]) -> None:
    if len(set(names)) < len(names):
        twice = [name for name in names if names.count(name) > 1]
        message = f"the frame has the column {twice[0]!r} more than once: rename one of them"
        raise InvalidFrameError(message)
