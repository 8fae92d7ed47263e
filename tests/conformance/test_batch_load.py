"""Batch load: CSV files of a bucket into a table, as the developer guide tells ("Batch load")."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.conformance.batches import HOUR, START, stored
from tsframe._model.batch_loads import BatchLoad, CsvFormat, DataModel, DimensionColumn, Mixed, Status
from tsframe._model.places import Place
from tsframe._model.tables import TableChange

MS = START // 10**6
MULTI = {
    "TimeColumn": "time",
    "DimensionMappings": [{"SourceColumn": "dev", "DestinationColumn": "device"}],
    "MultiMeasureMappings": {
        "TargetMultiMeasureName": "climate",
        "MultiMeasureAttributeMappings": [{"SourceColumn": "temp", "MeasureValueType": "DOUBLE"}],
    },
}

UNMAPPED = {key: value for key, value in MULTI.items() if key != "MultiMeasureMappings"}


@pytest.fixture(autouse=True)
def _tables(sensors):
    """The table iot.sensors is there."""


@pytest.fixture
def bucket(engine):
    folder = engine.buckets.folder / "source"
    folder.mkdir(parents=True)
    return folder


def request(**members):
    source = {"DataSourceS3Configuration": {"BucketName": "source"}, "DataFormat": "CSV"}
    csv, model = members.pop("csv", None), members.pop("model", MULTI)
    return {
        "DataModelConfiguration": {"DataModel": model},
        "DataSourceConfiguration": source | ({"CsvConfiguration": csv} if csv else {}),
        "ReportConfiguration": {"ReportS3Configuration": {"BucketName": "reports", "ObjectKeyPrefix": "errors"}},
        "TargetDatabaseName": "iot",
        "TargetTableName": "sensors",
    } | members


def described(client, task):
    return client.describe_batch_load_task(TaskId=task)["BatchLoadTaskDescription"]


def ended(client, task):
    """The task, once it is at an end."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = described(client, task)
        if found["TaskStatus"] not in {"CREATED", "IN_PROGRESS", "PENDING_RESUME"}:
            return found
        time.sleep(0.01)
    raise AssertionError(found)


def load(client, **members):
    return ended(client, client.create_batch_load_task(**request(**members))["TaskId"])


def counts(task):
    report = task["ProgressReport"]
    names = ("RecordsProcessed", "RecordsIngested", "ParseFailures", "RecordIngestionFailures", "FileFailures")
    return tuple(report[name] for name in names)


def errors(engine, task):
    """What the error report tells: file, reason, ranges of lines."""
    report = json.loads((engine.buckets.folder / "reports/errors" / task["TaskId"] / "error_report.json").read_text())
    assert report["taskId"] == task["TaskId"]
    of_files = [
        (file["fileName"], one["reason"], one["lineRanges"]) for file in report["fileErrors"] for one in file["errors"]
    ]
    return report["taskErrors"], of_files


def refusal(call, **members):
    with pytest.raises(ClientError) as caught:
        call(**members)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_rows_of_all_files_become_records(client, engine, bucket):
    (bucket / "one.csv").write_text(f"time,dev,temp,more\n{MS},a,1.5,x\n{MS},b,2.5,y\n")
    (bucket / "two").mkdir()
    (bucket / "two" / "three.csv").write_text(f"dev,temp,time\nc,3.5,{MS}\n")

    task = load(client)

    assert (task["TaskStatus"], counts(task)) == ("SUCCEEDED", (3, 3, 0, 0, 0))
    assert stored(engine, "device", "measure_name", "time", "temp") == [
        ("a", "climate", START, 1.5),
        ("b", "climate", START, 2.5),
        ("c", "climate", START, 3.5),
    ]


def test_a_task_is_described_as_it_was_asked_for(client, bucket):
    asked = request(
        RecordVersion=7,
        csv={"ColumnSeparator": "|", "QuoteChar": "'", "EscapeChar": "\\", "NullValue": "-", "TrimWhiteSpace": True},
    )
    task = client.create_batch_load_task(**asked)["TaskId"]

    found = ended(client, task)

    assert len(task) == 32
    assert task.isalnum()
    assert task.upper() == task
    assert {key: found[key] for key in asked} == asked
    assert found["CreationTime"] <= found["LastUpdatedTime"] < found["ResumableUntil"]


