"""The behaviour of Timestream, stated once, for every service that claims it.

Tests here know the ``Service`` protocol and a movable clock, nothing of what is behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.batches import START
from tsframe._engine.service import EmbeddedService
from tsframe._model.tables import TableChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tsframe._service import Service


class Clock:
    """A clock that stands still until it is moved. Nanoseconds since 1970 UTC."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def forward(self, *, hours: float = 0, days: float = 0) -> None:
        self.now += int((hours + 24 * days) * 3_600_000_000_000)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["embedded"])
def empty_service(clock: Clock) -> Iterator[Service]:
    service = EmbeddedService.open(":memory:", clock)
    yield service
    service.close()


@pytest.fixture
def service(empty_service: Service) -> Service:
    """A service with the table iot.sensors: a day of memory store, ten days of magnetic store, no late records."""
    empty_service.create_database("iot", kms_key=None, tags={})
    change = TableChange(memory_store_hours=24, magnetic_store_days=10)
    empty_service.create_table("iot", "sensors", change, tags={})
    return empty_service


@pytest.fixture
def late_service(service: Service) -> Service:
    """The same with magnetic-store writes on."""
    service.update_table("iot", "sensors", TableChange(magnetic_writes=True))
    return service
