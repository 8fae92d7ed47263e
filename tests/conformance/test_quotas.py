"""Quotas of an account and of its tables, made small: what there may not be more of, and which error says so.

The numbers that AWS has are stated where the things themselves are (developer guide, "Quotas").
"""

from __future__ import annotations

import pytest

from tests.conformance.batches import START, batch, reasons, rejected, stored, write
from tsframe._engine.service import EmbeddedService
from tsframe._model.quotas import Quotas
from tsframe._model.tables import TableChange
from tsframe.errors import ServiceQuotaExceededError


@pytest.fixture
def engine(clock):
    quotas = Quotas(databases=2, tables=3, tags=2, dimensions=2, measure_names=2, measures=2)
    service = EmbeddedService.open(":memory:", clock, quotas)
    yield service
    service.close()


def test_an_account_has_no_more_databases_than_its_quota(service):
    service.create_database("lab", kms_key=None, tags={})

    with pytest.raises(ServiceQuotaExceededError, match="The account has 2 databases, which is its quota"):
        service.create_database("more", kms_key=None, tags={})


def test_what_is_deleted_makes_room_in_a_quota(service):
    service.create_database("lab", kms_key=None, tags={})
    service.delete_database("lab")

    assert service.create_database("more", kms_key=None, tags={}).name == "more"


def test_tables_are_counted_over_all_databases(service):
    service.create_database("lab", kms_key=None, tags={})
    service.create_table("iot", "second", TableChange(), tags={})
    service.create_table("lab", "third", TableChange(), tags={})

    with pytest.raises(ServiceQuotaExceededError, match="The account has 3 tables, which is its quota"):
        service.create_table("lab", "fourth", TableChange(), tags={})


def test_what_exceeds_a_quota_has_the_status_402(client, sensors):
    client.create_database(DatabaseName="lab")
    for call, members in (
        (client.create_database, {"DatabaseName": "more"}),
        (client.tag_resource, {"ResourceARN": sensors.arn, "Tags": [{"Key": key, "Value": ""} for key in "abc"]}),
    ):
        with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
            call(**members)

        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402


def test_something_with_too_many_tags_is_not_made(service):
    tags = {"a": "", "b": "", "c": ""}

    with pytest.raises(ServiceQuotaExceededError):
        service.create_database("lab", kms_key=None, tags=tags)
    with pytest.raises(ServiceQuotaExceededError):
        service.create_table("iot", "more", TableChange(), tags=tags)

    assert [database.name for database in service.list_databases()] == ["iot"]
    assert [table.name for table in service.list_tables(None)] == ["sensors"]


def test_the_records_beyond_a_tables_quotas_are_rejected_and_the_others_stored(service):
    write(service, batch(dimensions={"a": ["x"], "b": ["x"]}, measure_name="m", p=[1.0], q=[1.0]))
    write(service, batch(START + 1, dimensions={"a": ["x"]}, measure_name="n", p=[1.0]))

    results = [
        write(service, batch([START + 2, START + 3], dimensions=dimensions, measure_name=names, **measures))
        for dimensions, names, measures in (
            ({"a": ["x", "y"], "c": ["x", None]}, "m", {"p": [1.0, 2.0]}),
            ({"a": ["x", "y"]}, ["o", "n"], {"p": [1.0, 3.0]}),
            ({"a": ["x", "z"]}, "m", {"p": [1.0, 4.0], "r": [1.0, None]}),
        )
    ]

    assert [rejected(result) for result in results] == [[(0, "table-limit", None)]] * 3
    assert [reasons(result) for result in results] == [
        ["The table has 2 dimensions; it cannot have c too."],
        ["The table has 2 measure names; it cannot have o too."],
        ["The table has 2 measures; it cannot have r too."],
    ]
    assert stored(service, "p") == [(1.0,), (1.0,), (2.0,), (3.0,), (4.0,)]
