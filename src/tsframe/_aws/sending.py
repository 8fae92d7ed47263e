"""Many requests at once: a bounded queue, retries, and an end with the account of every record.

The calling thread makes requests and waits; workers send them. A request ends in one of three ways: it is *settled* by
an answer that says of each record whether it was taken; it is *in doubt*, as it left and no good answer came before the
end; or it is *unsent*, as it never left or every attempt was refused whole. A request in doubt may be sent again: the
service takes the same values under the same version twice (developer guide, "Upserts"). It knows neither boto3 nor
shapes.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tsframe._model.sending import RequestEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tsframe._aws.account import Account
    from tsframe._aws.pacing import Pace
    from tsframe._model.sending import Answer, Outcome, Sending
    from tsframe._wire.requests import Request

MOST_TRIES: Final = 8
"""Attempts of one request that may fail for other reasons than throttling; the pauses between add up to 10 s or so."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_THROTTLED_PAUSE: Final = (0.05, 0.5)
_GRACE: Final = 5.0
"""Seconds that requests on their way have to be answered after Ctrl-C."""
_GLANCE: Final = 0.2


@dataclass(frozen=True, slots=True)
class Failure:
    """What an attempt that brought no answer means."""

    error: Exception
    """What to raise if it is the end."""
    again: bool = False
    """Whether another attempt may do better."""
    throttled: bool = False
    in_doubt: bool = True
    """Whether the records may have been stored all the same."""
    code: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """How one request is sent, and how it is told what went wrong."""

    send: Callable[[Request], Answer]
    judge: Callable[[Exception], Failure]
    give_up: Callable[[float, Exception | None], Exception]
    """The error after so many seconds without a settled request; the last error, if there was one."""


@dataclass(eq=False, slots=True)
class _Task:
    request: Request
    tries: int = 0
    in_doubt: bool = False


