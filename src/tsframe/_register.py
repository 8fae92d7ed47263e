"""Gives frames ``.timestream`` when their library is imported, never sooner, whatever is imported first.

A library that is loaded already is registered at once. For the others a finder waits on ``sys.meta_path`` and adds one
step after the library's own loading. Libraries look for each other without importing (Polars asks whether pandas is
there), so a look-up alone registers nothing and the finder stays until the import itself.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader
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
                spec.loader = spec.loader and _Registering(spec.loader)
                return spec
        return None


class _Registering(Loader):
    """A library's own loader and one step more. It hands on all else, and leaves the module as the loader made it."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        importlib.import_module(_LIBRARIES[module.__name__])

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)
