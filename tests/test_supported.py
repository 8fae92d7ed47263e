"""The page of what is supported is true: all that there is has a line on it, and each line names tests that exist."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import pytest
from botocore.loaders import Loader

from tsframe._model.quotas import AWS_QUOTAS
from tsframe._server.operations import OPERATIONS
from tsframe._wire.errors import STATUS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/supported.md").read_text()
MODEL = Loader().load_service_model("timestream-write", "service-2")


@dataclass(frozen=True)
class Row:
    """A line of one of the page's tables."""

    section: str
    rule: str
    state: str
    how: str
    test: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", self.test)


def rows_of(page):
    section = ""
    for line in page.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if section and line.startswith("| ") and cells[1] != "state":
            yield Row(section, *cells)


ROWS = list(rows_of(PAGE))


def rows(section):
    return [row for row in ROWS if row.section == section]


@cache
def functions_of(path):
    return {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}


def of(row):
    return f"{row.section}: {row.rule}"


@pytest.mark.parametrize("row", ROWS, ids=of)
def test_a_line_says_one_of_three_states(row):
    assert row.state in {"supported", "inferred", "differs"}
    assert row.how


@pytest.mark.parametrize("row", ROWS, ids=of)
def test_a_line_names_tests_that_exist(row):
    assert row.tests
    assert re.sub(r"`[^`]*`(, )?", "", row.test) == ""
    assert [name for path, name in row.tests if name not in functions_of(path)] == []


def test_no_line_is_there_twice():
    assert len({of(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("operation", [*MODEL["operations"]])
def test_every_operation_has_a_line_that_agrees_with_the_code(operation):
    states = [row.state for row in rows("Operations") if row.rule == f"`{operation}`"]

    assert states == ["supported" if operation in OPERATIONS else "differs"]


@pytest.mark.parametrize("row", rows("Operations"), ids=of)
def test_a_line_of_an_operation_is_of_one_that_exists(row):
    assert row.rule.strip("`") in MODEL["operations"]


@pytest.mark.parametrize(("code", "status"), STATUS.items())
def test_every_error_has_a_line_with_its_status(code, status):
    (found,) = [row.how for row in rows("Errors") if row.rule == f"`{code}`"]

    assert found.startswith(str(status))


@pytest.mark.parametrize(
    "code", sorted({one["shape"] for each in MODEL["operations"].values() for one in each["errors"]})
)
def test_every_error_of_the_model_has_a_line(code):
    assert f"`{code}`" in [row.rule for row in rows("Errors")]


@pytest.mark.parametrize("quota", fields(AWS_QUOTAS), ids=lambda field: field.name)
def test_every_quota_has_a_line_with_its_number(quota):
    (found,) = [row.rule for row in rows("Quotas") if f"(`{quota.name}`)" in row.rule]

    assert found.startswith(f"{getattr(AWS_QUOTAS, quota.name):,} ")
