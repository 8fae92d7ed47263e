"""Sybil: every example in the pages and in the docstrings of ``src`` is a test, on an embedded store in memory.

A page must import what it uses, as its reader would. A docstring finds the names of ``DOCSTRING_NAMES`` made.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, chdir
from datetime import UTC, datetime, timedelta
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pandas as pd
import polars as pl
from sybil import Sybil
from sybil.parsers import markdown, rest

import tsframe
from tsframe import _connection

FLAGS = ELLIPSIS | NORMALIZE_WHITESPACE
DOCSTRING_NAMES = {
    "UTC": UTC,
    "datetime": datetime,
    "pd": pd,
    "pl": pl,
    "timedelta": timedelta,
    "tsframe": tsframe,
}

_around = ExitStack()


def forget() -> None:
    """Leave nothing of one document to the next: no default connection, no chosen backend."""
    _connection.reset()
    tsframe.set_backend(None)


def begin_page(_namespace: dict[str, Any]) -> None:
    """Give a document a store in memory, and a folder of its own to write files to."""
    forget()
    _around.enter_context(patch.dict(os.environ, TSFRAME_TARGET=":memory:"))
    _around.enter_context(chdir(_around.enter_context(TemporaryDirectory())))
    _around.callback(forget)


def begin_docstrings(namespace: dict[str, Any]) -> None:
    begin_page(namespace)
    namespace.update(DOCSTRING_NAMES)


def end(_namespace: dict[str, Any]) -> None:
    _around.close()


# testpaths in pyproject.toml says which pages there are.
pages = Sybil(
    parsers=[markdown.PythonCodeBlockParser(doctest_optionflags=FLAGS), markdown.SkipParser()],
    patterns=["*.md"],
    setup=begin_page,
    teardown=end,
)
docstrings = Sybil(
    parsers=[rest.DocTestParser(optionflags=FLAGS)],
    path="src",
    patterns=["*.py"],
    setup=begin_docstrings,
    teardown=end,
)
pytest_collect_file = (pages + docstrings).pytest()
