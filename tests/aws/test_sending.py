"""Many requests at once, against a post that is scripted: no HTTP here, and no clock but the real one."""

from __future__ import annotations

import _thread
import threading
import time
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tsframe._aws.account import Account
from tsframe._aws.pacing import Pace
from tsframe._aws.sending import MOST_TRIES, Failure, Post, Sender
from tsframe._model.sending import Answer, Refusal, RequestEvent, Sending
from tsframe._wire.requests import Request, WriteUnits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tsframe._model.records import WriteResult

TEN = Answer(10, 0)
UNITS = WriteUnits(1, 2, 3, 4)


class BrokenError(Exception):
    """What a request may end in."""


class ThrottledError(Exception):
    """Too many."""


class RefusedError(Exception):
    """Nothing will help."""


def judge(error: Exception) -> Failure:
    if isinstance(error, ThrottledError):
        return Failure(error, again=True, throttled=True, in_doubt=False, code="ThrottlingException")
    if isinstance(error, RefusedError):
        return Failure(error, in_doubt=False, code="AccessDeniedException")
    return Failure(error, again=True, code="InternalServerException")


def requests(number: int) -> Iterator[Request]:
    """Requests of ten records each."""
    for first in range(0, 10 * number, 10):
        yield Request(np.arange(first, first + 10), b"request %d" % first, UNITS)


class Run:
    """One run of a sender over a number of requests."""

    def __init__(
        self,
        number: int,
        send: Callable[[Request], Answer],
        *,
        concurrency: int = 4,
        patience: float = 30.0,
        sending: Sending | None = None,
        source: Iterator[Request] | None = None,
    ) -> None:
        self.events: list[RequestEvent] = []
        account = Account(10 * number)
        sender = Sender(
            Post(send, judge, lambda seconds, last: TimeoutError(last)),
            Pace(concurrency, time.monotonic()),
            account,
            table="iot.sensors",
            sending=sending or Sending(watch=self.events.append),
            patience=patience,
        )
        self.error = sender.run(requests(number) if source is None else source)
        self.result: WriteResult = account.result(self.error)

    @property
    def fates(self) -> tuple[int, int, int, int]:
        """Records ingested, rejected, unsent, in doubt."""
        found = self.result
        return found.ingested, len(found.rejected), len(found.unsent), len(found.in_doubt)

    def outcomes(self) -> list[str]:
        return sorted({event.outcome for event in self.events})


def test_every_request_is_settled_once():
    sent: list[bytes] = []

    run = Run(50, lambda request: sent.append(request.body) or TEN)

    assert (run.fates, run.error) == ((500, 0, 0, 0), None)
    assert sorted(sent) == sorted(request.body for request in requests(50))
    assert run.result.traffic.requests == 50
    assert run.result.traffic.units == WriteUnits(50, 100, 150, 200)


def test_as_many_requests_as_allowed_are_on_their_way_at_once():
    together, most, lock = [0], [0], threading.Lock()

    def send(_request: Request) -> Answer:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.01)
        with lock:
            together[0] -= 1
        return TEN

    Run(40, send, concurrency=5)

    assert most[0] == 5


def test_few_requests_are_made_ahead_of_those_that_are_sent():
    made, ahead = count(), []

    def source() -> Iterator[Request]:
        for request in requests(200):
            next(made)
            yield request

    sent = count()

    def send(_request: Request) -> Answer:
        time.sleep(0.001)
        ahead.append(int(repr(made)[6:-1]) - next(sent))
        return TEN

    Run(200, send, concurrency=2, source=source())

    assert max(ahead) <= 16 + 2 + 1


def test_rejected_records_are_those_of_the_request():
    refusal = Refusal(3, "lower-version", "the reason", 7)

    def send(request: Request) -> Answer:
        return Answer(9, 0, (refusal,)) if request.body == b"request 20" else TEN

    run = Run(4, send)

    assert run.fates == (39, 1, 0, 0)
    assert run.result.rejected.to_pylist() == [
        {"record": 23, "code": "lower-version", "reason": "the reason", "existing_version": 7}
    ]


