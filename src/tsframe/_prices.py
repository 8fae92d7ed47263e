"""What write units cost, region by region, from a dated table that anyone can edit: ``prices.toml``."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE: Final = "TSFRAME_PRICES"
"""The environment variable that names a file to read instead of the package's own."""

_MILLION: Final = 1_000_000
_PACKAGED: Final = "prices.toml"


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one day."""

    dated: date
    source: str
    """Where they were found."""
    writes: Mapping[str, Decimal]
    """Dollars for a million write units of 1 KiB, by region."""
    file: str | None = None
    """The file that they were read from; none for the package's own."""

    def cost(self, units: int, region: str) -> Decimal | None:
        """Return the dollars for write units in a region; none if its price is not known."""
        price = self.writes.get(region)
        return None if price is None else units * price / _MILLION

    def missing(self, region: str) -> str:
        """Say that the price of a region is not known, and what to do."""
        place = (
            repr(self.file)
            if self.file is not None
            else f"a copy of tsframe's {_PACKAGED}, and name that in the environment variable {PLACE}"
        )
        return f"no price for region {region!r} in the prices of {self.dated}: add it to {place}"


def load(path: str | None = None) -> Prices:
    """Read a file of prices: this one, else that which ``TSFRAME_PRICES`` names, else the package's own."""
    file = path or os.environ.get(PLACE) or None
    try:
        text = Path(file).read_text("utf-8") if file else (resources.files("tsframe") / _PACKAGED).read_text("utf-8")
        found = tomllib.loads(text, parse_float=Decimal)
    except (OSError, ValueError) as error:  # the second: neither UTF-8 nor TOML
        _refuse(file, f"cannot be read: {error}", f"write it as tsframe's {_PACKAGED} is")
    return Prices(_date(file, found.get("dated")), str(found.get("source", "")), _writes(file, found), file)


def _date(file: str | None, dated: object) -> date:
    if type(dated) is not date:
        _refuse(file, f"has no date of its prices, but dated = {dated!r}", "say it as in dated = 2026-11-23")
    return dated


def _writes(file: str | None, found: dict[str, object]) -> dict[str, Decimal]:
    writes = found.get("writes")
    if not isinstance(writes, dict):
        _refuse(file, "has no table [writes]", "add it, with a line such as us-east-1 = 0.50")
    return {str(region): _price(file, region, price) for region, price in writes.items()}


def _price(file: str | None, region: object, price: object) -> Decimal:
    amount = Decimal(price) if isinstance(price, Decimal | int) and not isinstance(price, bool) else None
    if amount is None or not amount.is_finite() or amount < 0:
        shown = str(price) if isinstance(price, Decimal) else repr(price)
        _refuse(file, f"has no price for {region!r}, but {shown}", "give dollars for a million writes, as in 0.50")
    return amount


def _refuse(file: str | None, wrong: str, remedy: str) -> NoReturn:
    message = f"the file of prices {file or _PACKAGED!r} {wrong}: {remedy}"
    raise TimestreamError(message) from None
