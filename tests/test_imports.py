"""Importing is light, and frames have their accessor whatever is imported first."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest

HEAVY = ("pandas", "polars", "pyarrow", "duckdb", "boto3", "numpy", "platformdirs")

USE = {
    "pandas": "pandas.DataFrame({'a': [1]}).timestream.write",
    "polars": "polars.DataFrame({'a': [1]}).timestream.write",
}


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_import_tsframe_loads_no_heavy_library():
    assert run(f"import sys, tsframe; print([name for name in {HEAVY!r} if name in sys.modules])") == "[]"


def test_the_errors_and_annotations_are_light_too():
    script = f"import sys, tsframe.errors, tsframe.typing; print([name for name in {HEAVY!r} if name in sys.modules])"

    assert run(script) == "[]"


@pytest.mark.parametrize("order", list(itertools.permutations(["tsframe", "pandas", "polars"])))
def test_frames_have_the_accessor_in_every_order_of_import(order):
    lines = [f"import {name}" for name in order]

    assert run("\n".join([*lines, *USE.values(), "print('there')"])) == "there"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_importing_one_library_registers_without_loading_the_other_or_the_engine(library):
    other = {"pandas": "polars", "polars": "pandas"}[library]
    script = f"""
import sys, tsframe, {library}
{USE[library]}
print([name for name in {(other, "duckdb")!r} if name in sys.modules])
"""

    assert run(script) == "[]"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_look_up_without_an_import_registers_nothing_and_spoils_nothing(library):
    script = f"""
import sys, tsframe, importlib.util
importlib.util.find_spec({library!r})
print({library!r} in sys.modules)
import {library}
{USE[library]}
"""

    assert run(script) == "False"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_the_explicit_modules_register_too(library):
    assert run(f"import tsframe.{library}, {library}; {USE[library]}; print('there')") == "there"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_library_that_is_not_installed_stays_missing(library):
    script = f"""
import sys
sys.path = [path for path in sys.path if not path.endswith('site-packages')]
import importlib.util
assert importlib.util.find_spec({library!r}) is None
sys.path.insert(0, {str(_source())!r})
import tsframe
try:
    import {library}
except ModuleNotFoundError as error:
    print(error)
"""

    assert run(script) == f"No module named '{library}'"


def _source() -> str:
    import pathlib

    import tsframe

    return str(pathlib.Path(tsframe.__file__).parent.parent)


def test_registering_again_is_harmless():
    script = """
import pandas, polars, sys, tsframe, tsframe.pandas, tsframe.polars
from tsframe._register import register
register()
register()
print(sum(type(finder).__name__ == "_Waiter" for finder in sys.meta_path))
"""

    assert run(script) == "1"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_library_keeps_its_own_loader_and_its_loader_keeps_its_ways(library):
    script = f"""
import importlib.util, inspect, tsframe
spec = importlib.util.find_spec({library!r})
print(spec.loader.get_filename() == spec.origin, {library!r} in __import__("sys").modules)
import {library}
print(type({library}.__loader__).__name__, type({library}.__spec__.loader).__name__)
print(len(inspect.getsource({library})) > 0)
"""

    assert run(script) == "True False\nSourceFileLoader SourceFileLoader\nTrue"