class Sender:
    """Sends the requests of one batch. Used once, by ``run``."""

    def __init__(
        self, post: Post, pace: Pace, account: Account, *, table: str, sending: Sending, patience: float
    ) -> None:
        self._table = table
        self._post = post
        self._pace = pace
        self._account = account
        self._sending = sending
        self._patience = patience
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._turns = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._telling = threading.Lock()
        self._ready: deque[_Task] = deque()
        self._later: list[tuple[float, int, _Task]] = []
        self._flying: set[_Task] = set()
        self._open: set[_Task] = set()
        """All that were taken and are not settled: ready, for later, waiting for their turn, or on their way."""
        self._numbers = itertools.count()
        self._workers = 0
        self._ended = False
        self._closed = False
        self._stopped_by: BaseException | None = None
        self._last_error: Exception | None = None
        self._settled_at = time.monotonic()
        self._busy_until = time.thread_time()

    def run(self, requests: Iterable[Request]) -> BaseException | None:
        """Send requests until all are settled or something ends it; return what ended it, never raise it."""
        try:
            for request in requests:
                if not self._offer(request):
                    break
            self._finish()
        except BaseException as error:  # noqa: BLE001  # Ctrl-C too: it is raised again with the account
            self._stop(error)
        self._land()
        return self._stopped_by

    # The calling thread.

    def _offer(self, request: Request) -> bool:
        """Put a request into the queue once it has room; tell whether to go on."""
        journal = self._sending.journal
        answer = journal.find(request.body) if journal else None
        if answer is not None:
            with self._lock:
                self._account.settle(request, answer, resumed=True)
            self._tell("resumed", _Task(request), rejected=len(answer.refusals))
            return self._stopped_by is None
        with self._lock:
            self._note_making()
            while self._stopped_by is None and len(self._ready) + len(self._later) >= self._pace.room:
                self._pause()
            if not self._open:
                self._settled_at = time.monotonic()
            task = _Task(request)
            self._open.add(task)
            self._ready.append(task)
            self._staff()
            self._work.notify()
        return self._stopped_by is None

    def _note_making(self) -> None:
        """Tell the pace what it took to make a request: threads of Python share one processor."""
        busy = time.thread_time()
        self._pace.busied(busy - self._busy_until)
        self._busy_until = busy

    def _finish(self) -> None:
        """Wait until every request is settled, or something ends it."""
        with self._lock:
            self._ended = True
            self._wake()
            while self._stopped_by is None and self._open:
                self._pause()

    def _pause(self) -> None:
        self._room.wait(_GLANCE)
        idle = time.monotonic() - self._settled_at
        if idle > self._patience and self._stopped_by is None:
            self._stopped_by = self._post.give_up(idle, self._last_error)

    def _stop(self, error: BaseException) -> None:
        with self._lock:
            if self._stopped_by is None:
                self._stopped_by = error
            self._wake()

    def _land(self) -> None:
        """Wait for what is on its way, as long as makes sense; then close the account."""
        grace = self._patience if isinstance(self._stopped_by, Exception) else _GRACE
        try:
            self._wait_for_landing(min(time.monotonic() + grace, self._settled_at + self._patience + _GRACE))
        except KeyboardInterrupt as error:
            # Whoever presses twice does not want to wait.
            self._stop(error)
        with self._lock:
            self._closed = self._ended = True
            for task in self._open:
                if task.in_doubt or task in self._flying:
                    self._account.doubt(task.request)
            self._wake()

    def _wake(self) -> None:
        for waiting in (self._work, self._turns, self._room):
            waiting.notify_all()

    def _wait_for_landing(self, until: float) -> None:
        with self._lock:
            while self._flying and time.monotonic() < until:
                self._room.wait(_GLANCE)

    # The workers.

    def _staff(self) -> None:
        """Hire a worker if there is more to do than hands; the lock is held."""
        if self._workers < self._pace.limit and len(self._flying) + len(self._ready) > self._workers:
            self._workers += 1
            threading.Thread(target=self._serve, name="tsframe-sender", daemon=True).start()

    def _serve(self) -> None:
        while (task := self._next()) is not None:
            began, busy = time.monotonic(), time.thread_time()
            try:
                answer = self._post.send(task.request)
            except Exception as error:  # noqa: BLE001  # whatever it is, it has to be accounted for
                self._failed(task, self._judged(error), began, time.thread_time() - busy)
            else:
                self._settled(task, answer, began, time.thread_time() - busy)

    def _judged(self, error: Exception) -> Failure:
        try:
            return self._post.judge(error)
        except Exception as fault:  # noqa: BLE001  # no worker may die without a word
            return Failure(fault)

    def _next(self) -> _Task | None:
        """Return the next request to send, when its turn has come; nothing if this worker may go."""
        with self._lock:
            while self._stopped_by is None and self._workers <= self._pace.limit:
                now = time.monotonic()
                task = self._due(now)
                if task is None and self._ended and not self._later:
                    break
                if task is None:
                    self._work.wait(self._later[0][0] - now if self._later else None)
                elif self._has_its_turn(task, self._pace.begin(now)):
                    return task
            self._workers -= 1
            return None

    def _due(self, now: float) -> _Task | None:
        if self._later and self._later[0][0] <= now:
            return heapq.heappop(self._later)[2]
        return self._ready.popleft() if self._ready else None

    def _has_its_turn(self, task: _Task, turn: float) -> bool:
        """Wait for a request's turn; put it back if the end comes first."""
        while self._stopped_by is None and (left := turn - time.monotonic()) > 0:
            self._turns.wait(left)
        if self._stopped_by is not None:
            self._ready.appendleft(task)
            return False
        task.tries += 1
        self._account.retries += task.tries > 1
        self._flying.add(task)
        return True

    def _settled(self, task: _Task, answer: Answer, began: float, busy: float) -> None:
        if self._sending.journal:
            try:
                self._sending.journal.note(task.request.body, answer)
            except Exception as error:  # noqa: BLE001  # the answer counts all the same
                self._stop(error)
        now = time.monotonic()
        with self._lock:
            self._flying.discard(task)
            if self._closed:
                return
            self._open.discard(task)
            self._account.settle(task.request, answer)
            self._settled_at = now
            self._pace.answered(now, busy, throttled=False)
            self._staff()
            self._make_room()
        refused = len(answer.refusals)
        outcome: Outcome = "rejected" if refused else "stored"
        self._tell(outcome, task, seconds=now - began, rejected=refused, request_id=answer.request_id)

    def _failed(self, task: _Task, failure: Failure, began: float, busy: float) -> None:
        now = time.monotonic()
        again = failure.again and (failure.throttled or task.tries < MOST_TRIES)
        with self._lock:
            self._flying.discard(task)
            if self._closed:
                return
            task.in_doubt |= failure.in_doubt
            self._last_error = failure.error
            self._pace.answered(now, busy, throttled=failure.throttled)
            if again:
                heapq.heappush(self._later, (now + _pause_before(task, failure), next(self._numbers), task))
                self._staff()
            else:
                self._ready.append(task)
            self._make_room()
        self._tell(
            "throttled" if failure.throttled else "failed",
            task,
            seconds=now - began,
            code=failure.code,
            request_id=failure.request_id,
            again=again,
        )
        if not again:
            self._stop(failure.error)

    def _make_room(self) -> None:
        """Wake the calling thread if it waits for this; not after every request, which would cost."""
        waiting = len(self._ready) + len(self._later)
        has_room = not self._ended and 2 * waiting <= self._pace.room
        if has_room or not self._open or self._stopped_by is not None:
            self._room.notify()

    def _tell(
        self,
        outcome: Outcome,
        task: _Task,
        *,
        seconds: float = 0.0,
        rejected: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        again: bool = False,
    ) -> None:
        event = RequestEvent(
            table=self._table,
            outcome=outcome,
            records=len(task.request.records),
            bytes=len(task.request.body),
            attempt=task.tries,
            seconds=seconds,
            rejected=rejected,
            code=code,
            request_id=request_id,
            again=again,
        )
        try:
            with self._telling:
                self._sending.watch(event)
        except BaseException as error:  # noqa: BLE001  # a fault of the caller's own function: it ends the write
            self._stop(error)


def _pause_before(task: _Task, failure: Failure) -> float:
    """Return a random pause before the next attempt: short under throttling, where the pace keeps the rate."""
    if failure.throttled:
        return random.uniform(*_THROTTLED_PAUSE)  # noqa: S311  # not a secret
    return random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**task.tries))  # noqa: S311