def test_only_files_whose_key_begins_with_the_prefix_are_loaded(client, engine, bucket):
    for name in ("in-1.csv", "in-2.csv", "other.csv"):
        (bucket / name).write_text(f"time,dev,temp\n{MS},{name},1\n")
    source = {"DataSourceS3Configuration": {"BucketName": "source", "ObjectKeyPrefix": "in-"}, "DataFormat": "CSV"}

    load(client, DataSourceConfiguration=source)

    assert stored(engine, "device") == [("in-1.csv",), ("in-2.csv",)]


def test_tasks_are_listed_in_pages_and_by_status(client, bucket):
    good = [load(client)["TaskId"] for _ in range(3)]
    assert {one["TaskStatus"] for one in client.list_batch_load_tasks()["BatchLoadTasks"]} == {"FAILED"}
    (bucket / "a.csv").write_text(f"time,dev,temp\n{MS},a,1\n")
    best = load(client)["TaskId"]

    first = client.list_batch_load_tasks(MaxResults=3)
    rest = client.list_batch_load_tasks(MaxResults=3, NextToken=first["NextToken"])
    assert {one["TaskId"] for one in first["BatchLoadTasks"] + rest["BatchLoadTasks"]} == {*good, best}
    assert "NextToken" not in rest
    [listed] = client.list_batch_load_tasks(TaskStatus="SUCCEEDED")["BatchLoadTasks"]
    assert (listed["TaskId"], listed["DatabaseName"], listed["TableName"]) == (best, "iot", "sensors")
    assert refusal(client.list_batch_load_tasks, NextToken="nonsense")[:2] == (400, "ValidationException")
    assert refusal(client.list_batch_load_tasks, MaxResults=101)[:2] == (400, "ValidationException")


def test_a_client_token_names_one_task(client, bucket):
    asked = request(ClientToken="once")
    task = client.create_batch_load_task(**asked)["TaskId"]

    assert client.create_batch_load_task(**asked)["TaskId"] == task
    assert refusal(client.create_batch_load_task, **asked | {"RecordVersion": 2})[:2] == (409, "ConflictException")


def test_a_task_that_is_missing_is_not_found(client):
    for call in (client.describe_batch_load_task, client.resume_batch_load_task):
        assert refusal(call, TaskId="NOPE") == (
            404,
            "ResourceNotFoundException",
            "The batch load task NOPE does not exist.",
        )
        assert refusal(call, TaskId="no")[:2] == (400, "ValidationException")


def test_a_target_that_is_missing_is_not_found(client):
    assert refusal(client.create_batch_load_task, **request(TargetTableName="nope"))[:2] == (
        404,
        "ResourceNotFoundException",
    )
    assert refusal(client.create_batch_load_task, **request(TargetDatabaseName="nope"))[2] == (
        "The database nope does not exist."
    )


def test_only_a_task_that_was_stopped_can_be_resumed(client, bucket):
    (bucket / "a.csv").write_text(f"time,dev,temp\n{MS},a,1\n")
    task = load(client)["TaskId"]

    assert refusal(client.resume_batch_load_task, TaskId=task) == (
        400,
        "ValidationException",
        f"The batch load task {task} is SUCCEEDED; only one that is PROGRESS_STOPPED can be resumed.",
    )


