"""The operations of timestream-write: decode, a method of ``Service``, encode. It does not know which service it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tsframe._model.records import RecordBatch
from tsframe._model.sending import PLAIN, Refusal, Sending
from tsframe._wire.batch_loads import listed_to_shape, load_from_shape, task_to_shape
from tsframe._wire.errors import RecordsRejectedError
from tsframe._wire.pages import page
from tsframe._wire.resources import (
    asked_tags,
    change_from_shape,
    database_to_shape,
    table_to_shape,
    tags_to_shape,
)
from tsframe._wire.writes import decode_records
from tsframe.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tsframe._model.batch_loads import BatchLoadTask
    from tsframe._service import Service
    from tsframe._wire.constraints import Sheet

_PAGE: Final = 20
"""Databases or tables of a page where no number is asked for; the documentation names none."""
_PAGE_OF_TASKS: Final = 100
_MINUTES: Final = 1440


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation, of a client that may make it."""

    service: Service
    address: str
    """The endpoint's own address, as the client wrote it."""
    request: Mapping[str, Any]
    content: RecordBatch | ValidationError | None
    """The records of a WriteRecords, or why they are none."""
    may_see: Callable[[str], bool]
    """Whether the client may see a database."""
    sending: Sending = PLAIN


Shape = dict[str, Any]


def _describe_endpoints(call: Call) -> Shape:
    # With its scheme: botocore would take https for a bare host.
    return {"Endpoints": [{"Address": call.address, "CachePeriodInMinutes": _MINUTES}]}


# --- databases -------------------------------------------------------------------------------------------------------


def _create_database(call: Call) -> Shape:
    asked = call.request
    tags = asked_tags(asked.get("Tags"))
    made = call.service.create_database(asked["DatabaseName"], kms_key=asked.get("KmsKeyId"), tags=tags)
    return {"Database": database_to_shape(made)}


def _describe_database(call: Call) -> Shape:
    return {"Database": database_to_shape(call.service.describe_database(call.request["DatabaseName"]))}


def _list_databases(call: Call) -> Shape:
    found = [one for one in call.service.list_databases() if call.may_see(one.name)]
    shown, token = page(
        found,
        lambda one: [one.name],
        ["ListDatabases"],
        token=call.request.get("NextToken"),
        size=call.request.get("MaxResults") or _PAGE,
    )
    return _paged("Databases", [database_to_shape(one) for one in shown], token)


def _update_database(call: Call) -> Shape:
    asked = call.request
    return {
        "Database": database_to_shape(call.service.update_database(asked["DatabaseName"], kms_key=asked["KmsKeyId"]))
    }


def _delete_database(call: Call) -> Shape:
    call.service.delete_database(call.request["DatabaseName"])
    return {}


# --- tables ----------------------------------------------------------------------------------------------------------


def _create_table(call: Call) -> Shape:
    asked = call.request
    tags = asked_tags(asked.get("Tags"))
    made = call.service.create_table(asked["DatabaseName"], asked["TableName"], change_from_shape(asked), tags=tags)
    return {"Table": table_to_shape(made)}


def _describe_table(call: Call) -> Shape:
    found = call.service.describe_table(call.request["DatabaseName"], call.request["TableName"])
    return {"Table": table_to_shape(found)}


def _list_tables(call: Call) -> Shape:
    database = call.request.get("DatabaseName")
    found = [one for one in call.service.list_tables(database) if call.may_see(one.database)]
    shown, token = page(
        found,
        lambda one: [one.database, one.name],
        ["ListTables", database or ""],
        token=call.request.get("NextToken"),
        size=call.request.get("MaxResults") or _PAGE,
    )
    return _paged("Tables", [table_to_shape(one) for one in shown], token)


def _update_table(call: Call) -> Shape:
    asked = call.request
    changed = call.service.update_table(asked["DatabaseName"], asked["TableName"], change_from_shape(asked))
    return {"Table": table_to_shape(changed)}


def _delete_table(call: Call) -> Shape:
    call.service.delete_table(call.request["DatabaseName"], call.request["TableName"])
    return {}


# --- tags ------------------------------------------------------------------------------------------------------------


def _tag_resource(call: Call) -> Shape:
    call.service.tag_resource(call.request["ResourceARN"], asked_tags(call.request["Tags"]))
    return {}


def _untag_resource(call: Call) -> Shape:
    call.service.untag_resource(call.request["ResourceARN"], tuple(call.request["TagKeys"]))
    return {}


