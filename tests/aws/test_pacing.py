"""The pace, on a clock that is moved by hand."""

from __future__ import annotations

import pytest

from tsframe._aws.pacing import MOST, Pace


def answer(pace: Pace, *, seconds: float, number: int, busy: float = 0.0, throttled: bool = False, now: float) -> float:
    """Answer a number of requests, one each so many seconds; return what the clock shows then."""
    for _ in range(number):
        now += seconds
        pace.answered(now, busy, throttled=throttled)
    return now


def answer_as_many_as_go_at_once(pace: Pace, *, latency: float, rounds: int, now: float = 0.0) -> float:
    """Answer as a service does that takes any number at once, each in the same time."""
    for _ in range(rounds):
        limit = pace.limit
        now = answer(pace, seconds=latency / limit, number=limit, now=now)
    return now


def test_more_requests_go_at_once_while_each_more_is_answered():
    pace = Pace("auto", now=0.0)

    answer_as_many_as_go_at_once(pace, latency=0.05, rounds=100)

    assert pace.limit == MOST


def test_no_more_go_at_once_when_the_processor_is_busy():
    pace = Pace("auto", now=0.0)

    answer(pace, seconds=0.001, busy=0.0009, number=1000, now=0.0)

    assert pace.limit == 1


def test_no_more_go_at_once_when_making_requests_keeps_the_processor_busy():
    pace = Pace("auto", now=0.0)

    for moment in range(1000):
        pace.busied(0.0006)
        answer(pace, seconds=0.001, busy=0.0003, number=1, now=moment / 1000)

    assert pace.limit == 1


def test_one_goes_back_when_more_at_once_are_not_answered_sooner():
    pace = Pace("auto", now=0.0)

    answer(pace, seconds=0.02, number=100, now=0.0)

    assert pace.limit in {1, 2}


def test_a_number_that_was_said_stays():
    pace = Pace(7, now=0.0)

    answer_as_many_as_go_at_once(pace, latency=0.05, rounds=100)

    assert pace.limit == 7


def test_attempts_may_begin_at_once_while_nothing_is_throttled():
    pace = Pace(4, now=0.0)

    assert [pace.begin(1.0) for _ in range(3)] == [1.0, 1.0, 1.0]


def throttled_after_100_a_second() -> tuple[Pace, float]:
    pace = Pace(4, now=0.0)
    now = answer(pace, seconds=0.01, number=100, now=0.0)
    return pace, answer(pace, seconds=0.001, number=1, throttled=True, now=now)


def test_throttled_attempts_keep_the_rate_that_they_had():
    pace, now = throttled_after_100_a_second()

    turns = [pace.begin(now) for _ in range(51)]

    assert turns[-1] - turns[0] == pytest.approx(0.5, rel=0.05)


def test_throttled_attempts_get_faster_with_time_never_slower():
    pace, now = throttled_after_100_a_second()

    gaps = []
    for second in range(10):
        moment = now + second
        answer(pace, seconds=0.0, number=5, throttled=True, now=moment)
        first, last = pace.begin(moment), pace.begin(moment)
        gaps.append(last - first)

    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < gaps[0] * 0.8


def test_the_rate_is_let_go_when_throttling_is_over():
    pace, now = throttled_after_100_a_second()

    assert pace.begin(now + 1.5) == now + 1.5
    assert pace.begin(now + 1.5) == now + 1.5


def test_a_held_rate_has_room_for_the_requests_that_pause():
    pace, _ = throttled_after_100_a_second()

    assert pace.room >= 0.5 * 100