# --- what a request needs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"DataModelConfiguration": {}}, "needs either DataModel or DataModelS3Configuration"),
        ({"model": MULTI | {"TimeColumn": None}}, "has no TimeColumn"),
        ({"model": UNMAPPED}, "either MultiMeasureMappings or MixedMeasureMappings"),
        (
            {"model": MULTI | {"MixedMeasureMappings": [{"MeasureValueType": "DOUBLE", "SourceColumn": "x"}]}},
            "either MultiMeasureMappings or MixedMeasureMappings",
        ),
        (
            {"model": MULTI | {"MultiMeasureMappings": {"MultiMeasureAttributeMappings": [{"SourceColumn": "temp"}]}}},
            "needs TargetMultiMeasureName, or the data model MeasureNameColumn",
        ),
        ({"model": MULTI | {"DimensionMappings": [{}]}}, "needs SourceColumn or DestinationColumn"),
        ({"model": MULTI | {"DimensionMappings": [{"SourceColumn": "time"}]}}, "dimension name time is invalid"),
        ({"model": MULTI | {"DimensionMappings": [{"SourceColumn": "d"}] * 2}}, "The dimension d is there twice"),
        ({"csv": {"ColumnSeparator": "x"}}, "ColumnSeparator is 'x'"),
        ({"csv": {"QuoteChar": "`"}}, "QuoteChar is '`'"),
        ({"RecordVersion": 0}, "The record version 0 is invalid"),
        ({"ReportConfiguration": {}}, "needs ReportS3Configuration"),
        (
            {
                "ReportConfiguration": {
                    "ReportS3Configuration": {"BucketName": "reports", "EncryptionOption": "SSE_KMS"}
                }
            },
            "no KmsKeyId",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_at_once(client, members, text):
    status, code, message = refusal(client.create_batch_load_task, **request(**members))

    assert (status, code) == (400, "ValidationException")
    assert text in message


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"MeasureValueType": "DOUBLE"}, "needs TargetMeasureName, MeasureName or SourceColumn"),
        ({"MeasureValueType": "DOUBLE", "MeasureName": "m"}, "DOUBLE needs SourceColumn"),
        ({"MeasureValueType": "MULTI", "MeasureName": "m"}, "MULTI needs MultiMeasureAttributeMappings"),
        ({"MeasureValueType": "TIMESTAMP", "SourceColumn": "m"}, "TIMESTAMP is an invalid measure value type."),
        ({"MeasureValueType": "DOUBLE", "SourceColumn": "a:b"}, "The measure name a:b is invalid"),
    ],
)
def test_a_mixed_mapping_that_makes_no_record_is_refused(client, mapping, text):
    model = UNMAPPED | {"MixedMeasureMappings": [mapping]}

    assert text in refusal(client.create_batch_load_task, **request(model=model))[2]


def test_a_mixed_mapping_needs_a_name_where_a_column_tells_them(client):
    mapping = {"MeasureValueType": "DOUBLE", "SourceColumn": "x"}
    model = UNMAPPED | {"MixedMeasureMappings": [mapping], "MeasureNameColumn": "name"}

    assert "needs MeasureName" in refusal(client.create_batch_load_task, **request(model=model))[2]


def test_a_required_partition_key_needs_a_mapping(client):
    schema = {
        "CompositePartitionKey": [{"Type": "DIMENSION", "Name": "device", "EnforcementInRecord": "REQUIRED"}],
    }
    client.create_table(DatabaseName="iot", TableName="parted", Schema=schema)
    model = MULTI | {"DimensionMappings": [{"SourceColumn": "room"}]}

    assert "no dimension device" in refusal(
        client.create_batch_load_task, **request(TargetTableName="parted", model=model)
    )[2]  # fmt: skip


# --- how rows become records -----------------------------------------------------------------------------------------


def test_a_column_may_tell_the_measure_name(client, engine, bucket):
    (bucket / "a.csv").write_text(f"time,dev,temp,kind\n{MS},a,1,in\n{MS},a,2,out\n{MS},a,3,\n{MS},a,4,ts_x\n")

    task = load(client, model=MULTI | {"MeasureNameColumn": "kind"})

    assert stored(engine, "measure_name", "temp") == [("in", 1.0), ("out", 2.0)]
    assert [reason for _, reason, _ in errors(engine, task)[1]] == [
        "A record has no measure name; it needs one.",
        "The measure name ts_x is invalid: names that start with 'ts_' are kept by the service for itself.",
    ]


def test_each_mixed_mapping_makes_a_record_of_a_row(client, engine, bucket):
    (bucket / "a.csv").write_text(f"time,dev,temp,on\n{MS},a,1,true\n{MS},b,2,FALSE\n")
    mappings = [
        {"MeasureValueType": "DOUBLE", "SourceColumn": "temp", "TargetMeasureName": "temperature"},
        {"MeasureValueType": "BOOLEAN", "SourceColumn": "on"},
        {
            "MeasureValueType": "MULTI",
            "TargetMeasureName": "all",
            "MultiMeasureAttributeMappings": [
                {"SourceColumn": "temp", "TargetMultiMeasureAttributeName": "t"},
                {"SourceColumn": "on", "MeasureValueType": "VARCHAR"},
            ],
        },
    ]

    task = load(client, model=UNMAPPED | {"MixedMeasureMappings": mappings})

    assert counts(task) == (6, 6, 0, 0, 0)
    assert stored(engine, "device", "measure_name", "measure_value::double", "measure_value::boolean", "t", "on") == [
        ("a", "all", None, None, 1.0, "true"),
        ("a", "on", None, True, None, None),
        ("a", "temperature", 1.0, None, None, None),
        ("b", "all", None, None, 2.0, "FALSE"),
        ("b", "on", None, False, None, None),
        ("b", "temperature", 2.0, None, None, None),
    ]


