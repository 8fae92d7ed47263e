"""What a peer may do instead of answering well; and when."""

from __future__ import annotations

import math
import random
import threading
import time
from typing import TYPE_CHECKING

from tests.peer.answers import VALIDATE, error
from tests.peer.server import DropError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tests.peer.answers import Shape
    from tests.peer.server import Exchange, Fault, Script

CLOSED = (
    "Only existing Timestream for LiveAnalytics customers can access the service. Reach out to AWS support, for more "
    "information."
)


def throttle(exchange: Exchange) -> None:
    exchange.answer(*error("ThrottlingException", "Request rate limit exceeded"))


def fail(code: str, message: str = "Something went wrong.", *, status: int | None = None) -> Fault:
    """Answer an error; nothing is stored."""

    def fault(exchange: Exchange) -> None:
        usual, shape = error(code, message)
        exchange.answer(status or usual, shape)

    return fault


def unavailable(exchange: Exchange) -> None:
    exchange.answer(503, b"")


def coral(exchange: Exchange) -> None:
    message = "1 validation error detected: Value '' at 'records.1.member.time' failed to satisfy constraint"
    exchange.answer(*error("ValidationException", message, space=VALIDATE))


def drop_before(_exchange: Exchange) -> None:
    raise DropError


def drop_after(exchange: Exchange) -> None:
    exchange.perform()
    raise DropError


def malformed_before(exchange: Exchange) -> None:
    """Answer a success that cannot be read; nothing is stored."""
    exchange.answer(200, b'{"RecordsIngested": {"Total"')


def malformed(exchange: Exchange) -> None:
    exchange.perform()
    exchange.answer(200, b'{"RecordsIngested": {"Total"')


def empty(exchange: Exchange) -> None:
    exchange.perform()
    exchange.answer(200, b"")


def wrong_count(exchange: Exchange) -> None:
    exchange.perform()
    exchange.answer(200, {"RecordsIngested": {"Total": 1, "MemoryStore": 1, "MagneticStore": 0}})


def half(exchange: Exchange) -> None:
    exchange.perform()
    exchange.send(200, b'{"RecordsIngested"', 200)
    raise DropError


def fail_after(exchange: Exchange) -> None:
    exchange.perform()
    exchange.answer(*error("InternalServerException", "The request failed."))


def never(exchange: Exchange) -> None:
    exchange.perform()
    exchange.connection.settimeout(30)
    if not exchange.connection.recv(1):
        raise DropError


def dripping(seconds: float) -> Fault:
    """Answer byte by byte, for ever."""

    def fault(exchange: Exchange) -> None:
        exchange.perform()
        exchange.send(200, b"{", 1_000_000)
        while True:
            time.sleep(seconds)
            exchange.connection.sendall(b" ")

    return fault


drip = dripping(0.05)


def delayed(seconds: float) -> Fault:
    def fault(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.answer(*exchange.perform())

    return fault


def reject(
    choose: Callable[[Shape], bool] | Collection[int], reason: str = "Because.", *, existing_version: int | None = None
) -> Fault:
    """Reject the records that are chosen, by what they are or by their places in the request; store the others."""
    rejection = {"Reason": reason} | ({"ExistingVersion": existing_version} if existing_version else {})

    def fault(exchange: Exchange) -> None:
        records = enumerate(exchange.request["Records"])
        chosen = [index for index, record in records if (choose(record) if callable(choose) else index in choose)]
        exchange.answer(*exchange.perform(dict.fromkeys(chosen, rejection)))

    return fault


def delete_table(exchange: Exchange) -> None:
    """Delete the table first, and its database with it unless that was created by itself or has other tables."""
    exchange.peer.tables.pop(("iot", "sensors"), None)
    exchange.answer(*exchange.perform())


# When.


def writes(fault: Fault) -> Script:
    """Every WriteRecords."""
    return lambda exchange: fault if exchange.operation == "WriteRecords" else None


def on(operation: str, fault: Fault, *, times: float = math.inf) -> Script:
    """The first requests of any operation, or all."""
    return lambda exchange: fault if exchange.operation == operation and exchange.number < times else None


def at(faults: dict[int, Fault]) -> Script:
    """The WriteRecords with these numbers of arrival."""
    return lambda exchange: faults.get(exchange.number) if exchange.operation == "WriteRecords" else None


def since(number: int, fault: Fault) -> Script:
    """Every WriteRecords from a number of arrival on."""
    return lambda exchange: fault if exchange.operation == "WriteRecords" and exchange.number >= number else None


def first_attempts(count: int, fault: Fault) -> Script:
    """The first attempts of every distinct request."""
    seen: dict[bytes, int] = {}

    def script(exchange: Exchange) -> Fault | None:
        if exchange.operation != "WriteRecords":
            return None
        seen[exchange.body] = seen.get(exchange.body, 0) + 1
        return fault if seen[exchange.body] <= count else None

    return script


def sometimes(faults: list[Fault], share: float, seed: int) -> Script:
    """Any of some faults, at random."""
    chance = random.Random(seed)

    def script(exchange: Exchange) -> Fault | None:
        hit = exchange.operation == "WriteRecords" and chance.random() < share
        return chance.choice(faults) if hit else None

    return script


class Rate:
    """Takes so many requests a second and throttles the others; grows while it is offered more than it takes."""

    def __init__(
        self,
        rate: float,
        *,
        growth: float = 0.0,
        interval: float = 0.25,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate = rate
        self.offered: list[float] = []
        self._growth = growth
        self._interval = interval
        self._clock = clock
        self._tokens = 1.0
        self._at = self._began = clock()
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> Fault | None:
        if exchange.operation != "WriteRecords":
            return None
        with self._lock:
            now = self._clock()
            self._tokens = min(self.rate * 0.1 + 1, self._tokens + (now - self._at) * self.rate)
            self._at = now
            self._count += 1
            if now - self._began >= self._interval:
                self._grow(now)
            if self._tokens >= 1:
                self._tokens -= 1
                return None
            return throttle

    def _grow(self, now: float) -> None:
        offered = self._count / (now - self._began)
        steady = not self.offered or offered >= 0.8 * max(self.offered)
        if offered > self.rate and steady:
            self.rate *= 1 + self._growth
        self.offered.append(offered)
        self._count, self._began = 0, now
