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


@pytest.fixture(scope="module")
def shared() -> Iterator[Connection]:
    with tsframe.connect(":memory:") as connection:
        yield connection


@pytest.fixture
def embedded(shared: Connection) -> Iterator[Connection]:
    """An empty store; a connection serves all tests of a module, as opening one takes longer than most tests."""
    yield shared
    for database in shared.list_databases(backend="pyarrow")["database"].to_pylist():
        shared.delete_database(database, tables=True)


@pytest.fixture
def ts(embedded: Connection) -> Connection:
    """A store with the table iot.sensors, which takes times from 1970 on."""
    embedded.create_database("iot")
    embedded.create_table("iot.sensors", memory_store_hours=8766, magnetic_writes=True)
    return embedded