def test_a_column_of_measure_names_chooses_the_mixed_mapping(client, engine, bucket):
    (bucket / "a.csv").write_text(f"time,dev,name,value\n{MS},a,temp,1.5\n{MS},a,count,7\n{MS},a,other,8\n")
    mappings = [
        {"MeasureValueType": "DOUBLE", "SourceColumn": "value", "MeasureName": "temp"},
        {"MeasureValueType": "BIGINT", "SourceColumn": "value", "MeasureName": "count", "TargetMeasureName": "n"},
    ]

    task = load(
        client,
        model=UNMAPPED | {"MixedMeasureMappings": mappings, "MeasureNameColumn": "name"},
    )

    assert stored(engine, "measure_name", "measure_value::double", "measure_value::bigint") == [
        ("n", None, 7),
        ("temp", 1.5, None),
    ]
    assert errors(engine, task)[1] == [("a.csv", "No mapping has the measure name other.", [[4, 4]])]


@pytest.mark.parametrize(
    ("unit", "divisor"),
    [("SECONDS", 10**9), ("MILLISECONDS", 10**6), ("MICROSECONDS", 10**3), ("NANOSECONDS", 1)],
)
def test_times_are_in_the_models_unit(client, engine, bucket, unit, divisor):
    (bucket / "a.csv").write_text(f"time,dev,at\n{START // divisor},a,{START // divisor}\n")
    multi = {
        "TargetMultiMeasureName": "m",
        "MultiMeasureAttributeMappings": [{"SourceColumn": "at", "MeasureValueType": "TIMESTAMP"}],
    }

    load(client, model=MULTI | {"TimeUnit": unit, "MultiMeasureMappings": multi})

    assert stored(engine, "time", "at") == [(START, START)]


def test_empty_texts_and_the_null_value_are_left_out(client, engine, bucket):
    (bucket / "a.csv").write_text(
        f"time,dev,room,temp,hum\n{MS},a,-,1,-\n{MS},b,,-,2\n{MS},c,r,-,-\n{MS},-,-,1,2\n{MS},d,r,3,4\n"
    )
    model = MULTI | {
        "DimensionMappings": [{"SourceColumn": "dev"}, {"SourceColumn": "room"}],
        "MultiMeasureMappings": {
            "TargetMultiMeasureName": "m",
            "MultiMeasureAttributeMappings": [{"SourceColumn": "temp"}, {"SourceColumn": "hum"}],
        },
    }

    task = load(client, model=model, csv={"NullValue": "-"})

    assert stored(engine, "dev", "room", "temp", "hum") == [
        ("a", None, 1.0, None),
        ("b", None, None, 2.0),
        ("d", "r", 3.0, 4.0),
    ]
    assert errors(engine, task)[1] == [
        ("a.csv", "A record has no measure value; it needs at least one.", [[4, 4]]),
        ("a.csv", "A record has no dimension; it needs at least one.", [[5, 5]]),
    ]


def test_a_version_replaces_what_is_stored(client, engine, bucket):
    file = bucket / "a.csv"
    file.write_text(f"time,dev,temp\n{MS},a,1\n")
    load(client)
    file.write_text(f"time,dev,temp\n{MS},a,2\n")

    failed, replaced = load(client), load(client, RecordVersion=2)

    assert (failed["TaskStatus"], counts(failed)) == ("FAILED", (1, 0, 0, 1, 0))
    assert errors(engine, failed)[1][0][1].startswith("A record already exists with the same time")
    assert (replaced["TaskStatus"], stored(engine, "temp")) == ("SUCCEEDED", [(2.0,)])


