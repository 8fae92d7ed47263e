"""Databases, tables and tags as a client spells them: shapes, pages, partition keys, places for rejected data."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError


def refusal(call, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def make(client, name="sensors", **members):
    return client.create_table(DatabaseName="iot", TableName=name, **members)["Table"]


@pytest.fixture
def database(client):
    return client.create_database(DatabaseName="iot")["Database"]


def test_a_database_is_described_as_the_service_does(client, database):
    moment = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert database == {
        "Arn": "arn:aws:timestream:us-east-1:000000000000:database/iot",
        "DatabaseName": "iot",
        "TableCount": 0,
        "KmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/199ccaaf-cdca-5968-8432-18b8eaee0be1",
        "CreationTime": moment,
        "LastUpdatedTime": moment,
    }
    assert client.describe_database(DatabaseName="iot")["Database"] == database


def test_a_table_is_described_as_the_service_does(client, database):
    moment = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert make(client) == {
        "Arn": "arn:aws:timestream:us-east-1:000000000000:database/iot/table/sensors",
        "TableName": "sensors",
        "DatabaseName": "iot",
        "TableStatus": "ACTIVE",
        "RetentionProperties": {
            "MemoryStoreRetentionPeriodInHours": 6,
            "MagneticStoreRetentionPeriodInDays": 73000,
        },
        "CreationTime": moment,
        "LastUpdatedTime": moment,
        "MagneticStoreWriteProperties": {"EnableMagneticStoreWrites": False},
        "Schema": {"CompositePartitionKey": [{"Type": "MEASURE"}]},
    }


def test_every_error_has_the_status_of_the_developer_guide(client, database):
    make(client)

    assert refusal(client.create_database, DatabaseName="iot") == (
        409,
        "ConflictException",
        "The database iot already exists.",
    )
    assert refusal(make, client=client) == (409, "ConflictException", "The table sensors already exists.")
    assert refusal(client.describe_database, DatabaseName="nope") == (
        404,
        "ResourceNotFoundException",
        "The database nope does not exist.",
    )
    assert refusal(client.delete_database, DatabaseName="iot")[:2] == (400, "ValidationException")
    assert refusal(client.update_database, DatabaseName="iot", KmsKeyId="nonsense") == (
        400,
        "ValidationException",
        "The KMS key [nonsense] doesn't exist, is disabled or you don't have sufficient permission to use it",
    )
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    with pytest.raises(client.exceptions.ServiceQuotaExceededException) as caught:
        client.create_database(DatabaseName="other", Tags=tags)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("describe_database", {}),
        ("update_database", {"KmsKeyId": "alias/mine"}),
        ("delete_database", {}),
        ("create_table", {"TableName": "sensors"}),
        ("describe_table", {"TableName": "sensors"}),
        ("update_table", {"TableName": "sensors"}),
        ("delete_table", {"TableName": "sensors"}),
        ("list_tables", {}),
    ],
)
def test_every_operation_names_a_database_that_is_missing(client, call, more):
    assert refusal(getattr(client, call), DatabaseName="nope", **more) == (
        404,
        "ResourceNotFoundException",
        "The database nope does not exist.",
    )


@pytest.mark.parametrize("call", ["describe_table", "update_table", "delete_table"])
def test_every_operation_names_a_table_that_is_missing(client, database, call):
    assert refusal(getattr(client, call), DatabaseName="iot", TableName="nope") == (
        404,
        "ResourceNotFoundException",
        "The table nope does not exist.",
    )


@pytest.mark.parametrize("name", ["", "ab", "a b", "x" * 257])
def test_a_name_that_cannot_be_is_one_that_is_missing(client, name):
    assert refusal(client.describe_database, DatabaseName=name)[:2] == (404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("alias/mine", "831595bb-7a89-5a84-b99a-6d1378ef6bb5"),
        ("arn:aws:kms:us-east-1:000000000000:alias/mine", "831595bb-7a89-5a84-b99a-6d1378ef6bb5"),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        (
            "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
        ),
    ],
)
def test_a_database_is_given_another_key_in_any_of_four_forms(client, database, key, shown):
    changed = client.update_database(DatabaseName="iot", KmsKeyId=key)["Database"]

    assert changed["KmsKeyId"] == f"arn:aws:kms:us-east-1:000000000000:key/{shown}"


def test_the_alias_of_the_services_own_key_is_that_key(client, database):
    client.update_database(DatabaseName="iot", KmsKeyId="alias/mine")

    assert client.update_database(DatabaseName="iot", KmsKeyId="alias/aws/timestream")["Database"] == database
    name = "arn:aws:kms:us-east-1:000000000000:alias/aws/timestream"
    assert client.update_database(DatabaseName="iot", KmsKeyId=name)["Database"] == database


@pytest.mark.parametrize("key", ["key/1234abcd-12ab-34cd-56ef-1234567890ab", "1234abcd", "arn:aws:s3:::bucket"])
def test_a_key_of_no_form_is_refused(client, key):
    assert refusal(client.create_database, DatabaseName="iot", KmsKeyId=key) == (
        400,
        "ValidationException",
        f"The KMS key [{key}] doesn't exist, is disabled or you don't have sufficient permission to use it",
    )
    assert client.list_databases()["Databases"] == []


def test_what_is_deleted_answers_nothing_and_is_gone(client, database):
    make(client)

    for call, members in (
        (client.delete_table, {"DatabaseName": "iot", "TableName": "sensors"}),
        (client.delete_database, {"DatabaseName": "iot"}),
    ):
        assert call(**members).keys() == {"ResponseMetadata"}
        assert refusal(call, **members)[:2] == (404, "ResourceNotFoundException")


# --- constraints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ab", "Member must have length greater than or equal to 3"),
        ("x" * 257, "Member must have length less than or equal to 256"),
        ("a b", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
    ],
)
def test_a_name_is_checked_as_the_api_reference_says(client, database, name, text):
    shown = f"Value '{name}'" if len(name) < 100 else f"Value '{name[:100]}…'"
    message = f"1 validation error detected: {shown} at '{{}}' failed to satisfy constraint: {text}"

    assert refusal(client.create_database, DatabaseName=name) == (
        400,
        "ValidationException",
        message.format("databaseName"),
    )
    assert refusal(make, client=client, name=name) == (400, "ValidationException", message.format("tableName"))


@pytest.mark.parametrize("name", ["a-1", "_._", "x" * 256])
def test_a_name_has_3_to_256_letters_digits_and_signs(client, name):
    assert client.create_database(DatabaseName=name)["Database"]["DatabaseName"] == name
    assert client.create_table(DatabaseName=name, TableName=name)["Table"]["TableName"] == name


def place(**members):
    location = {"S3Configuration": {"BucketName": "my-bucket"} | members}
    return {
        "DatabaseName": "iot",
        "TableName": "sensors",
        "MagneticStoreWriteProperties": {
            "EnableMagneticStoreWrites": True,
            "MagneticStoreRejectedDataLocation": location,
        },
    }


PLACE = "magneticStoreWriteProperties.magneticStoreRejectedDataLocation.s3Configuration"
KEY = "schema.compositePartitionKey"
ARN = "arn:aws:timestream:us-east-1:000000000000:database/iot"


@pytest.mark.parametrize(
    ("call", "members", "path", "text"),
    [
        ("create_database", {"DatabaseName": "iot", "KmsKeyId": ""}, "kmsKeyId", "length greater than or equal to 1"),
        ("create_database", {"DatabaseName": "iot", "KmsKeyId": "x" * 2049}, "kmsKeyId",
         "length less than or equal to 2048"),
        ("list_databases", {"MaxResults": 0}, "maxResults", "value greater than or equal to 1"),
        ("list_databases", {"MaxResults": 21}, "maxResults", "value less than or equal to 20"),
        ("list_tables", {"MaxResults": 0}, "maxResults", "value greater than or equal to 1"),
        ("list_tables", {"MaxResults": 21}, "maxResults", "value less than or equal to 20"),
        ("tag_resource", {"ResourceARN": "", "Tags": []}, "resourceARN", "length greater than or equal to 1"),
        ("tag_resource", {"ResourceARN": "x" * 1012, "Tags": []}, "resourceARN", "length less than or equal to 1011"),
        ("tag_resource", {"ResourceARN": ARN, "Tags": [{"Key": str(n), "Value": ""} for n in range(201)]}, "tags",
         "length less than or equal to 200"),
        ("tag_resource", {"ResourceARN": ARN, "Tags": [{"Key": "", "Value": ""}]}, "tags.1.member.key",
         "length greater than or equal to 1"),
        ("tag_resource", {"ResourceARN": ARN, "Tags": [{"Key": "k" * 129, "Value": ""}]}, "tags.1.member.key",
         "length less than or equal to 128"),
        ("tag_resource", {"ResourceARN": ARN, "Tags": [{"Key": "k", "Value": "v" * 257}]}, "tags.1.member.value",
         "length less than or equal to 256"),
        ("untag_resource", {"ResourceARN": ARN, "TagKeys": ["k"] * 201}, "tagKeys", "length less than or equal to 200"),
        ("create_table", place(BucketName="ab"), f"{PLACE}.bucketName", "length greater than or equal to 3"),
        ("create_table", place(ObjectKeyPrefix="x" * 929), f"{PLACE}.objectKeyPrefix",
         "length less than or equal to 928"),
        ("create_table", place(KmsKeyId=""), f"{PLACE}.kmsKeyId", "length greater than or equal to 1"),
        ("create_table", {"DatabaseName": "iot", "TableName": "sensors", "Schema": {"CompositePartitionKey": []}}, KEY,
         "length greater than or equal to 1"),
    ],
)  # fmt: skip
def test_the_models_constraints_are_told_in_corals_words(client, call, members, path, text):
    status, code, message = refusal(getattr(client, call), **members)

    assert (status, code) == (400, "ValidationException")
    assert message.startswith("1 validation error detected: Value '")
    assert message.endswith(f"at '{path}' failed to satisfy constraint: Member must have {text}")


@pytest.mark.parametrize(
    ("members", "path", "words"),
    [
        (place(EncryptionOption="AES"), f"{PLACE}.encryptionOption", "SSE_S3, SSE_KMS"),
        ({"Schema": {"CompositePartitionKey": [{"Type": "X"}]}}, f"{KEY}.1.member.type", "DIMENSION, MEASURE"),
        (
            {"Schema": {"CompositePartitionKey": [{"Type": "DIMENSION", "Name": "a", "EnforcementInRecord": "X"}]}},
            f"{KEY}.1.member.enforcementInRecord",
            "REQUIRED, OPTIONAL",
        ),
    ],
)
def test_words_of_a_tables_settings_are_those_of_the_model(client, database, members, path, words):
    message = refusal(client.create_table, **{"DatabaseName": "iot", "TableName": "sensors"} | members)[2]

    assert f"at '{path}' failed to satisfy constraint: Member must satisfy enum value set: [{words}]" in message


def test_the_place_for_rejected_data_is_checked_by_pattern(client, database):
    for members in ({"BucketName": "My_Bucket"}, {"ObjectKeyPrefix": "/late"}):
        message = refusal(client.create_table, **place(**members))[2]

        assert "Member must satisfy regular expression pattern: " in message


def test_whether_late_records_are_taken_must_be_said_in_its_group(client, database):
    message = refusal(make, client=client, MagneticStoreWriteProperties={})[2]

    assert message == (
        "1 validation error detected: Value null at 'magneticStoreWriteProperties.enableMagneticStoreWrites' "
        "failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("retention", "text"),
    [
        ((0, 1), ("Value '0' at 'retentionProperties.memoryStoreRetentionPeriodInHours' failed to satisfy constraint: "
         "Member must have value greater than or equal to 1")),
        ((8767, 1), ("Value '8767' at 'retentionProperties.memoryStoreRetentionPeriodInHours' failed to satisfy "
         "constraint: Member must have value less than or equal to 8766")),
        ((1, 73001), ("Value '73001' at 'retentionProperties.magneticStoreRetentionPeriodInDays' failed to satisfy "
         "constraint: Member must have value less than or equal to 73000")),
    ],
)  # fmt: skip
def test_retention_is_checked_by_the_model(client, database, retention, text):
    hours, days = retention
    properties = {"MemoryStoreRetentionPeriodInHours": hours, "MagneticStoreRetentionPeriodInDays": days}

    assert refusal(make, client=client, RetentionProperties=properties)[2] == f"1 validation error detected: {text}"


def test_both_halves_of_retention_are_needed(client, database):
    properties = {"MemoryStoreRetentionPeriodInHours": 1}

    assert "magneticStoreRetentionPeriodInDays' failed to satisfy constraint: Member must not be null" in refusal(
        make, client=client, RetentionProperties=properties
    )[2]  # fmt: skip


# --- pages -----------------------------------------------------------------------------------------------------------


def pages(call, member, **members):
    found, token = [], {}
    while True:
        answer = call(**members, **token)
        found.append([item.get("TableName", item["DatabaseName"]) for item in answer[member]])
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_databases_come_in_pages_by_name(client):
    for name in ("bbb", "aaa", "ddd", "ccc", "eee"):
        client.create_database(DatabaseName=name)

    assert pages(client.list_databases, "Databases", MaxResults=2) == [["aaa", "bbb"], ["ccc", "ddd"], ["eee"]]


def test_a_page_has_20_where_no_number_is_asked_for(client, database):
    for number in range(21):
        make(client, f"table{number:02}")

    assert list(map(len, pages(client.list_tables, "Tables", DatabaseName="iot"))) == [20, 1]


def test_tables_of_all_databases_come_in_pages(client, database):
    client.create_database(DatabaseName="lab")
    for database_name, name in (("lab", "aaa"), ("iot", "zzz"), ("iot", "aaa")):
        client.create_table(DatabaseName=database_name, TableName=name)

    assert pages(client.list_tables, "Tables", MaxResults=2) == [["aaa", "zzz"], ["aaa"]]


def test_pages_stay_right_while_tables_come_and_go(client, database):
    for name in ("bbb", "ccc", "ddd"):
        make(client, name)
    first = client.list_tables(DatabaseName="iot", MaxResults=2)

    client.delete_table(DatabaseName="iot", TableName="ccc")
    make(client, "aaa")
    second = client.list_tables(DatabaseName="iot", MaxResults=2, NextToken=first["NextToken"])

    assert [table["TableName"] for table in second["Tables"]] == ["ddd"]


@pytest.mark.parametrize("spoil", [lambda token: "x", lambda token: token[:-4] + "AAAA", lambda token: token + "A"])
def test_a_token_that_was_not_given_is_refused(client, database, spoil):
    for name in ("bbb", "ccc"):
        make(client, name)
    token = client.list_tables(DatabaseName="iot", MaxResults=1)["NextToken"]

    assert refusal(client.list_tables, DatabaseName="iot", NextToken=spoil(token))[:2] == (400, "ValidationException")


def test_a_token_holds_for_its_own_listing_alone(client, database):
    for name in ("bbb", "ccc"):
        make(client, name)
    token = client.list_tables(DatabaseName="iot", MaxResults=1)["NextToken"]

    assert refusal(client.list_tables, NextToken=token)[:2] == (400, "ValidationException")
    assert refusal(client.list_databases, NextToken=token)[:2] == (400, "ValidationException")


# --- partition keys --------------------------------------------------------------------------------------------------

OPTIONAL = {"Type": "DIMENSION", "Name": "room", "EnforcementInRecord": "OPTIONAL"}
REQUIRED = OPTIONAL | {"EnforcementInRecord": "REQUIRED"}


def keys(*keys_):
    return {"CompositePartitionKey": [*keys_]}


def test_a_partition_key_is_shown_as_it_was_given(client, database):
    assert make(client, Schema=keys(REQUIRED))["Schema"] == keys(REQUIRED)
    assert make(client, "measured", Schema=keys({"Type": "MEASURE"}))["Schema"] == keys({"Type": "MEASURE"})


def test_a_partition_key_needs_not_be_in_records_unless_said(client, database):
    assert make(client, Schema=keys({"Type": "DIMENSION", "Name": "room"}))["Schema"] == keys(OPTIONAL)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (
            keys(OPTIONAL, REQUIRED),
            (
                "You have specified too many partition keys to be used in your composite partition key. "
                "Only 1 partition keys can be specified."
            ),
        ),
        (keys({"Type": "DIMENSION"}), "A partition key of the type DIMENSION needs Name, the name of the dimension."),
        (
            keys({"Type": "MEASURE", "Name": "x"}),
            "A partition key of the type MEASURE has neither Name nor EnforcementInRecord.",
        ),
    ],
)
def test_a_schema_that_is_none_is_refused(client, database, schema, text):
    assert refusal(make, client=client, Schema=schema) == (400, "ValidationException", text)


def test_a_dimension_that_cannot_be_is_no_partition_key(client, database):
    schema = keys(OPTIONAL | {"Name": "time"})

    assert "partition key time is invalid" in refusal(make, client=client, Schema=schema)[2]


def test_only_the_enforcement_of_a_partition_key_changes(client, database):
    make(client, Schema=keys(OPTIONAL))
    table = {"DatabaseName": "iot", "TableName": "sensors"}

    assert client.update_table(**table, Schema=keys(REQUIRED))["Table"]["Schema"] == keys(REQUIRED)
    for other in (OPTIONAL | {"Name": "rack"}, {"Type": "MEASURE"}):
        assert refusal(client.update_table, **table, Schema=keys(other))[:2] == (400, "ValidationException")


def test_a_record_without_a_required_key_is_rejected(client, database, clock):
    make(client, Schema=keys(REQUIRED))
    record = {"MeasureName": "m", "MeasureValue": "1", "Time": str(clock.now), "TimeUnit": "NANOSECONDS"}
    with_key, without = [{"Name": "room", "Value": "r"}], [{"Name": "device", "Value": "a"}]

    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        client.write_records(
            DatabaseName="iot",
            TableName="sensors",
            Records=[record | {"Dimensions": with_key}, record | {"Dimensions": without}],
        )

    assert caught.value.response["RejectedRecords"] == [
        {"RecordIndex": 1, "Reason": "The record lacks the dimension room, the table's partition key."}
    ]


def test_a_key_made_required_or_optional_counts_for_the_next_write(client, database, clock, engine):
    make(client, Schema=keys(REQUIRED))
    record = {"MeasureName": "m", "MeasureValue": "1", "Dimensions": [{"Name": "device", "Value": "a"}]}
    table = {"DatabaseName": "iot", "TableName": "sensors"}
    request = table | {"Records": [record | {"Time": str(clock.now), "TimeUnit": "NANOSECONDS"}]}

    with pytest.raises(client.exceptions.RejectedRecordsException):
        client.write_records(**request)
    client.update_table(**table, Schema=keys(OPTIONAL))
    assert client.write_records(**request)["RecordsIngested"]["Total"] == 1
    client.update_table(**table, Schema=keys(REQUIRED))
    with pytest.raises(client.exceptions.RejectedRecordsException):
        client.write_records(**request)


def test_a_table_without_a_partition_key_gets_none_later(client, database):
    make(client)
    table = {"DatabaseName": "iot", "TableName": "sensors"}

    assert refusal(client.update_table, **table, Schema=keys(OPTIONAL))[:2] == (400, "ValidationException")
    unchanged = client.update_table(**table, Schema=keys({"Type": "MEASURE"}))["Table"]["Schema"]
    assert unchanged == keys({"Type": "MEASURE"})


# --- magnetic-store writes -------------------------------------------------------------------------------------------


def test_the_place_for_rejected_data_is_shown_as_it_was_given(client, database):
    properties = {
        "EnableMagneticStoreWrites": True,
        "MagneticStoreRejectedDataLocation": {
            "S3Configuration": {
                "BucketName": "my-bucket",
                "ObjectKeyPrefix": "late/records",
                "EncryptionOption": "SSE_KMS",
                "KmsKeyId": "alias/mine",
            }
        },
    }

    assert make(client, MagneticStoreWriteProperties=properties)["MagneticStoreWriteProperties"] == properties
    described = client.describe_table(DatabaseName="iot", TableName="sensors")["Table"]
    assert described["MagneticStoreWriteProperties"] == properties


def test_an_update_takes_a_group_whole_and_leaves_the_others(client, database):
    place = {"S3Configuration": {"BucketName": "my-bucket"}}
    make(
        client,
        RetentionProperties={"MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 2},
        MagneticStoreWriteProperties={
            "EnableMagneticStoreWrites": True,
            "MagneticStoreRejectedDataLocation": place,
        },
    )
    only_on = {"EnableMagneticStoreWrites": True}

    changed = client.update_table(DatabaseName="iot", TableName="sensors", MagneticStoreWriteProperties=only_on)

    assert changed["Table"]["MagneticStoreWriteProperties"] == only_on
    assert changed["Table"]["RetentionProperties"]["MemoryStoreRetentionPeriodInHours"] == 1


def test_a_place_for_rejected_data_is_kept_while_late_records_are_refused(client, database):
    properties = {
        "EnableMagneticStoreWrites": False,
        "MagneticStoreRejectedDataLocation": {"S3Configuration": {"BucketName": "my-bucket"}},
    }

    assert make(client, MagneticStoreWriteProperties=properties)["MagneticStoreWriteProperties"] == properties


def test_another_retention_leaves_the_other_groups_as_they_are(client, database):
    magnetic = {"EnableMagneticStoreWrites": True}
    make(client, MagneticStoreWriteProperties=magnetic, Schema=keys(REQUIRED))
    retention = {"MemoryStoreRetentionPeriodInHours": 1, "MagneticStoreRetentionPeriodInDays": 2}

    changed = client.update_table(DatabaseName="iot", TableName="sensors", RetentionProperties=retention)["Table"]

    assert changed["RetentionProperties"] == retention
    assert changed["MagneticStoreWriteProperties"] == magnetic
    assert changed["Schema"] == keys(REQUIRED)


# --- tags ------------------------------------------------------------------------------------------------------------


def test_tags_are_merged_listed_and_removed(client):
    arn = client.create_database(DatabaseName="iot", Tags=[{"Key": "team", "Value": "ops"}])["Database"]["Arn"]

    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "env", "Value": ""}, {"Key": "team", "Value": "lab"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["env", "not there"])

    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "lab"}]


def test_a_tag_key_may_be_there_once(client, database):
    tags = [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]

    assert refusal(client.tag_resource, ResourceARN=database["Arn"], Tags=tags)[:2] == (400, "ValidationException")


@pytest.mark.parametrize(
    ("arn", "status"),
    [
        ("arn:aws:timestream:us-east-1:000000000000:database/nope", 404),
        ("arn:aws:timestream:us-east-1:000000000000:database/iot/table/nope", 404),
        ("arn:aws:timestream:eu-west-1:000000000000:database/iot", 404),
        ("arn:aws:timestream:us-east-1:123456789012:database/iot", 404),
        ("arn:aws:timestream:us-east-1:000000000000:database/iot/table/", 400),
        ("arn:aws:timestream:us-east-1:000000000000:database/", 400),
        ("nonsense", 400),
    ],
)
def test_tags_need_a_resource_that_is_there(client, database, arn, status):
    for call, more in (
        (client.tag_resource, {"Tags": []}),
        (client.untag_resource, {"TagKeys": ["a"]}),
        (client.list_tags_for_resource, {}),
    ):
        assert refusal(call, ResourceARN=arn, **more)[0] == status


def test_tags_are_case_sensitive_and_listed_all_at_once(client, database):
    tags = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    tags += [{"Key": f"{number:02}", "Value": ""} for number in range(48)]

    client.tag_resource(ResourceARN=database["Arn"], Tags=tags)

    answer = client.list_tags_for_resource(ResourceARN=database["Arn"])
    assert sorted(answer["Tags"], key=str) == sorted(tags, key=str)
    assert "NextToken" not in answer


def test_a_tag_too_many_is_over_the_quota(client, database):
    tags = [{"Key": str(number), "Value": ""} for number in range(51)]

    client.tag_resource(ResourceARN=database["Arn"], Tags=tags[:50])

    assert refusal(client.tag_resource, ResourceARN=database["Arn"], Tags=tags[50:])[:2] == (
        402,
        "ServiceQuotaExceededException",
    )


def test_tags_of_a_deleted_database_are_not_those_of_the_next(client, database):
    client.tag_resource(ResourceARN=database["Arn"], Tags=[{"Key": "team", "Value": "ops"}])
    client.delete_database(DatabaseName="iot")

    assert refusal(client.list_tags_for_resource, ResourceARN=database["Arn"]) == (
        404,
        "ResourceNotFoundException",
        f"The resource {database['Arn']} does not exist.",
    )
    client.create_database(DatabaseName="iot")
    assert client.list_tags_for_resource(ResourceARN=database["Arn"])["Tags"] == []


# --- endpoints -------------------------------------------------------------------------------------------------------


def test_the_endpoint_names_itself(client):
    (endpoint,) = client.describe_endpoints()["Endpoints"]

    assert endpoint == {"Address": client.meta.endpoint_url, "CachePeriodInMinutes": 1440}
