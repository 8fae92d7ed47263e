"""What write units cost: the package's own table, a table of one's own, and tables that are none."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tsframe import _prices
from tsframe.errors import TimestreamError

OWN = """
dated = 2026-12-31
source = "the invoice"
[writes]
eu-west-1 = 0.75
mars-north-1 = 3
"""


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    return str(file)


@pytest.fixture(autouse=True)
def _no_file_named(monkeypatch):
    monkeypatch.delenv("TSFRAME_PRICES", raising=False)


def test_the_packages_prices_say_when_and_where_they_were_found():
    prices = _prices.load()

    assert prices.dated == date(2026, 11, 23)
    assert prices.source == "https://aws.amazon.com/timestream/pricing/"
    assert prices.writes == dict.fromkeys(["us-east-1", "us-east-2", "us-west-2"], Decimal("0.50"))


@pytest.mark.parametrize(
    ("units", "dollars"), [(0, "0"), (1, "0.0000005"), (30_000, "0.015"), (70_000, "0.035"), (1_000_000, "0.5")]
)
def test_a_million_units_cost_the_price(units, dollars):
    assert _prices.load().cost(units, "us-east-1") == Decimal(dollars)


def test_a_region_without_a_price_has_no_cost():
    assert _prices.load().cost(1_000_000, "mars-north-1") is None


def test_what_is_missing_says_where_to_add_it(own):
    packaged, mine = _prices.load(), _prices.load(own)

    assert packaged.missing("mars-north-1") == (
        "no price for region 'mars-north-1' in the prices of 2026-11-23: add it to a copy of tsframe's prices.toml, "
        "and name that in the environment variable TSFRAME_PRICES"
    )
    assert mine.missing("us-east-1") == (
        f"no price for region 'us-east-1' in the prices of 2026-12-31: add it to {own!r}"
    )


def test_a_file_of_ones_own_is_read(own):
    prices = _prices.load(own)

    assert prices == _prices.Prices(
        date(2026, 12, 31), "the invoice", {"eu-west-1": Decimal("0.75"), "mars-north-1": Decimal(3)}, own
    )


def test_the_environment_may_name_a_file(own, monkeypatch):
    monkeypatch.setenv("TSFRAME_PRICES", own)

    assert _prices.load().dated == date(2026, 12, 31)


def test_an_empty_name_in_the_environment_is_none(monkeypatch):
    monkeypatch.setenv("TSFRAME_PRICES", "")

    assert _prices.load().file is None


def test_the_file_that_is_asked_for_goes_before_the_environments(own, tmp_path, monkeypatch):
    monkeypatch.setenv("TSFRAME_PRICES", str(tmp_path / "missing.toml"))

    assert _prices.load(own).file == own


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dated =", r"cannot be read: .*: write it as tsframe's prices\.toml is"),
        ("\xff", "cannot be read: "),
        ("[writes]\na = 1", r"has no date of its prices, but dated = None: say it as in dated = 2026-11-23"),
        ('dated = "2026-11-23"', "has no date of its prices, but dated = '2026-11-23'"),
        ("dated = 2026-11-23T10:00:00", "has no date of its prices, but dated = datetime"),
        ("dated = 2026-11-23", r"has no table \[writes\]: add it, with a line such as us-east-1 = 0\.50"),
        ("dated = 2026-11-23\nwrites = 3", r"has no table \[writes\]"),
        ("dated = 2026-11-23\n[writes]\na = -0.5", r"has no price for 'a', but -0\.5: give dollars"),
        ("dated = 2026-11-23\n[writes]\na = nan", "has no price for 'a', but"),
        ("dated = 2026-11-23\n[writes]\na = inf", "has no price for 'a', but"),
        ("dated = 2026-11-23\n[writes]\na = true", "has no price for 'a', but True"),
        ('dated = 2026-11-23\n[writes]\na = "0.5"', r"has no price for 'a', but '0\.5'"),
    ],
)
def test_a_file_that_holds_no_prices_is_refused(tmp_path, text, message):
    file = tmp_path / "bad.toml"
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(TimestreamError, match=rf"^the file of prices '.*bad\.toml' {message}"):
        _prices.load(str(file))


def test_a_file_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TSFRAME_PRICES", str(tmp_path / "missing.toml"))

    with pytest.raises(TimestreamError, match=r"missing\.toml' cannot be read: .*No such file"):
        _prices.load()
