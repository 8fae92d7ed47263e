"""What is told while a write runs: a progress bar, counters, listeners, and the log. None of it holds data."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from tsframe.errors import InvalidFrameError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tsframe._model.sending import RequestEvent
    from tsframe._report import WriteReport
    from tsframe.typing import IntoProgress

    Listener: TypeAlias = Callable[[RequestEvent], None]

LOG: Final = logging.getLogger("tsframe")
LOG.addHandler(logging.NullHandler())

_ANSWERED: Final = ("stored", "rejected")
_SETTLED: Final = (*_ANSWERED, "resumed")
_DELAY: Final = 2.0
"""Seconds before a bar shows that nobody asked for."""


class Watch:
    """Tells a listener, the log and a progress bar of every request; a context manager that closes the bar."""

    def __init__(self, progress: IntoProgress, listener: Listener) -> None:
        self._listener = listener
        self._progress = progress
        self._done = 0
        self._total: int | None = None
        self._bar: Any = None
        _check_progress(progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def expect(self, records: int) -> None:
        """Learn how many records there will be."""
        self._total = records

    def __call__(self, event: RequestEvent) -> None:
        if LOG.isEnabledFor(logging.DEBUG):
            _log(event)
        self._listener(event)
        if event.outcome in _SETTLED:
            self._step(event.records)

    def sum_up(self, report: WriteReport) -> None:
        """Log what became of the rows."""
        LOG.info(
            "%s: of %d rows %d ingested, %d rejected, %d skipped, %d unsent, %d in doubt; "
            "%d requests, %d retries, %.3f s",
            report.table,
            report.rows,
            report.ingested,
            report.rejected_rows,
            report.skipped_rows,
            report.unsent_rows,
            report.in_doubt_rows,
            report.requests,
            report.retries,
            report.seconds,
        )

    def _step(self, records: int) -> None:
        self._done += records
        progress: Any = self._progress
        if progress is None or isinstance(progress, bool):
            if self._bar is None:
                self._bar = _bar(progress, self._total)
            self._bar.update(records)
        elif hasattr(progress, "update"):
            progress.update(records)
        else:
            progress(self._done, self._total)


def _log(event: RequestEvent) -> None:
    LOG.debug(
        "%s: request of %d records, %d bytes, attempt %d: %s%s in %.3f s%s",
        event.table,
        event.records,
        event.bytes,
        event.attempt,
        event.outcome,
        f" ({event.code})" if event.code else "",
        event.seconds,
        f", request id {event.request_id}" if event.request_id else "",
    )


class _NoBar:
    """Shows nothing."""

    def update(self, records: int) -> None:
        """Show no step."""

    def close(self) -> None:
        """Close nothing."""


def _bar(progress: object, total: int | None) -> Any:  # noqa: ANN401 - a bar of tqdm, or none
    """Return a bar where somebody can see it: asked for, or after a moment where nobody said no."""
    if progress is False or not _is_seen():
        return _NoBar()
    try:
        # Imported here: an extra that few writes need.
        from tqdm import TqdmWarning  # noqa: PLC0415

        with warnings.catch_warnings():
            # In a notebook without ipywidgets it draws with text.
            warnings.simplefilter("ignore", TqdmWarning)
            from tqdm.auto import tqdm  # noqa: PLC0415
    except ImportError:
        if progress is None:
            return _NoBar()
        message = "progress=True needs tqdm: pip install 'tsframe[progress]'"
        raise ImportError(message) from None
    return tqdm(total=total, unit=" records", unit_scale=True, delay=0 if progress else _DELAY)


def _is_seen() -> bool:
    """Tell whether there is a terminal, or a notebook, to draw on."""
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _check_progress(progress: object) -> None:
    if progress is None or isinstance(progress, bool) or callable(progress) or hasattr(progress, "update"):
        return
    message = f"progress={progress!r} is no way to tell: give True, False, a function (done, total), or a bar of tqdm"
    raise InvalidFrameError(message)


@dataclass(frozen=True, slots=True)
class Counters:
    """What a connection has sent since it was opened."""

    requests: int = 0
    """Attempts, each counted."""
    stored: int = 0
    """Requests of which every record was taken."""
    rejected: int = 0
    """Requests of which some records were rejected."""
    resumed: int = 0
    """Requests that an earlier call had settled, so that they were not sent."""
    throttled: int = 0
    """Attempts that were throttled."""
    failed: int = 0
    """Attempts that failed for another reason."""
    records: int = 0
    """Records taken."""
    rejected_records: int = 0
    bytes: int = 0
    """Of the bodies of settled requests."""


class Audience:
    """The listeners of a connection, and its counters. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._counts = dict.fromkeys(Counters.__slots__, 0)

    @property
    def counters(self) -> Counters:
        """The counters at this moment."""
        with self._lock:
            return Counters(**self._counts)

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell a listener of every request from now on; return how to stop."""
        with self._lock:
            self._listeners = [*self._listeners, listener]

        def leave() -> None:
            with self._lock:
                self._listeners = [one for one in self._listeners if one is not listener]

        return leave

    def __call__(self, event: RequestEvent) -> None:
        """Count an event and tell it."""
        with self._lock:
            self._count(event)
        for listener in self._listeners:
            listener(event)

    def _count(self, event: RequestEvent) -> None:
        counts = self._counts
        counts[event.outcome] += 1
        counts["requests"] += event.outcome != "resumed"
        if event.outcome in _ANSWERED:
            counts["records"] += event.records - event.rejected
            counts["rejected_records"] += event.rejected
            counts["bytes"] += event.bytes
