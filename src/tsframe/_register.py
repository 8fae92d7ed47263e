"""Gives frames ``.timestream`` when their library is imported, never sooner, whatever is imported first.

A library that is loaded already is registered at once. For the others a finder waits on ``sys.meta_path`` and adds one
step after the library's own loading. Libraries look for each other without importing (Polars asks whether pandas is
there), so a look-up alone registers nothing and the finder stays until the import itself.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_LIBRARIES: Final = {"pandas": "tsframe.pandas", "polars": "tsframe.polars"}


def register() -> None:
    """Register the accessor on each library, now or when it is imported."""
    for library, module in _LIBRARIES.items():
        if library in sys.modules:
            importlib.import_module(module)
    if not any(isinstance(finder, _Waiter) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiter())


class _Waiter:
    """A finder that finds what the others find, and registers after loading."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _LIBRARIES:
            return None
        for finder in sys.meta_path:
            if not isinstance(finder, _Waiter) and (spec := finder.find_spec(name, path, target)) is not None:
                _register_after(spec)
                return spec
        return None


def _register_after(spec: ModuleSpec) -> None:
    loader = spec.loader
    if loader is None:
        return
    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        importlib.import_module(_LIBRARIES[spec.name])

    # The loader belongs to this one spec, so only this import is changed.
    loader.exec_module = exec_module  # type: ignore[method-assign]
