"""The way to a service: what a caller wants of it, what is told on it, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from tsframe._model.units import NO_UNITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tsframe._model.units import WriteUnits
    from tsframe.typing import Concurrency, Pack

Outcome: TypeAlias = Literal["stored", "rejected", "resumed", "throttled", "failed"]


@dataclass(frozen=True, slots=True)
class RequestEvent:
    """What became of one WriteRecords: one attempt, or one that an earlier call had settled."""

    table: str
    """Database and table."""
    outcome: Outcome
    """``"stored"``: every record; ``"rejected"``: some records were; ``"resumed"``: an earlier call had settled it."""
    records: int
    bytes: int
    """Of the request's body."""
    attempt: int
    """1 for the first; 0 if none was needed."""
    seconds: float
    rejected: int = 0
    """How many of the records were rejected."""
    code: str | None = None
    """AWS's name of the error, or the kind of failure."""
    request_id: str | None = None
    """AWS's number of the request."""
    again: bool = False
    """Whether it will be sent again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One record that a request's answer rejects."""

    index: int
    """Its place in the request."""
    code: str
    reason: str
    existing_version: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered for one request; it settles every record of it."""

    memory_store: int
    magnetic_store: int
    refusals: tuple[Refusal, ...] = ()
    request_id: str | None = None


class Journal(Protocol):
    """Where settled requests are noted, so that a later call need not send them again."""

    def begin(self, version: int | str) -> None:
        """Get ready to note; the records have this version, or it is in a column of this name."""
        ...

    def find(self, body: bytes) -> Answer | None:
        """Return the answer that settled a request, if it was noted."""
        ...

    def note(self, body: bytes, answer: Answer) -> None:
        """Note what settled a request; it is safe from a kill of this process when this returns."""
        ...


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was sent; the embedded engine sends nothing."""

    requests: int = 0
    """Requests that were settled, each counted once; those an earlier call had settled are not."""
    retries: int = 0
    """Attempts beyond each request's first."""
    bytes: int = 0
    """Of the bodies of those requests, each counted once."""
    units: WriteUnits = NO_UNITS

    def plus(self, other: Traffic) -> Traffic:
        """Return both together."""
        return Traffic(
            self.requests + other.requests,
            self.retries + other.retries,
            self.bytes + other.bytes,
            self.units.plus(other.units),
        )


NO_TRAFFIC = Traffic()


def unwatched(_event: RequestEvent) -> None:
    """Tell nobody."""


def alone() -> bool:
    """Nobody else is about to write."""
    return False


@dataclass(frozen=True, slots=True)
class Sending:
    """How a batch is to be sent."""

    pack: Pack = "auto"
    concurrency: Concurrency = "auto"
    journal: Journal | None = None
    watch: Callable[[RequestEvent], None] = unwatched
    """Told of every request, from any thread, one at a time."""
    company: Callable[[], bool] = alone
    """Whether others are about to write, so that it is worth to wait for them a moment and be written together."""


PLAIN = Sending()