def test_the_data_model_may_be_a_file(client, engine, bucket):
    (bucket / "in-a.csv").write_text(f"time,dev,temp\n{MS},a,1\n")
    (bucket / "model.json").write_text(json.dumps(MULTI))
    (bucket / "broken.json").write_text('{"DimensionMappings": 7}')
    place = {"DataSourceS3Configuration": {"BucketName": "source", "ObjectKeyPrefix": "in-"}, "DataFormat": "CSV"}

    def with_model(key):
        at = {"DataModelS3Configuration": {"BucketName": "source", "ObjectKey": key}}
        return load(client, DataSourceConfiguration=place, DataModelConfiguration=at)

    found, broken, missing = map(with_model, ("model.json", "broken.json", "missing.json"))

    assert (found["TaskStatus"], stored(engine, "device", "temp")) == ("SUCCEEDED", [("a", 1.0)])
    assert (broken["TaskStatus"], missing["TaskStatus"]) == ("FAILED", "FAILED")
    assert "s3://source/broken.json holds no data model" in broken["ErrorMessage"]
    assert "cannot reach s3://source/missing.json" in missing["ErrorMessage"]


@pytest.mark.parametrize("key", ["a/../../secret.json", "a/./b.json", "a//b.json"])
def test_no_key_leads_out_of_its_bucket(client, engine, bucket, key):
    (bucket / "a").mkdir()
    (engine.buckets.folder / "secret.json").write_text(json.dumps(MULTI))
    at = {"DataModelS3Configuration": {"BucketName": "source", "ObjectKey": key}}
    place = {"ReportS3Configuration": {"BucketName": "source", "ObjectKeyPrefix": "a/../../out"}}

    read, written = load(client, DataModelConfiguration=at), load(client, ReportConfiguration=place)

    assert "has a part that is no name of a file" in read["ErrorMessage"]
    assert "has a part that is no name of a file" in written["ErrorMessage"]
    assert sorted(path.name for path in engine.buckets.folder.iterdir()) == ["reports", "secret.json", "source"]


# --- what cannot be loaded -------------------------------------------------------------------------------------------


def test_rows_that_are_no_records_are_told_by_their_lines_and_the_others_loaded(client, engine, bucket):
    old = MS - 48 * 3_600_000
    lines = [
        "time,dev,temp,note",
        f"{MS},a,1,fine",
        f"{MS},b,x,two",
        f"{MS},c,x,three",
        f'{MS},d,1,"over\ntwo lines"',
        "",
        f"{MS},e",
        f"{old},f,1,old",
        f"{old},g,1,old",
        "x,h,1,x",
        f"{MS},,1,none",
        f"{MS},z,9,last",
    ]
    (bucket / "a.csv").write_text("\n".join(lines))

    task = load(client)

    assert (task["TaskStatus"], counts(task)) == ("FAILED", (10, 3, 5, 2, 0))
    assert task["ErrorMessage"] == (
        "Not all could be loaded (rows: 5, records: 2); the error report tells what and why."
    )
    assert [device for (device,) in stored(engine, "device")] == ["a", "d", "z"]
    own, found = errors(engine, task)
    assert own == []
    assert [(reason[:40], ranges) for _, reason, ranges in found] == [
        ("Invalid value x for double measure value", [[3, 4]]),
        ("The row has 2 columns; the header has 4.", [[8, 8]]),
        ("The record timestamp is outside the time", [[9, 10]]),
        ("Invalid time for record.", [[11, 11]]),
        ("A record has no dimension; it needs at l", [[12, 12]]),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty; its first line needs to be a header."),
        (b"\xef\xbb\xbftime,dev,temp\n1,a,1\n", "The file begins with a byte order mark; save it without one."),
        (b"time,dev\n1,a\n", "The column temp is not in the header, which is ['time', 'dev']."),
        (b"time,dev,temp,dev\n", "The column dev is 2 times in the header, which is ['time', 'dev', 'temp', 'dev']."),
        (b"time,dev,temp\n1,\xff,1\n", "The file cannot be read after row 1: "),
    ],
)
def test_a_file_that_cannot_be_read_fails_and_the_others_are_loaded(client, engine, bucket, content, reason):
    (bucket / "bad.csv").write_bytes(content)
    (bucket / "good.csv").write_text(f"time,dev,temp\n{MS},a,1\n")

    task = load(client)

    assert (task["TaskStatus"], counts(task)) == ("FAILED", (1, 1, 0, 0, 1))
    [(file, found, ranges)] = errors(engine, task)[1]
    assert (file, ranges) == ("bad.csv", [])
    assert found.startswith(reason)


