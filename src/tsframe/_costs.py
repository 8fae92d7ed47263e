"""What a write will be billed, and the limit that a caller sets to it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from tsframe import _prices
from tsframe._model.units import NO_UNITS, WriteUnits
from tsframe._wire import metering, packing
from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tsframe._model.records import RecordBatch, WriteResult
    from tsframe._preparing import Wishes
    from tsframe._service import Service
    from tsframe.typing import Pack


def check(service: Service, batch: RecordBatch, wishes: Wishes, before: Iterable[WriteResult]) -> None:
    """Refuse a batch that, with what was sent before, might be billed more than ``max_cost``.

    The highest reading of the published formula counts: the bill may be lower, never higher.
    """
    most = _amount(wishes.max_cost)
    if not service.metered:
        return
    units = units_of(batch, wishes.pack)
    for result in before:
        units = units.plus(result.traffic.units)
    prices = _prices.load()
    cost = prices.cost(units.upper, service.region)
    if cost is None:
        message = f"max_cost={wishes.max_cost!r} cannot be checked: {prices.missing(service.region)}"
        raise InvalidFrameError(message)
    if cost > most:
        message = (
            f"the write may cost up to ${cost:f} ({units.upper:,} write units of 1 KiB in {service.region}, prices of "
            f"{prices.dated}), more than max_cost={wishes.max_cost!r}: raise it, or write fewer rows; plan() shows why"
        )
        raise InvalidFrameError(message)


def units_of(batch: RecordBatch, pack: Pack) -> WriteUnits:
    """Return the write units of a batch as it would be sent."""
    packed = packing.pack(batch, pack)
    metered = metering.meter(batch, packed, packing.shared(batch, packed))
    return WriteUnits(*metered.sum(axis=0).tolist()) if len(metered) else NO_UNITS


def _amount(max_cost: object) -> Decimal:
    try:
        most = Decimal(str(max_cost))
    except InvalidOperation:
        most = Decimal(-1)
    if most.is_nan() or most < 0:
        message = f"max_cost={max_cost!r} is no amount of dollars: give a number from 0 on"
        raise InvalidFrameError(message)
    return most
