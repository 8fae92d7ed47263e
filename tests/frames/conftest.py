"""Frames of every library, and stores to write them to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import tsframe
from tests.frames.libraries import FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tsframe import Connection


@pytest.fixture(params=FRAMES)
def frame(request) -> Callable[[dict[str, Any]], Any]:
    """Make a frame of columns: pandas with NumPy's types, pandas with Arrow's, Polars, pyarrow."""
    return FRAMES[request.param]


@pytest.fixture
def embedded() -> Iterator[Connection]:
    """An empty store."""
    with tsframe.connect(":memory:") as connection:
        yield connection


@pytest.fixture(scope="module")
def shared() -> Iterator[Connection]:
    """A store for all tests of a module, as opening one takes longer than most of them."""
    with tsframe.connect(":memory:") as connection:
        connection.create_database("iot")
        connection.create_table("iot.standing", memory_store_hours=8766, magnetic_writes=True)
        yield connection


@pytest.fixture
def ts(shared: Connection) -> Iterator[Connection]:
    """A store with the empty table iot.sensors, which takes times from 1970 on."""
    shared.create_table("iot.sensors", memory_store_hours=8766, magnetic_writes=True)
    yield shared
    for row in shared.list_tables(backend="pyarrow").to_pylist():
        if row["table"] != "standing":
            shared.delete_table((row["database"], row["table"]))
