"""WriteRecords as a client spells it: which faults refuse the request, how common attributes merge, what texts mean.

References are to API_WriteRecords, API_Record and "Quotas" of the developer guide, and to answers recorded in public
projects; docs/supported.md says which is which.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.conformance.batches import START, stored

MS = START // 1_000_000
DIMENSIONS = [{"Name": "device", "Value": "a"}]
pytestmark = pytest.mark.usefixtures("sensors")


def record(**members):
    """A whole record of the type DOUBLE; a member given as None is left out."""
    whole = {"Dimensions": DIMENSIONS, "MeasureName": "temp", "MeasureValue": "1.5", "Time": str(MS)} | members
    return {key: value for key, value in whole.items() if value is not None}


def multi(*values, **members):
    listed = [{"Name": name, "Value": value, "Type": type_} for name, value, type_ in values]
    return record(**{"MeasureValue": None, "MeasureValueType": "MULTI", "MeasureValues": listed} | members)


def write(client, *records, **more):
    return client.write_records(DatabaseName="iot", TableName="sensors", Records=[*records], **more)


def refusal(client, *records, **more):
    """What a request of which nothing is stored is answered with: status, code, text."""
    with pytest.raises(ClientError) as caught:
        write(client, *records, **more)
    response = caught.value.response
    assert "RejectedRecords" not in response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def invalid(client, *records, **more):
    status, code, text = refusal(client, *records, **more)
    assert (status, code) == (400, "ValidationException")
    return text


# --- answers ---------------------------------------------------------------------------------------------------------


def test_the_records_of_each_store_are_counted(client):
    assert write(client, record(), record(Time=str(MS + 1)))["RecordsIngested"] == {
        "Total": 2,
        "MemoryStore": 2,
        "MagneticStore": 0,
    }


def test_a_request_id_looks_like_one_of_aws(client):
    found = write(client, record())["ResponseMetadata"]["RequestId"]

    assert len(found) == 26
    assert found.isalnum()
    assert found == found.upper()


def test_rejected_records_are_named_with_their_index_and_the_others_are_stored(client, engine):
    write(client, record(Version=200))

    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, record(Time=str(MS + 1)), record(MeasureValue="2", Version=2), record(Time="1000"))

    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 419
    assert response["Error"]["Message"] == ("One or more records have been rejected. See RejectedRecords for details.")
    assert response["RejectedRecords"] == [
        {
            "RecordIndex": 1,
            "Reason": "The record version 2 is lower than the existing version 200. "
            "A higher version is required to update the measure value.",
            "ExistingVersion": 200,
        },
        {
            "RecordIndex": 2,
            "Reason": "The record timestamp is outside the time range "
            "[2026-09-20T14:13:20.000Z, 2026-09-21T14:28:20.000Z) of the memory store.",
        },
    ]
    assert len(stored(engine, "time")) == 2


def test_the_same_request_again_is_accepted_and_stores_nothing_new(client, engine):
    for _ in range(2):
        assert write(client, record(), record(Time=str(MS + 1)))["RecordsIngested"]["Total"] == 2

    assert len(stored(engine, "time")) == 2


def test_of_a_hundred_records_one_that_is_too_old_is_rejected_and_99_are_stored(client, engine):
    records = [record(Time=str(MS - number)) for number in range(100)]
    records[57] = record(Time=str(MS - 2 * 86_400_000))

    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, *records)

    assert [one["RecordIndex"] for one in caught.value.response["RejectedRecords"]] == [57]
    assert len(stored(engine, "time")) == 99


def test_of_a_hundred_records_one_that_cannot_be_read_refuses_all(client, engine):
    records = [record(Time=str(MS - number), MeasureValueType="BIGINT", MeasureValue="1") for number in range(100)]
    records[57]["MeasureValue"] = "None"

    assert invalid(client, *records) == "Invalid value None for bigint measure value type."
    assert stored(engine, "time") == []


def test_a_record_that_breaks_several_rules_is_rejected_once(client):
    write(client, record(Version=2))

    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, record(MeasureValueType="VARCHAR", MeasureValue="ü" * 1025))

    assert caught.value.response["RejectedRecords"] == [
        {"RecordIndex": 0, "Reason": "The record has more than 2048 bytes, which is the limit of the measure values."}
    ]


@pytest.mark.parametrize(
    ("stored_version", "version", "rejection"),
    [
        (None, 1, "A record already exists with the same time"),
        (1, None, "A record already exists with the same time"),
        (2, None, "The record version 1 is lower than the existing version 2"),
        (None, 2, None),
    ],
)
def test_no_version_is_version_1(client, stored_version, version, rejection):
    write(client, record(Version=stored_version))

    if rejection is None:
        write(client, record(MeasureValue="2", Version=version))
        return
    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, record(MeasureValue="2", Version=version))
    assert caught.value.response["RejectedRecords"][0]["Reason"].startswith(rejection)


def test_another_value_under_the_same_version_is_told_without_the_existing_version(client):
    write(client, record())

    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, record(MeasureValue="2"))

    assert caught.value.response["RejectedRecords"] == [
        {
            "RecordIndex": 0,
            "Reason": "A record already exists with the same time, dimensions, measure name, and record version. "
            "A higher record version must be specified in order to update the measure value. "
            "Specifying record version is supported by the latest SDKs.",
        }
    ]


# --- the model's constraints, in Coral's words -----------------------------------------------------------------------


def test_a_request_has_at_most_100_records(client):
    assert invalid(client, *[record()] * 101) == (
        "1 validation error detected: Value '[…]' at 'records' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


def test_a_request_has_a_record(client):
    assert invalid(client) == (
        "1 validation error detected: Value '[…]' at 'records' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )


def test_a_word_that_is_none_of_a_list_is_told_with_the_list(client):
    dimension = DIMENSIONS[0] | {"DimensionValueType": "BIGINT"}

    assert invalid(client, record(Dimensions=[dimension])) == (
        "1 validation error detected: Value 'BIGINT' at 'records.1.member.dimensions.1.member.dimensionValueType' "
        "failed to satisfy constraint: Member must satisfy enum value set: [VARCHAR]"
    )


def test_several_faults_are_told_together(client):
    text = invalid(client, record(TimeUnit="HOURS"), record(MeasureValue="x" * 2049))

    assert text.startswith("2 validation errors detected: Value 'HOURS' at 'records.1.member.timeUnit' failed")
    assert "; Value 'xxx" in text
    assert text.endswith(
        "at 'records.2.member.measureValue' failed to satisfy constraint: "
        "Member must have length less than or equal to 2048"
    )


def test_what_is_required_must_not_be_null(client):
    assert invalid(client, record(Dimensions=[{"Name": "device"}])) == (
        "1 validation error detected: Value null at 'records.1.member.dimensions.1.member.value' "
        "failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"Dimensions": [{"Name": "", "Value": "v"}]}, "dimensions.1.member.name"),
        ({"MeasureName": ""}, "measureName"),
        ({"MeasureValue": ""}, "measureValue"),
        ({"Time": ""}, "time"),
        ({"MeasureValues": [{"Name": "", "Value": "1", "Type": "BIGINT"}]}, "measureValues.1.member.name"),
        ({"MeasureValues": [{"Name": "a", "Value": "", "Type": "VARCHAR"}]}, "measureValues.1.member.value"),
    ],
)
def test_a_text_that_is_needed_is_not_empty(client, members, path):
    text = "failed to satisfy constraint: Member must have length greater than or equal to 1"

    assert invalid(client, record(**members)) == (
        f"1 validation error detected: Value '' at 'records.1.member.{path}' {text}"
    )
    common = {**members, "MeasureName": members.get("MeasureName", "m")}
    assert f"Value '' at 'commonAttributes.{path}' {text}" in invalid(client, record(), CommonAttributes=common)


@pytest.mark.parametrize(
    ("members", "path", "words"),
    [
        ({"TimeUnit": "HOURS"}, "timeUnit", "MILLISECONDS, SECONDS, MICROSECONDS, NANOSECONDS"),
        ({"MeasureValueType": "FLOAT"}, "measureValueType", "DOUBLE, BIGINT, VARCHAR, BOOLEAN, TIMESTAMP, MULTI"),
    ],
)
def test_units_and_types_are_those_of_the_model(client, members, path, words):
    assert invalid(client, record(**members)) == (
        f"1 validation error detected: Value '{next(iter(members.values()))}' at 'records.1.member.{path}' "
        f"failed to satisfy constraint: Member must satisfy enum value set: [{words}]"
    )


def test_a_time_has_at_most_256_characters(client):
    assert (
        "'records.1.member.time' failed to satisfy constraint: Member must have length less than or equal to 256"
        in (invalid(client, record(Time="1" * 257)))
    )


def test_a_table_that_is_missing_is_told_before_what_is_wrong_with_its_records(client):
    for database, table, name in (("iot", "nope", "table nope"), ("nope", "sensors", "database nope")):
        with pytest.raises(client.exceptions.ResourceNotFoundException) as caught:
            client.write_records(DatabaseName=database, TableName=table, Records=[record(Time="x")])

        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
        assert caught.value.response["Error"]["Message"] == f"The {name} does not exist."


def test_the_models_constraints_are_told_before_a_missing_table(client):
    with pytest.raises(client.exceptions.ValidationException):
        client.write_records(DatabaseName="nope", TableName="nope", Records=[])


@pytest.mark.parametrize("members", [{"Time": 1}, {"Version": "1"}, {"Version": 2**63}])
def test_a_value_of_another_json_type_is_no_request(client, members):
    status, code, _ = refusal(client, record(**members))

    assert (status, code) == (400, "SerializationException")


# --- common attributes -----------------------------------------------------------------------------------------------


def test_every_member_may_be_common(client, engine):
    common = record() | {"TimeUnit": "MILLISECONDS", "Version": 3, "MeasureValueType": "DOUBLE"}

    write(client, {}, CommonAttributes=common)

    assert stored(engine, "device", "time", "measure_name", "measure_value::double") == [("a", START, "temp", 1.5)]


def test_dimensions_of_record_and_common_attributes_are_put_together(client, engine):
    common = {"Dimensions": [{"Name": "room", "Value": "r"}]}

    write(client, record(), record(Dimensions=[{"Name": "rack", "Value": "k"}]), CommonAttributes=common)

    assert stored(engine, "device", "rack", "room") == [("a", None, "r"), (None, "k", "r")]


def test_a_dimension_may_not_be_in_both(client):
    assert invalid(client, record(), CommonAttributes={"Dimensions": DIMENSIONS}) == (
        "The dimension device is in the common attributes and in a record; it may be in one of them."
    )


def test_where_both_say_a_member_the_record_counts(client, engine):
    common = {"MeasureName": "other", "MeasureValue": "9", "Time": "1", "TimeUnit": "SECONDS", "Version": 5}

    write(client, record(TimeUnit="MILLISECONDS", Version=7), record(Time=str(MS // 1000 + 1)), CommonAttributes=common)

    assert stored(engine, "time", "measure_name", "measure_value::double") == [
        (START, "temp", 1.5),
        (START + 1_000_000_000, "temp", 1.5),
    ]


def test_measure_values_of_a_record_replace_the_common_ones(client, engine):
    common = {"MeasureValueType": "MULTI", "MeasureValues": [{"Name": "a", "Value": "1", "Type": "BIGINT"}]}
    own = [{"Name": "b", "Value": "2", "Type": "BIGINT"}]
    plain = record(MeasureValue=None)

    write(client, plain, plain | {"MeasureValues": own, "Time": str(MS + 1)}, CommonAttributes=common)

    assert stored(engine, "time", "a", "b") == [(START, 1, None), (START + 1_000_000, None, 2)]


def test_a_value_in_the_record_and_values_in_common_do_not_go_together(client):
    common = {"MeasureValueType": "MULTI", "MeasureValues": [{"Name": "a", "Value": "1", "Type": "BIGINT"}]}

    assert invalid(client, record(), CommonAttributes=common) == (
        "A record of the type MULTI has MeasureValue; its values belong into MeasureValues."
    )


def test_a_value_in_common_and_values_in_the_record_do_not_go_together(client):
    assert invalid(client, multi(("a", "1", "BIGINT")), CommonAttributes={"MeasureValue": "1"}) == (
        "A record of the type MULTI has MeasureValue; its values belong into MeasureValues."
    )


@pytest.mark.parametrize(
    ("common", "text"),
    [
        ({"Dimensions": [{"Name": "time", "Value": "v"}]}, "The dimension name time is invalid"),
        ({"Dimensions": [{"Name": "room", "Value": ""}]}, "A dimension of the common attributes has an empty value."),
        ({"Dimensions": [{"Name": "room", "Value": "r"}] * 2}, "The dimension room is there twice in a record."),
        ({"Version": 0}, "The record version 0 is invalid"),
        ({"TimeUnit": "SECONDS"}, "Invalid time for record."),
    ],
)
def test_a_fault_of_the_common_attributes_refuses_the_request(client, engine, common, text):
    assert invalid(client, record(), CommonAttributes=common).startswith(text)
    assert stored(engine, "time") == []


def test_a_required_partition_key_may_be_common(client, engine):
    schema = {"CompositePartitionKey": [{"Type": "DIMENSION", "Name": "room", "EnforcementInRecord": "REQUIRED"}]}
    client.create_table(DatabaseName="iot", TableName="parted", Schema=schema)

    answer = client.write_records(
        DatabaseName="iot",
        TableName="parted",
        Records=[record()],
        CommonAttributes={"Dimensions": [{"Name": "room", "Value": "r"}]},
    )

    assert answer["RecordsIngested"]["Total"] == 1


# --- what a record needs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"MeasureName": None}, "A record has no measure name; it needs one."),
        ({"MeasureValue": None}, "A record of the type DOUBLE has no MeasureValue."),
        ({"Time": None}, "Invalid time for record."),
        ({"Dimensions": []}, "A record has no dimension; it needs at least one."),
        ({"Dimensions": None}, "A record has no dimension; it needs at least one."),
        ({"Dimensions": [{"Name": "device", "Value": ""}]}, "The dimension device has an empty value."),
        ({"Dimensions": DIMENSIONS * 2}, "The dimension device is there twice in a record."),
        ({"Version": 0}, "The record version 0 is invalid: a version is 1 or higher."),
        ({"Version": -1}, "The record version -1 is invalid: a version is 1 or higher."),
        ({"MeasureValueType": "TIMESTAMP", "MeasureValue": "1"}, "TIMESTAMP is an invalid measure value type."),
        (
            {"MeasureValueType": "MULTI", "MeasureValue": None},
            "A record of the type MULTI has no MeasureValues; it needs at least one.",
        ),
        (
            {"MeasureValueType": "MULTI", "MeasureValue": None, "MeasureValues": []},
            "A record of the type MULTI has no MeasureValues; it needs at least one.",
        ),
        (
            {"MeasureValues": [{"Name": "a", "Value": "1", "Type": "BIGINT"}]},
            "A record of the type DOUBLE has MeasureValues, which only the type MULTI may have.",
        ),
    ],
)
def test_a_record_that_is_not_whole_refuses_the_request(client, engine, members, text):
    assert invalid(client, record(Time=str(MS + 1)), record(**members)) == text
    assert stored(engine, "time") == []


def test_a_multi_measure_record_may_have_one_measure(client, engine):
    write(client, multi(("a", "1", "BIGINT")))

    assert stored(engine, "a") == [(1,)]


def test_a_measure_may_not_be_twice_in_a_record(client):
    assert invalid(client, multi(("a", "1", "BIGINT"), ("a", "2", "BIGINT"))) == (
        "The measure a is there twice in a record."
    )


def test_a_record_may_not_have_a_dimension_and_a_measure_of_one_name(client, engine):
    other = [{"Name": "room", "Value": "r"}]

    # Other records may: what they may not do to the table's columns is judged one by one.
    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, multi(("device", "1", "BIGINT"), Dimensions=other), record(Time=str(MS + 1)))

    assert [one["RecordIndex"] for one in caught.value.response["RejectedRecords"]] == [0]
    assert invalid(client, record(), multi(("device", "1", "BIGINT"))) == (
        "The name device is that of a dimension and of a measure of one record."
    )


def test_a_measure_of_a_record_may_not_be_multi(client):
    assert invalid(client, multi(("a", "1", "MULTI"))) == (
        "The measure a has the type MULTI, which only a record may have."
    )


def test_a_record_has_at_most_256_measures(client):
    values = [(f"m{number}", "true", "BOOLEAN") for number in range(257)]

    write(client, multi(*values[:256]))

    assert invalid(client, multi(*values)) == "A record has 257 measures; it may have 256."


def test_a_record_has_at_most_128_dimensions(client):
    dimensions = [{"Name": f"d{number}", "Value": "v"} for number in range(129)]

    write(client, record(Dimensions=dimensions[:128]))

    assert "dimensions" in invalid(client, record(Dimensions=dimensions))
    assert invalid(client, record(Dimensions=dimensions[:128]), CommonAttributes={"Dimensions": dimensions[128:]}) == (
        "A record has 129 dimensions; it may have 128."
    )


# --- texts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("DOUBLE", "35", 35.0),
        ("DOUBLE", "-35.5e-3", -0.0355),
        ("DOUBLE", "+.5", 0.5),
        ("DOUBLE", "5.", 5.0),
        ("DOUBLE", "1E3", 1000.0),
        ("DOUBLE", "1e-400", 0.0),
        ("BIGINT", "9223372036854775807", 2**63 - 1),
        ("BIGINT", "-9223372036854775808", -(2**63)),
        ("BIGINT", "007", 7),
        ("BOOLEAN", "True", True),
        ("BOOLEAN", "FALSE", False),
        ("VARCHAR", " ", " "),
        ("VARCHAR", 'ü"\\\n😀', 'ü"\\\n😀'),
    ],
)
def test_a_text_means_a_value(client, engine, type_, text, value):
    write(client, record(MeasureValueType=type_, MeasureValue=text), multi(("m", text, type_), MeasureName="other"))

    assert stored(engine, "measure_name", f"measure_value::{type_.lower()}", "m") == [
        ("other", None, value),
        ("temp", value, None),
    ]


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        *[
            ("DOUBLE", text)
            for text in ("NaN", "Infinity", "-inf", "1e400", "1,5", " 1", "1_0", "0x1", "1d", "٣", "e5")
        ],
        *[
            ("BIGINT", text)
            for text in (
                "1.0",
                "1e3",
                "+1",
                " 1",
                "1_000",
                "9223372036854775808",
                "-",
                "--1",
                "0" * 20,
                "-" + "0" * 20,
                "٣",
                "None",
            )
        ],
        *[("BIGINT", "1" * 2048)],
        *[("BOOLEAN", text) for text in ("1", "yes", "t", " true")],
    ],
)
def test_a_text_that_means_no_value_refuses_the_request(client, engine, type_, text):
    expected = f"Invalid value {text} for {type_.lower()} measure value type."

    assert invalid(client, record(Time=str(MS + 1)), record(MeasureValueType=type_, MeasureValue=text)) == expected
    assert invalid(client, multi(("a", "1", "BIGINT"), ("m", text, type_))) == expected
    assert stored(engine, "time") == []


def test_a_time_as_a_measure_is_in_the_unit_of_its_record(client, engine):
    write(
        client,
        multi(("at", "1", "TIMESTAMP")),
        multi(("at", "1", "TIMESTAMP"), Time=str(MS // 1000 + 1), TimeUnit="SECONDS"),
    )

    assert stored(engine, "at") == [(1_000_000,), (1_000_000_000,)]


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("9223372036854775807", 2**63 - 1)])
def test_a_time_as_a_measure_is_from_1970_to_2262(client, engine, text, value):
    write(client, multi(("at", text, "TIMESTAMP"), Time=str(START), TimeUnit="NANOSECONDS"))

    assert stored(engine, "at") == [(value,)]


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "9223372036855", "1790000000000000000"])
def test_a_text_that_is_no_time_is_no_measure_of_that_type_either(client, engine, text):
    assert invalid(client, multi(("at", text, "TIMESTAMP"))) == (
        f"Invalid value {text} for timestamp measure value type."
    )
    assert stored(engine, "time") == []


def test_nanoseconds_keep_all_their_digits(client, engine):
    write(client, record(Time=str(START - 1), TimeUnit="NANOSECONDS"))

    assert stored(engine, "time") == [(START - 1,)]


@pytest.mark.parametrize(
    ("unit", "time"),
    [
        ("SECONDS", START // 10**9),
        ("MILLISECONDS", START // 10**6),
        ("MICROSECONDS", START // 10**3),
        ("NANOSECONDS", START),
        (None, START // 10**6),
    ],
)
def test_a_time_counts_in_its_unit_and_in_milliseconds_by_itself(client, engine, unit, time):
    write(client, record(Time=str(time), TimeUnit=unit))

    assert stored(engine, "time") == [(START,)]


@pytest.mark.parametrize(
    "text", ["x", "-1", "1.5", "+1", " 1", "1_0", "9223372036855", "9" * 256, "0" * 20, "٣", "1,2"]
)
def test_a_text_that_is_no_time_refuses_the_request(client, engine, text):
    assert invalid(client, record(), record(Time=text)) == "Invalid time for record."
    assert stored(engine, "time") == []


@pytest.mark.parametrize(("time", "unit"), [(START // 10**6, "NANOSECONDS"), (START // 10**9, "MILLISECONDS")])
def test_a_time_in_too_fine_a_unit_is_one_of_1970_and_rejected(client, time, unit):
    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, record(Time=str(time), TimeUnit=unit))

    assert "outside the time range" in caught.value.response["RejectedRecords"][0]["Reason"]


def test_a_time_in_too_coarse_a_unit_is_none(client):
    assert invalid(client, record(Time=str(START), TimeUnit="MILLISECONDS")) == "Invalid time for record."


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["time", "Measure_Name", "measure_value", "ts_non_existent_col", "ts_x", "measure_value::double", "a:b"]
)
def test_names_that_the_service_keeps_for_itself_are_refused(client, name):
    for one in (
        record(Dimensions=[{"Name": name, "Value": "v"}]),
        record(MeasureName=name),
        multi((name, "1", "BIGINT")),
    ):
        assert f"name {name} is invalid" in invalid(client, one)


@pytest.mark.parametrize("name", ["uptime", "my_time", "tsx", "1", "a.b c/ü$"])
def test_names_that_only_look_alike_are_taken(client, name):
    write(client, record(Dimensions=[{"Name": name, "Value": "v"}], MeasureName=name))


def test_a_dimensions_name_has_at_most_60_bytes_and_a_measures_256(client):
    write(client, record(Dimensions=[{"Name": "ü" * 30, "Value": "v"}], MeasureName="ü" * 128))

    assert "this has 62" in invalid(client, record(Dimensions=[{"Name": "ü" * 31, "Value": "v"}]))
    assert "this has 258" in invalid(client, record(MeasureName="ü" * 129))


def test_a_measure_of_a_record_has_a_name_of_at_most_256_bytes(client):
    write(client, multi(("ü" * 128, "1", "BIGINT")))

    assert "this has 258" in invalid(client, multi(("ü" * 129, "1", "BIGINT")))


def test_a_measures_name_may_have_what_a_dimensions_may_not(client, engine):
    write(client, multi(('a"b\n', "1", "BIGINT"), MeasureName='x"y'))

    assert stored(engine, "measure_name", 'a"b\n') == [('x"y', 1)]


def test_a_dimensions_name_has_no_quote_and_no_control_character(client):
    for name in ('a"b', "a\nb", "a\u2028b"):
        assert "control characters" in invalid(client, record(Dimensions=[{"Name": name, "Value": "v"}]))


def test_a_value_of_2048_characters_and_more_bytes_is_rejected(client, engine):
    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(
            client,
            record(Time=str(MS + 1)),
            record(MeasureValueType="VARCHAR", MeasureValue="ü" * 1025, MeasureName="m"),
        )

    assert [one["RecordIndex"] for one in caught.value.response["RejectedRecords"]] == [1]
    assert len(stored(engine, "time")) == 1


# --- records of many forms in one request ----------------------------------------------------------------------------


def test_records_of_one_request_may_have_any_forms(client, engine):
    write(
        client,
        record(),
        multi(("a", "1", "BIGINT"), ("b", "x", "VARCHAR"), MeasureName="m", Time=str(MS + 1)),
        multi(("b", "y", "VARCHAR"), ("a", "2", "BIGINT"), MeasureName="m", Time=str(MS + 2)),
        multi(("c", "true", "BOOLEAN"), MeasureName="n", Time=str(MS + 3), Dimensions=[{"Name": "rack", "Value": "k"}]),
        record(MeasureValueType="BIGINT", MeasureValue="7", MeasureName="count", Time=str(MS + 4)),
    )

    assert stored(
        engine, "device", "rack", "measure_name", "measure_value::double", "measure_value::bigint", "a", "b", "c"
    ) == [
        ("a", None, "count", None, 7, None, None, None),
        ("a", None, "m", None, None, 1, "x", None),
        ("a", None, "m", None, None, 2, "y", None),
        ("a", None, "temp", 1.5, None, None, None, None),
        (None, "k", "n", None, None, None, None, True),
    ]


def test_one_identity_twice_in_a_request_counts_as_written_twice(client, engine):
    write(client, record(), record(), record(MeasureValue="2", Version=2))

    with pytest.raises(client.exceptions.RejectedRecordsException) as caught:
        write(client, record(MeasureValue="3", Version=2), record(MeasureValue="4", Version=3))

    assert [one["RecordIndex"] for one in caught.value.response["RejectedRecords"]] == [0]
    assert stored(engine, "measure_value::double") == [(4.0,)]


def test_the_same_hosts_again_are_the_same_series_wherever_they_are_written(client, engine):
    """What is remembered of the dimensions of a request is forgotten with the table, and is each table's own."""
    hosts = [record(Dimensions=[{"Name": "device", "Value": name}], Time=str(MS)) for name in "abc"]
    later = [one | {"Time": str(MS + 1)} for one in hosts]
    client.create_table(DatabaseName="iot", TableName="other")

    for _ in range(2):
        write(client, *hosts)
        write(client, *later)
        client.write_records(DatabaseName="iot", TableName="other", Records=[record(), *hosts[1:]])
    assert stored(engine, "device", "time") == [(name, time) for name in "abc" for time in (START, START + 10**6)]
    assert engine.describe_contents("iot", "sensors").series == engine.describe_contents("iot", "other").series == 3

    client.delete_table(DatabaseName="iot", TableName="sensors")
    client.create_table(DatabaseName="iot", TableName="sensors")
    write(client, *later)
    assert stored(engine, "device", "time") == [(name, START + 10**6) for name in "abc"]
    with pytest.raises(client.exceptions.RejectedRecordsException):
        write(client, *[one | {"MeasureValue": "9"} for one in later])


def test_late_records_are_counted_as_magnetic(client, engine):
    client.update_table(
        DatabaseName="iot", TableName="sensors", MagneticStoreWriteProperties={"EnableMagneticStoreWrites": True}
    )
    late = str(MS - 2 * 86_400_000)

    assert write(client, record(), record(Time=late))["RecordsIngested"] == {
        "Total": 2,
        "MemoryStore": 1,
        "MagneticStore": 1,
    }
    assert write(client, record(Time=late, MeasureValue="9"))["RecordsIngested"]["MagneticStore"] == 1
    assert stored(engine, "measure_value::double") == [(1.5,), (1.5,)]