def test_a_request_that_failed_is_sent_again():
    failed: set[bytes] = set()

    def send(request: Request) -> Answer:
        if request.body not in failed:
            failed.add(request.body)
            raise BrokenError
        return TEN

    run = Run(5, send)

    assert (run.fates, run.error, run.result.traffic.retries) == ((50, 0, 0, 0), None, 5)
    assert [event.attempt for event in run.events if event.outcome == "stored"] == [2] * 5


def test_a_request_that_fails_time_and_again_ends_the_write_and_is_in_doubt(monkeypatch):
    monkeypatch.setattr("tsframe._aws.sending._FIRST_PAUSE", 0.001)
    tries = count()

    def send(request: Request) -> Answer:
        if request.body == b"request 0":
            next(tries)
            raise BrokenError
        return TEN

    run = Run(3, send, concurrency=1)

    assert isinstance(run.error, BrokenError)
    assert next(tries) == MOST_TRIES
    assert (run.result.in_doubt.tolist(), run.fates) == ([*range(10)], (20, 0, 0, 10))


def test_an_error_that_nothing_helps_against_stops_at_once():
    sent = count()

    def send(_request: Request) -> Answer:
        next(sent)
        raise RefusedError

    run = Run(100, send, concurrency=1)

    assert (run.fates, next(sent)) == ((0, 0, 1000, 0), 1)
    assert isinstance(run.error, RefusedError)


def test_what_is_on_its_way_at_an_error_is_waited_for():
    def send(request: Request) -> Answer:
        if request.body == b"request 0":
            time.sleep(0.02)
            raise RefusedError
        time.sleep(0.2)
        return TEN

    run = Run(100, send, concurrency=4)

    assert run.fates == (30, 0, 970, 0)


def test_a_request_that_may_have_been_stored_stays_in_doubt_if_it_is_refused_later():
    attempts = count()

    def send(_request: Request) -> Answer:
        raise (BrokenError, RefusedError)[next(attempts)]

    run = Run(1, send)

    assert (run.fates, type(run.error)) == ((0, 0, 0, 10), RefusedError)


def test_throttled_requests_are_sent_again_until_they_are_taken():
    attempts = count()

    def send(_request: Request) -> Answer:
        if next(attempts) % 3:
            raise ThrottledError
        return TEN

    run = Run(20, send)

    assert (run.fates, run.error) == ((200, 0, 0, 0), None)
    assert run.outcomes() == ["stored", "throttled"]
    assert run.result.traffic.retries == len(run.events) - 20


def test_the_last_throttled_request_is_waited_for_until_it_had_its_turn(monkeypatch):
    monkeypatch.setattr("tsframe._aws.sending._THROTTLED_PAUSE", (0, 0.01))
    monkeypatch.setattr("tsframe._aws.sending._GLANCE", 0.01)
    attempts = count()

    def send(_request: Request) -> Answer:
        attempt = next(attempts)
        # A rate of few a second is held, so that the next attempts wait for their turn.
        time.sleep(0 if attempt else 0.3)
        if attempt < 5:
            raise ThrottledError
        return TEN

    run = Run(1, send)

    assert (run.fates, run.error) == ((10, 0, 0, 0), None)


def test_throttling_without_end_ends_the_write_with_nothing_in_doubt():
    def send(_request: Request) -> Answer:
        raise ThrottledError

    run = Run(50, send, patience=0.5)

    assert (run.fates, type(run.error), type(run.error.args[0])) == ((0, 0, 500, 0), TimeoutError, ThrottledError)


def test_requests_that_are_never_answered_end_the_write_and_are_in_doubt():
    never = threading.Event()

    run = Run(50, lambda _: never.wait() and TEN, concurrency=3, patience=0.3)

    assert (run.fates, run.error.args) == ((0, 0, 470, 30), (None,))
    never.set()


def test_an_answer_after_the_end_no_longer_counts():
    late = threading.Event()

    run = Run(1, lambda _: late.wait() and TEN, patience=0.2)
    late.set()
    time.sleep(0.05)

    assert (run.fates, run.events) == ((0, 0, 0, 10), [])


def test_a_fault_of_the_listener_ends_the_write_with_its_account():
    def watch(_event: RequestEvent) -> None:
        raise ZeroDivisionError

    run = Run(100, lambda _: TEN, concurrency=1, sending=Sending(watch=watch))

    ingested, _, unsent, in_doubt = run.fates
    assert isinstance(run.error, ZeroDivisionError)
    assert (ingested > 0, ingested + unsent, in_doubt) == (True, 1000, 0)


