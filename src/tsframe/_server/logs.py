"""The endpoint's log: one JSON object a line, on standard error; no data, no keys."""

from __future__ import annotations

import logging
import logging.config
import time
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

_FIELDS: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"
_NAMES: Final = {"asctime": "time", "levelname": "level", "name": "logger"}


class _Lines(JsonFormatter):
    """Times are UTC, ISO 8601."""

    def __init__(self) -> None:
        super().__init__(_FIELDS, rename_fields=_NAMES, datefmt="%Y-%m-%dT%H:%M:%SZ")
        self.converter = time.gmtime


_CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": _Lines}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "loggers": {
        "tsframe": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


def begin() -> None:
    """Log from now on."""
    logging.config.dictConfig(_CONFIG)
