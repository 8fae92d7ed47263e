"""The public face: what there is, and that function, method and accessor agree."""

from __future__ import annotations

import inspect
from typing import get_type_hints

import pytest

import tsframe
from tsframe import _accessor, _api, _connection, errors, typing

VERBS = [
    "create_database",
    "create_table",
    "delete_database",
    "delete_table",
    "describe",
    "describe_database",
    "describe_table",
    "ensure_table",
    "list_databases",
    "list_tables",
    "list_tags",
    "plan",
    "read",
    "read_batches",
    "replay",
    "tag",
    "untag",
    "update_database",
    "update_table",
    "write",
]


def test_the_public_names_are_sorted_and_all_there_is():
    assert tsframe.__all__ == sorted(tsframe.__all__)
    assert all(getattr(tsframe, name) is not None for name in tsframe.__all__)
    assert dir(tsframe) == tsframe.__all__


def test_every_public_function_of_the_api_is_public():
    functions = [name for name, value in vars(_api).items() if inspect.isfunction(value)]

    assert sorted(functions) == sorted(_api.__all__) == VERBS
    assert set(VERBS) <= set(tsframe.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'tsframe' has no attribute 'nope'"):
        _ = tsframe.nope


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_a_method_of_a_connection(verb):
    found = inspect.signature(getattr(_api, verb)).parameters
    parameters = set(found) - {"connection"}
    if "options" in found:
        parameters = parameters - {"options"} | set(typing.WriteOptions.__annotations__)
    method = inspect.signature(getattr(_connection.Connection, verb)).parameters
    named = {name for name, parameter in method.items() if parameter.kind is not parameter.VAR_KEYWORD} - {"self"}
    options = {
        "read": typing.ReadOptions,
        "read_batches": typing.ReadOptions,
        "write": typing.WriteOptions,
        "plan": typing.WriteOptions,
        "replay": typing.WriteOptions,
        "create_table": typing.TableOptions,
        "ensure_table": typing.TableOptions,
        "update_table": typing.TableOptions,
    }

    assert named | set(options.get(verb, typing.TypedDict).__annotations__ if verb in options else ()) == parameters


def test_the_accessor_takes_what_the_function_takes():
    parameters = set(inspect.signature(_api.write).parameters) - {"frame", "table", "connection"}

    assert set(typing.WriteOptions.__annotations__) == parameters
    assert list(inspect.signature(_accessor.TimestreamAccessor.write).parameters) == [
        "self",
        "table",
        "connection",
        "options",
    ]


@pytest.mark.parametrize("verb", [*VERBS, "connect"])
def test_every_public_function_is_documented_with_an_example(verb):
    docstring = inspect.getdoc(getattr(tsframe, verb))

    assert docstring is not None
    assert "Examples\n--------" in docstring
    assert ">>> " in docstring


def test_the_drawn_tree_of_errors_is_the_tree():
    drawn = {
        line.strip(" *").split("``")[1]
        for line in (errors.__doc__ or "").splitlines()
        if line.strip().startswith("* ``")
    }
    classes = {name for name in errors.__all__ if name != "TableDriftWarning"}

    assert drawn == classes
    assert all(issubclass(getattr(errors, name), errors.TimestreamError) for name in classes)


@pytest.mark.parametrize(
    "name", [name for name in errors.__all__ if issubclass(getattr(errors, name), errors.ServiceError)]
)
def test_service_errors_carry_the_name_that_aws_gives_them(name):
    assert getattr(errors, name).code == name.removesuffix("Error") + "Exception"


def test_an_invalid_frame_is_a_value_error():
    assert issubclass(errors.InvalidFrameError, ValueError)


def test_an_unknown_option_is_the_usual_type_error():
    with tsframe.connect(":memory:") as ts, pytest.raises(TypeError, match="nope"):
        ts.write(None, "iot.sensors", nope=1)


def test_annotations_of_the_api_can_be_resolved_by_name():
    assert set(typing.__all__) >= {"IntoFrame", "Frame", "Backend", "TimeUnit"}
    assert get_type_hints(errors.ServiceError.__init__)
