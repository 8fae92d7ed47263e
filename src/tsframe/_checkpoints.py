"""A checkpoint: which requests of a write are settled, in a file, so that a rerun of the same write leaves them out.

A request is known by the digest of its body, so that nothing depends on the order in which requests were sent, and a
row that was changed since is sent again. A line is written with one system call once its request is settled: a killed
process loses at most the requests that were on their way, which are sent again; that does no harm, as the service
takes the same values under the same version twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from tsframe._model.sending import Answer, Refusal
from tsframe.errors import TimestreamError

if TYPE_CHECKING:
    from types import TracebackType

    from tsframe._frames.columns import Said

_FORMAT: Final = "tsframe checkpoint 1"


class Checkpoint:
    """The settled requests of one write. Fulfils ``Journal``; a context manager that closes the file."""

    def __init__(
        self, path: Path, head: dict[str, Any] | None, answers: dict[str, Answer], about: tuple[str, str]
    ) -> None:
        self._path = path
        self._head = head
        self._answers = answers
        self._where, self._table = about
        self._lock = threading.Lock()
        self._file: int | None = None

    @classmethod
    def open(cls, path: str | os.PathLike[str], where: str, table: str) -> Self:
        """Read the file if there is one; it must be about the same table of the same service."""
        found = Path(path)
        try:
            lines = found.read_text("utf-8").splitlines() if found.exists() else []
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(found, str(error)) from error
        head = _head(found, lines[0]) if lines else None
        if head and (head["where"], head["table"]) != (where, table):
            message = (
                f"checkpoint={str(path)!r} is about table {head['table']!r} of {head['where']!r}, not {table!r} of "
                f"{where!r}: name another file"
            )
            raise TimestreamError(message)
        return cls(found, head, dict(filter(None, map(_answer, lines[1:]))), (where, table))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)

    def with_its_version(self, said: Said) -> Said:
        """Return the words with the moment that ``version="now"`` meant in the call that this one takes up."""
        now = isinstance(said.version, str) and said.version == "now"
        if now and self._head and self._head["version"] is not None:
            return replace(said, version=self._head["version"])
        return said

    def begin(self, version: int | str) -> None:
        """Open the file for writing; a new one starts with what it is about."""
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            if self._head is None:
                head = {"is": _FORMAT, "where": self._where, "table": self._table}
                self._append(head | {"version": version if isinstance(version, int) else None})
            elif self._path.read_bytes()[-1:] != b"\n":
                # The last line was torn by a kill; what follows must not be torn with it.
                os.write(self._file, b"\n")
        except OSError as error:
            message = f"checkpoint={str(self._path)!r} cannot be written ({error.strerror}): name another file"
            raise TimestreamError(message) from error

    def find(self, body: bytes) -> Answer | None:
        """Return the answer that settled a request, if it was noted."""
        return self._answers.get(_digest(body))

    def note(self, body: bytes, answer: Answer) -> None:
        """Note what settled a request; it is safe from a kill of this process when this returns."""
        refusals = [[one.index, one.code, one.reason, one.existing_version] for one in answer.refusals]
        self._append({"d": _digest(body), "m": answer.memory_store, "g": answer.magnetic_store, "r": refusals})

    def _append(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._file is not None:
                os.write(self._file, text)


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _head(path: Path, line: str) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("is") != _FORMAT:
        raise _unreadable(path, f"its first line is {line[:60]!r}")
    return head


def _answer(line: str) -> tuple[str, Answer] | None:
    """Read a line; nothing if a kill tore it."""
    try:
        found = json.loads(line)
        refusals = tuple(Refusal(*one) for one in found["r"])
        return found["d"], Answer(found["m"], found["g"], refusals)
    except (ValueError, KeyError, TypeError):
        return None


def _unreadable(path: Path, why: str) -> TimestreamError:
    return TimestreamError(f"checkpoint={str(path)!r} is no checkpoint of tsframe ({why}): name another file")
