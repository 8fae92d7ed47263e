"""Every example is a test: Sybil runs the pages, pytest the docstrings of ``src``, both on an embedded store in memory.

A page must import what it uses, as its reader would; its examples share a store. A docstring finds ``tsframe``, ``pl``,
``pd`` and the frame ``df`` made, and has a store of its own.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, chdir, contextmanager
from datetime import UTC, datetime, timedelta
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pandas as pd
import polars as pl
import pytest
from sybil import Sybil
from sybil.parsers import markdown

import tsframe
from tsframe import _connection

if TYPE_CHECKING:
    from collections.abc import Generator

_around = ExitStack()


@contextmanager
def fresh_store() -> Generator[None]:
    """A store in memory as the default, a folder of its own to write files to, and nothing left behind."""
    with TemporaryDirectory() as folder, chdir(folder), patch.dict(os.environ, TSFRAME_TARGET=":memory:"):
        _connection.reset()
        tsframe.set_backend(None)
        try:
            yield
        finally:
            _connection.reset()
            tsframe.set_backend(None)


def begin_page(_namespace: dict[str, Any]) -> None:
    _around.enter_context(fresh_store())


def end_page(_namespace: dict[str, Any]) -> None:
    _around.close()


@pytest.fixture(autouse=True)
def docstring(request: pytest.FixtureRequest) -> Generator[None]:
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    now = datetime.now(UTC)
    frame = pl.DataFrame(
        {"device": ["a", "a", "b"], "time": [now, now + timedelta(seconds=1), now], "temp": [20.5, 21.0, 19.5]}
    )
    names = request.getfixturevalue("doctest_namespace")
    names.update(df=frame, pd=pd, pl=pl, tsframe=tsframe)
    with fresh_store():
        yield


# testpaths in pyproject.toml says which pages there are.
pytest_collect_file = Sybil(
    parsers=[
        markdown.PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE),
        markdown.SkipParser(),
    ],
    patterns=["*.md"],
    setup=begin_page,
    teardown=end_page,
).pytest()
