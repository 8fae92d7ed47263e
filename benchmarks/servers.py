"""Endpoints in processes of their own: tsframe's and moto's, started, looked at from outside, and ended.

What a server takes is what the system says of its process, all threads, whoever its clients are.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

from benchmarks.processes import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(__file__).parents[1]
_SECONDS_TO_START: Final = 60
_SECONDS_TO_END: Final = 60
_PAUSE: Final = 0.002


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    started: float
    """Seconds from the start of its process to its first answer."""
    process: psutil.Process

    def busy(self) -> float:
        """Return the seconds of processor time that it has taken so far, user and system."""
        times = self.process.cpu_times()
        return times.user + times.system

    def resident(self) -> float:
        """Return how many MiB of memory it has now."""
        return self.process.memory_info().rss / MIB


@contextmanager
def of_tsframe(folder: str) -> Iterator[Server]:
    """Serve the store in a folder, to anybody on this machine: so no signature is checked, as moto checks none."""
    options = ["--store", str(Path(folder, "tsframe")), "--port", "0"]
    with _running(["tsframe", "serve", *options], folder, r"_WRITE=(http\S+)", "/health") as server:
        yield server


@contextmanager
def of_moto(folder: str) -> Iterator[Server]:
    """Serve moto, which keeps everything in memory; the folder has its log."""
    with _running(["moto.server", "-p", "0"], folder, r"Running on (http\S+)", "/moto-api/") as server:
        yield server


@contextmanager
def _running(module: list[str], folder: str, says: str, page: str) -> Iterator[Server]:
    """Run a module that says its address; it answers when it is given, and has ended when the block has."""
    log = Path(folder, "log")
    began = time.perf_counter()
    # Into a file, as nobody reads a pipe while requests are sent.
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen([sys.executable, "-m", *module], cwd=_ROOT, stdout=output, stderr=output) as process,
    ):
        try:
            url = _address(process, log, says)
            _ask(url, page)
            yield Server(url, time.perf_counter() - began, psutil.Process(process.pid))
        finally:
            _end(process)


def _address(process: subprocess.Popen[bytes], log: Path, says: str) -> str:
    until = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < until:
        # A line that is not whole yet may lack a part of the address.
        if found := re.search(says + r"\n", log.read_text(encoding="utf-8")):
            return found[1]
        time.sleep(_PAUSE)
    message = f"no server came up: {log.read_text(encoding='utf-8')}"
    raise RuntimeError(message)


def _ask(url: str, page: str) -> None:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=_SECONDS_TO_START)
    try:
        connection.request("GET", page)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        message = f"{page} answers {answer.status}: {text!r}"
        raise RuntimeError(message)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a server end as it is used to; one that does not is killed, so that none is left behind."""
    process.terminate()
    try:
        process.wait(_SECONDS_TO_END)
    except BaseException:
        process.kill()
        raise