def test_a_fault_of_the_source_ends_the_write_with_its_account():
    def source() -> Iterator[Request]:
        yield from requests(3)
        raise ZeroDivisionError

    run = Run(10, lambda _: TEN, source=source())

    ingested, _, unsent, in_doubt = run.fates
    assert isinstance(run.error, ZeroDivisionError)
    assert (ingested <= 30, ingested + unsent, in_doubt) == (True, 100, 0)


def test_ctrl_c_stops_sending_and_waits_for_what_is_on_its_way():
    def send(_request: Request) -> Answer:
        time.sleep(0.1)
        return TEN

    threading.Timer(0.25, _thread.interrupt_main).start()
    run = Run(1000, send, concurrency=2)

    ingested, _, unsent, in_doubt = run.fates
    assert isinstance(run.error, KeyboardInterrupt)
    assert (ingested + unsent, in_doubt) == (10_000, 0)
    assert 0 < ingested < 1000


def test_pressing_ctrl_c_twice_waits_for_nothing():
    never = threading.Event()
    for moment in (0.1, 0.3):
        threading.Timer(moment, _thread.interrupt_main).start()

    began = time.monotonic()
    run = Run(10, lambda _: never.wait() and TEN, concurrency=2)

    assert (run.fates, type(run.error)) == ((0, 0, 80, 20), KeyboardInterrupt)
    assert time.monotonic() - began < 3
    never.set()


class Noted:
    """A journal in memory."""

    def __init__(self, *bodies: bytes) -> None:
        self.answers = dict.fromkeys(bodies, TEN)

    def begin(self, version: int | str) -> None:
        raise AssertionError

    def find(self, body: bytes) -> Answer | None:
        return self.answers.get(body)

    def note(self, body: bytes, answer: Answer) -> None:
        self.answers[body] = answer


def test_requests_that_the_journal_knows_are_not_sent_and_the_others_are_noted():
    sent: list[bytes] = []
    journal = Noted(b"request 0", b"request 20")

    run = Run(4, lambda request: sent.append(request.body) or TEN, sending=Sending(journal=journal))

    assert sorted(sent) == [b"request 10", b"request 30"]
    assert len(journal.answers) == 4
    assert run.result.resumed.tolist() == [*range(10), *range(20, 30)]
    assert (run.fates, run.result.traffic.requests) == ((40, 0, 0, 0), 2)


def test_a_journal_that_cannot_be_written_ends_the_write_and_loses_no_answer():
    class Full(Noted):
        def note(self, body: bytes, answer: Answer) -> None:
            raise OSError(28, "No space left on device")

    run = Run(100, lambda _: TEN, concurrency=1, sending=Sending(journal=Full()))

    ingested, _, unsent, in_doubt = run.fates
    assert isinstance(run.error, OSError)
    assert (ingested > 0, ingested + unsent, in_doubt) == (True, 1000, 0)


@pytest.mark.parametrize(("outcome", "attempt", "code"), [("throttled", 1, "ThrottlingException"), ("stored", 2, None)])
def test_events_tell_of_every_attempt(outcome, attempt, code):
    attempts = count()

    def send(_request: Request) -> Answer:
        if next(attempts) == 0:
            raise ThrottledError
        return TEN

    run = Run(1, send)

    event = next(event for event in run.events if event.outcome == outcome)
    assert (event.table, event.records, event.bytes, event.attempt, event.code) == ("iot.sensors", 10, 9, attempt, code)
    assert event.again == (outcome == "throttled")


def test_a_failure_that_cannot_be_judged_ends_the_write_in_doubt():
    def send(_request: Request) -> Answer:
        raise BrokenError

    account = Account(10)
    post = Post(send, lambda error: {}[error], lambda seconds, last: TimeoutError(last))
    sender = Sender(post, Pace(1, 0.0), account, table="iot.sensors", sending=Sending(), patience=5)

    error = sender.run(requests(1))

    assert isinstance(error, KeyError)
    assert account.result(error).in_doubt.tolist() == [*range(10)]