def test_a_task_without_files_fails(client, engine):
    missing = load(client)
    (engine.buckets.folder / "source").mkdir(parents=True)
    empty = load(client)

    assert "cannot reach s3://source/" in missing["ErrorMessage"]
    assert errors(engine, missing)[0] == [{"reason": missing["ErrorMessage"]}]
    assert empty["ErrorMessage"] == "There is no file at s3://source."


def test_a_task_has_at_most_100_files(client, bucket):
    for number in range(101):
        (bucket / f"{number}.csv").touch()

    assert load(client)["ErrorMessage"] == "There are 101 files at s3://source; a task may have 100."


def test_a_file_with_a_header_alone_loads_nothing(client, bucket):
    (bucket / "a.csv").write_text("time,dev,temp\n")

    task = load(client)

    assert (task["TaskStatus"], counts(task)) == ("SUCCEEDED", (0, 0, 0, 0, 0))


def test_a_file_of_broken_rows_alone_is_told_line_by_line(client, engine, bucket):
    (bucket / "a.csv").write_text("time,dev,temp\n1\n2,3\n")

    task = load(client)

    assert counts(task) == (2, 0, 2, 0, 0)
    assert [ranges for _, _, ranges in errors(engine, task)[1]] == [[[2, 2]], [[3, 3]]]


@pytest.mark.parametrize(
    ("csv", "row"),
    [
        ({"ColumnSeparator": "|"}, "{ms}|a|1"),
        ({"ColumnSeparator": ";"}, "{ms};a;1"),
        ({"ColumnSeparator": "\t"}, "{ms}\ta\t1"),
        ({"ColumnSeparator": " "}, "{ms} a 1"),
        ({"QuoteChar": "'"}, "{ms},'a','1'"),
        ({"TrimWhiteSpace": True}, "{ms} ,  a, 1"),
        ({"EscapeChar": "\\"}, "{ms},\\a,1"),
        ({}, '{ms},"a",1'),
    ],
)
def test_csv_may_be_written_in_each_documented_way(client, engine, bucket, csv, row):
    separator = csv.get("ColumnSeparator", ",")
    (bucket / "a.csv").write_text(separator.join(["time", "dev", "temp"]) + "\r\n" + row.format(ms=MS) + "\r\n")

    assert load(client, csv=csv)["TaskStatus"] == "SUCCEEDED"
    assert stored(engine, "device", "temp") == [("a", 1.0)]


def test_late_rows_go_to_the_magnetic_store_where_it_takes_them(client, engine, bucket):
    engine.update_table("iot", "sensors", TableChange(magnetic_writes=True))
    (bucket / "a.csv").write_text(f"time,dev,temp\n{(START - 48 * HOUR) // 10**6},a,1\n")

    assert load(client)["TaskStatus"] == "SUCCEEDED"
    assert engine.describe_contents("iot", "sensors").magnetic_store == 1


# --- through the protocol of services --------------------------------------------------------------------------------


def test_every_service_begins_describes_and_lists_tasks(empty_service, engine, bucket):
    (bucket / "a.csv").write_text(f"time,dev,temp\n{MS},a,1\n")
    asked = BatchLoad(
        database="iot",
        table="sensors",
        source=Place("source"),
        report=Place("reports", "errors", "SSE_S3"),
        model=DataModel(
            (DimensionColumn("dev", "device"),), "time", mixed=(Mixed("DOUBLE", source="temp", target="temperature"),)
        ),
        csv=CsvFormat(trim=True),
    )
    task = empty_service.create_batch_load_task(asked)
    while (found := empty_service.describe_batch_load_task(task)).status in {Status.CREATED, Status.IN_PROGRESS}:
        time.sleep(0.01)

    assert (found.load, found.status, found.progress.ingested) == (asked, Status.SUCCEEDED, 1)
    assert empty_service.list_batch_load_tasks() == (found,)
    assert found.updated - found.created < timedelta(minutes=1)
