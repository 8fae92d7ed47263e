"""How many requests are on their way at once, and how fast they follow each other.

More go at once while there is processor time for them and more of them are answered for it. Throttling is no reason to
send less: the service grows with the load that it is offered, and stays small if the load shrinks (developer guide,
"Data ingestion"). So while requests are throttled, attempts follow each other at the rate they had before, and then
somewhat faster, and throttled requests take their turn again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tsframe.typing import Concurrency

MOST: Final = 64
"""Requests at once, and connections kept."""

_SHORTEST: Final = 0.05
_ANSWERS: Final = 4
_BUSY: Final = 0.8
"""The share of one processor from which more threads only wait for each other: Python runs one at a time."""
_WORTH: Final = 1.1
"""How much faster twice as many must be to stay."""
_PATIENT_WINDOWS: Final = 20
_QUIET: Final = 1.0
"""Seconds without throttling after which the rate is no longer held."""
_GROWTH: Final = 0.05
"""How much faster throttled attempts get in each second."""
_SLOWEST: Final = 10.0
"""Attempts a second that are never thought too many."""
_HELD_SECONDS: Final = 2.0
_AHEAD: Final = 16
"""Requests that may wait at least: who makes them and who sends them take turns, and each turn costs."""


class Pace:
    """The number of requests at once, and the moments at which attempts may begin; in seconds of a monotonic clock.

    Not safe between threads: its user has a lock.
    """

    def __init__(self, concurrency: Concurrency, now: float, start: int = 1) -> None:
        self._fixed = concurrency != "auto"
        self.limit = start if concurrency == "auto" else concurrency
        """How many requests may be on their way at once."""
        self._window = _Window(now)
        self._rate_before = 0.0
        self._smaller: tuple[int, float] | None = None
        self._rest = 0
        self._held: float | None = None
        self._held_at = now
        self._throttled_at = now
        self._next = now

    @property
    def room(self) -> int:
        """How many requests may wait for their turn: enough to keep up a held rate while throttled ones pause."""
        held = 0 if self._held is None else int(self._held * _HELD_SECONDS)
        return min(max(2 * self.limit, _AHEAD, held), 1_000)

    def begin(self, now: float) -> float:
        """Return the moment at which the next attempt may begin, and take that turn."""
        if self._held is None:
            return now
        if now - self._throttled_at > _QUIET:
            self._held = None
            return now
        rate = self._held * (1 + _GROWTH) ** (now - self._held_at)
        turn = max(self._next, now)
        self._next = turn + 1 / rate
        return turn

    def busied(self, seconds: float) -> None:
        """Learn of processor time that was used to make or to send requests."""
        self._window.busy += seconds

    def answered(self, now: float, busy: float, *, throttled: bool) -> None:
        """Learn from an attempt: the processor time it took, and whether it was throttled."""
        self._window.answers += 1
        self.busied(busy)
        if throttled:
            self._hold(now)
        if self._window.is_over(now, self.limit):
            self._judge(now)
            self._window = _Window(now)

    def _hold(self, now: float) -> None:
        """Keep to the rate of attempts from before the throttling."""
        self._window.throttled = True
        self._throttled_at = now
        if self._held is None:
            self._held = max(self._rate_before or self._window.rate(now), _SLOWEST)
            self._held_at = self._next = now

    def _judge(self, now: float) -> None:
        rate = self._window.rate(now)
        if not self._window.throttled and self._held is None:
            self._rate_before = rate
            if not self._fixed:
                self._adapt(rate, self._window.busy_share(now))

    def _adapt(self, rate: float, busy: float) -> None:
        """Go to twice as many requests at once, stay, or go back."""
        if self._smaller is not None:
            limit, before = self._smaller
            self._smaller = None
            if rate < before * _WORTH:
                self.limit, self._rest = limit, _PATIENT_WINDOWS
                return
        if self._rest:
            self._rest -= 1
        elif busy < _BUSY and self.limit < MOST:
            self._smaller = (self.limit, rate)
            self.limit = min(2 * self.limit, MOST)


class _Window:
    """A short time of watching."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.answers = 0
        self.busy = 0.0
        self.throttled = False

    def is_over(self, now: float, limit: int) -> bool:
        return self.answers >= _ANSWERS * limit and now - self._began >= _SHORTEST

    def rate(self, now: float) -> float:
        return self.answers / max(now - self._began, 1e-6)

    def busy_share(self, now: float) -> float:
        return self.busy / max(now - self._began, 1e-6)
