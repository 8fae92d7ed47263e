"""Databases, tables and tags: defaults, conflicts, what is missing (API reference; tests of others against AWS)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conformance.batches import batch, stored, write
from tsframe._model.places import Place
from tsframe._model.tables import PartitionKey, Retention, TableChange
from tsframe.errors import ConflictError, ResourceNotFoundError, ServiceQuotaExceededError, ValidationError


def test_a_new_database_is_described(empty_service):
    database = empty_service.create_database("iot", kms_key=None, tags={})

    assert database.arn == "arn:aws:timestream:us-east-1:000000000000:database/iot"
    assert database.tables == 0
    assert database.kms_key.startswith("arn:aws:kms:us-east-1:000000000000:key/")
    assert database.created == database.updated == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert empty_service.describe_database("iot") == database


def test_a_database_counts_its_tables(service):
    service.create_table("iot", "more", TableChange(), tags={})

    assert service.describe_database("iot").tables == 2


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("alias/mine", "arn:aws:kms:us-east-1:000000000000:key/831595bb-7a89-5a84-b99a-6d1378ef6bb5"),
        (
            "arn:aws:kms:us-east-1:000000000000:alias/mine",
            "arn:aws:kms:us-east-1:000000000000:key/831595bb-7a89-5a84-b99a-6d1378ef6bb5",
        ),
        (
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ),
        (
            "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        ),
    ],
)
def test_a_key_is_shown_as_its_resource_name(empty_service, key, shown):
    assert empty_service.create_database("iot", kms_key=key, tags={}).kms_key == shown


def test_another_key_updates_a_database(service, clock):
    clock.forward(hours=1)

    updated = service.update_database("iot", kms_key="alias/mine")

    assert updated.updated == datetime(2026, 9, 21, 15, 13, 20, tzinfo=UTC)
    assert updated.created < updated.updated


def test_the_same_key_changes_nothing(service, clock):
    before = service.update_database("iot", kms_key="alias/mine")
    clock.forward(hours=1)

    assert service.update_database("iot", kms_key="alias/mine") == before


def test_databases_are_listed_by_name(empty_service):
    for name in ("zoo", "iot", "Iot"):
        empty_service.create_database(name, kms_key=None, tags={})

    assert [database.name for database in empty_service.list_databases()] == ["Iot", "iot", "zoo"]


def test_a_database_that_exists_is_a_conflict(service):
    with pytest.raises(ConflictError, match="The database iot already exists"):
        service.create_database("iot", kms_key=None, tags={})


def test_a_database_with_tables_is_not_deleted(service):
    with pytest.raises(ValidationError, match=r"still has tables \(1\): delete them first"):
        service.delete_database("iot")


def test_a_deleted_database_is_gone(service):
    service.delete_table("iot", "sensors")
    service.delete_database("iot")

    assert service.list_databases() == ()
    with pytest.raises(ResourceNotFoundError, match=r"^The database iot does not exist\."):
        service.describe_database("iot")


def test_an_account_has_at_most_500_databases(empty_service):
    for number in range(500):
        empty_service.create_database(f"db{number:03}", kms_key=None, tags={})

    with pytest.raises(ServiceQuotaExceededError, match="500"):
        empty_service.create_database("one-more", kms_key=None, tags={})


@pytest.mark.parametrize("name", ["ab", "a b", "ä-b", "x" * 257, "", "a/b"])
def test_names_that_the_service_does_not_take_are_refused(service, name):
    with pytest.raises(ValidationError, match=r"database( name|Name)"):
        service.create_database(name, kms_key=None, tags={})
    with pytest.raises(ValidationError, match=r"table( name|Name)"):
        service.create_table("iot", name, TableChange(), tags={})


def test_a_new_table_has_the_services_defaults(service):
    table = service.create_table("iot", "plain", TableChange(), tags={})

    assert table.retention == Retention(memory_store_hours=6, magnetic_store_days=73_000)
    assert (table.magnetic_writes, table.rejected_to, table.partition_key) == (False, None, None)
    assert table.status == "ACTIVE"
    assert table.arn == "arn:aws:timestream:us-east-1:000000000000:database/iot/table/plain"
    assert service.describe_table("iot", "plain") == table


def test_settings_of_a_table_are_kept(service):
    change = TableChange(1, 2, True, Place.at("s3://bucket/prefix"), PartitionKey("device", required=True))

    table = service.create_table("iot", "full", change, tags={})

    assert table.retention == Retention(1, 2)
    assert (table.magnetic_writes, table.rejected_to) == (True, "s3://bucket/prefix")
    assert table.partition_key == PartitionKey("device", required=True)


@pytest.mark.parametrize(
    "change", [{"memory_store_hours": 0}, {"memory_store_hours": 8767}, {"magnetic_store_days": 73_001}]
)
def test_retention_out_of_range_is_refused(service, change):
    with pytest.raises(ValidationError, match="out of range"):
        service.create_table("iot", "other", TableChange(**change), tags={})


@pytest.mark.parametrize("location", ["bucket", "s3://B", "s3://bucket//x", "http://bucket/x"])
def test_a_location_that_is_not_in_s3_is_refused(location):
    with pytest.raises(ValidationError, match="no place in S3"):
        Place.at(location)


def test_a_table_that_exists_is_a_conflict(service):
    with pytest.raises(ConflictError, match="The table sensors already exists"):
        service.create_table("iot", "sensors", TableChange(), tags={})


def test_a_table_needs_its_database(service):
    with pytest.raises(ResourceNotFoundError, match="The database nope does not exist"):
        service.create_table("nope", "sensors", TableChange(), tags={})


@pytest.mark.parametrize(
    ("database", "table", "message"), [("iot", "nope", "The table nope"), ("nope", "sensors", "The database nope")]
)
def test_what_is_missing_is_named(service, database, table, message):
    for call in (
        service.describe_table,
        service.delete_table,
        service.describe_columns,
        service.describe_contents,
        service.ingestion_window,
    ):
        with pytest.raises(ResourceNotFoundError, match=f"{message} does not exist"):
            call(database, table)
    with pytest.raises(ResourceNotFoundError, match=message):
        service.update_table(database, table, TableChange())
    with pytest.raises(ResourceNotFoundError, match=message):
        service.write_records(database, table, batch(temp=1.0))


def test_what_is_not_said_stays_in_an_update(service, clock):
    clock.forward(hours=1)

    table = service.update_table(
        "iot", "sensors", TableChange(magnetic_writes=True, rejected_data=Place.at("s3://bucket"))
    )

    assert table.retention == Retention(24, 10)
    assert (table.magnetic_writes, table.rejected_to) == (True, "s3://bucket")
    assert table.updated > table.created


def test_an_update_of_nothing_changes_nothing(service, clock):
    before = service.describe_table("iot", "sensors")
    clock.forward(hours=1)

    assert service.update_table("iot", "sensors", TableChange()) == before


def test_of_a_partition_key_only_the_enforcement_changes(service):
    service.create_table("iot", "parted", TableChange(partition_key=PartitionKey("room")), tags={})

    changed = service.update_table("iot", "parted", TableChange(partition_key=PartitionKey("room", required=True)))

    assert changed.partition_key == PartitionKey("room", required=True)
    with pytest.raises(ValidationError, match="partition key 'room'"):
        service.update_table("iot", "parted", TableChange(partition_key=PartitionKey("device")))
    with pytest.raises(ValidationError, match="no partition key"):
        service.update_table("iot", "sensors", TableChange(partition_key=PartitionKey("device")))


def test_tables_are_listed_of_a_database_or_of_all(service):
    service.create_database("lab", kms_key=None, tags={})
    service.create_table("lab", "zeta", TableChange(), tags={})
    service.create_table("lab", "alpha", TableChange(), tags={})

    assert [table.name for table in service.list_tables("lab")] == ["alpha", "zeta"]
    assert [(table.database, table.name) for table in service.list_tables(None)] == [
        ("iot", "sensors"),
        ("lab", "alpha"),
        ("lab", "zeta"),
    ]
    with pytest.raises(ResourceNotFoundError):
        service.list_tables("nope")


def test_a_table_made_again_is_empty_and_forgets_versions_and_types(service):
    write(service, batch(temp=1.0, version=9))
    service.delete_table("iot", "sensors")

    service.create_table("iot", "sensors", TableChange(), tags={})

    assert stored(service, "time") == []
    assert write(service, batch(temp=1, version=1)).ingested == 1


def test_tables_of_one_name_in_two_databases_are_apart(service):
    service.create_database("lab", kms_key=None, tags={})
    service.create_table("lab", "sensors", TableChange(), tags={})

    service.write_records("lab", "sensors", batch(temp=1.0))

    assert stored(service, "time") == []


def test_tags_are_merged_and_removed(service):
    arn = service.create_table("iot", "tagged", TableChange(), tags={"team": "ops", "env": "dev"}).arn

    service.tag_resource(arn, {"env": "prod", "empty": ""})
    service.untag_resource(arn, ("team", "not there"))

    assert service.list_tags_for_resource(arn) == {"empty": "", "env": "prod"}


def test_tags_go_with_their_resource(service):
    arn = service.describe_table("iot", "sensors").arn
    service.tag_resource(arn, {"team": "ops"})

    service.delete_table("iot", "sensors")
    service.create_table("iot", "sensors", TableChange(), tags={})

    assert service.list_tags_for_resource(arn) == {}


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("arn:aws:timestream:us-east-1:000000000000:database/nope", ResourceNotFoundError),
        ("arn:aws:timestream:us-east-1:000000000000:database/iot/table/nope", ResourceNotFoundError),
        ("arn:aws:s3:::bucket", ValidationError),
    ],
)
def test_tags_need_a_resource(service, arn, error):
    for call in (
        lambda: service.tag_resource(arn, {"a": "b"}),
        lambda: service.untag_resource(arn, ("a",)),
        lambda: service.list_tags_for_resource(arn),
    ):
        with pytest.raises(error):
            call()


def test_tags_may_hold_letters_digits_blanks_and_some_signs(service):
    tags = {"Größe 5": "a+b-c=d.e_f:g/h", "k": ""}
    arn = service.describe_database("iot").arn

    service.tag_resource(arn, tags)

    assert service.list_tags_for_resource(arn) == tags


@pytest.mark.parametrize(
    "tags", [{"": "x"}, {"k" * 129: "x"}, {"aws:x": "y"}, {"k": "v" * 257}, {"a;b": "c"}, {"a": "b*"}]
)
def test_tags_that_the_service_does_not_take_are_refused(service, tags):
    with pytest.raises(ValidationError, match="tag"):
        service.tag_resource(service.describe_database("iot").arn, tags)
    with pytest.raises(ValidationError, match="tag"):
        service.create_database("other", kms_key=None, tags=tags)
    assert [database.name for database in service.list_databases()] == ["iot"]


def test_a_resource_has_at_most_50_tags(service):
    arn = service.describe_database("iot").arn
    service.tag_resource(arn, {f"k{number}": "" for number in range(50)})

    service.tag_resource(arn, {"k0": "again"})

    with pytest.raises(ServiceQuotaExceededError, match="51 tags"):
        service.tag_resource(arn, {"one more": ""})
