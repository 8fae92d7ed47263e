"""Only type-checked, never run: what a user's own checked code may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import tsframe
from tsframe.errors import RejectedRecordsError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from tsframe.typing import Frame


def every_library_is_a_frame(pandas: pd.DataFrame, polars: pl.DataFrame) -> None:
    assert_type(tsframe.write(pandas, "iot.sensors", time="t", create=True), tsframe.WriteReport)
    assert_type(tsframe.write(polars, ("iot", "sensors"), time=("t", "ms"), duplicates="last").rows, int)
    tsframe.write(tsframe.read_batches("iot.sensors"), "iot.copy")


def words_are_checked(frame: pl.DataFrame) -> None:
    tsframe.write(frame, "iot.sensors", duplicates="newest")  # type: ignore[arg-type]
    tsframe.write(frame, "iot.sensors", time=("t", "hours"))  # type: ignore[arg-type]
    tsframe.write(frame, "iot.sensors", nope=1)  # type: ignore[call-arg]
    tsframe.write(7, "iot.sensors")  # type: ignore[arg-type]
    tsframe.read("iot.sensors", backend="spark")  # type: ignore[arg-type]


def a_connection_has_the_verbs(frame: pl.DataFrame) -> Frame:
    with tsframe.connect(":memory:") as ts:
        assert_type(ts.create_table("iot.sensors", memory_store_hours=24), tsframe.Table)
        assert_type(ts.ensure_table("iot.sensors").created, bool)
        ts.create_table("iot.sensors", hours=24)  # type: ignore[call-arg]
        try:
            ts.write(frame, "iot.sensors", version="now")
        except RejectedRecordsError as error:
            assert_type(error.code, str)
            return error.rejected
        return ts.read("iot.sensors", backend="polars")