def _list_tags_for_resource(call: Call) -> Shape:
    return {"Tags": tags_to_shape(call.service.list_tags_for_resource(call.request["ResourceARN"]))}


# --- batch load ------------------------------------------------------------------------------------------------------


def _create_batch_load_task(call: Call) -> Shape:
    return {"TaskId": call.service.create_batch_load_task(load_from_shape(call.request))}


def _describe_batch_load_task(call: Call) -> Shape:
    return {"BatchLoadTaskDescription": task_to_shape(call.service.describe_batch_load_task(call.request["TaskId"]))}


def _list_batch_load_tasks(call: Call) -> Shape:
    def key(task: BatchLoadTask) -> list[str]:
        return [task.created.isoformat(timespec="milliseconds"), task.id]

    status = call.request.get("TaskStatus")
    tasks = (one for one in call.service.list_batch_load_tasks() if call.may_see(one.load.database))
    shown, token = page(
        sorted((one for one in tasks if status in {None, one.status}), key=key),
        key,
        ["ListBatchLoadTasks", status or ""],
        token=call.request.get("NextToken"),
        size=call.request.get("MaxResults") or _PAGE_OF_TASKS,
    )
    return _paged("BatchLoadTasks", [listed_to_shape(one) for one in shown], token)


def _resume_batch_load_task(call: Call) -> Shape:
    call.service.resume_batch_load_task(call.request["TaskId"])
    return {}


# --- records ---------------------------------------------------------------------------------------------------------


def _write_records(call: Call) -> Shape:
    database, table = call.request["DatabaseName"], call.request["TableName"]
    if not isinstance(call.content, RecordBatch):
        # That a table is missing is told before what is wrong with its records.
        call.service.describe_table(database, table)
        assert call.content is not None  # noqa: S101 - as ``content_of`` made it
        raise call.content
    result = call.service.write_records(database, table, call.content, call.sending)
    if result.stopped_by is not None:
        raise result.stopped_by
    if len(result.rejected):
        rows = result.rejected.to_pylist()
        raise RecordsRejectedError(
            tuple(Refusal(row["record"], row["code"], row["reason"], row["existing_version"]) for row in rows)
        )
    stored = {"MemoryStore": result.memory_store, "MagneticStore": result.magnetic_store}
    return {"RecordsIngested": {"Total": result.ingested} | stored}


OPERATIONS: Final[dict[str, Callable[[Call], Shape]]] = {
    "CreateBatchLoadTask": _create_batch_load_task,
    "CreateDatabase": _create_database,
    "CreateTable": _create_table,
    "DeleteDatabase": _delete_database,
    "DeleteTable": _delete_table,
    "DescribeBatchLoadTask": _describe_batch_load_task,
    "DescribeDatabase": _describe_database,
    "DescribeEndpoints": _describe_endpoints,
    "DescribeTable": _describe_table,
    "ListBatchLoadTasks": _list_batch_load_tasks,
    "ListDatabases": _list_databases,
    "ListTables": _list_tables,
    "ListTagsForResource": _list_tags_for_resource,
    "ResumeBatchLoadTask": _resume_batch_load_task,
    "TagResource": _tag_resource,
    "UntagResource": _untag_resource,
    "UpdateDatabase": _update_database,
    "UpdateTable": _update_table,
    "WriteRecords": _write_records,
}
"""By AWS's name."""


def content_of(operation: str, sheet: Sheet) -> RecordBatch | ValidationError | None:
    """Return the records that a request brings, or why they are none."""
    if operation != "WriteRecords":
        return None
    try:
        return decode_records(sheet)
    except ValidationError as error:
        return error


def databases_of(request: Mapping[str, Any], service: Service) -> list[str]:
    """Return the databases that a request names, be it by the name of a resource or the number of a task."""
    found = [request[key] for key in ("DatabaseName", "TargetDatabaseName") if isinstance(request.get(key), str)]
    arn = request.get("ResourceARN")
    if isinstance(arn, str) and ":database/" in arn:
        found.append(arn.partition(":database/")[2].partition("/")[0])
    if isinstance(request.get("TaskId"), str):
        found.append(service.describe_batch_load_task(request["TaskId"]).load.database)
    return found


def _paged(member: str, items: list[Shape], token: str | None) -> Shape:
    return {member: items} | ({} if token is None else {"NextToken": token})
