"""``tsframe serve`` as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from pathlib import Path


def command(*options: object) -> list[str]:
    return [sys.executable, "-m", "tsframe", "serve", *map(str, options)]


@cache
def session_of(key: str, secret: str) -> boto3.Session:
    return boto3.Session(key, secret, region_name="us-east-1")


@dataclass
class Served:
    """A running server; a context manager that ends it."""

    store: Path
    options: tuple[object, ...] = ()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            command("--store", self.store, "--port", 0, *self.options),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self._reader.start()
        self.start = ""
        # The last line of what it says when it starts is empty.
        for line in self.process.stdout:
            self.start += line
            if not line.strip() and "export" in self.start:
                break
        found = re.search(r"^export AWS_ENDPOINT_URL_TIMESTREAM_WRITE=(\S+)$", self.start, re.MULTILINE)
        assert found, "".join(self.log)
        self.address = found[1]
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it; return its exit code."""
        self.process.send_signal(by)
        code = self.process.wait(30)
        self._reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def client(self, key: str = "tsframe", secret: str = "tsframe", **config: Any) -> Any:
        session = session_of(key, secret)
        settings = Config(retries={"total_max_attempts": 1}, **config)
        return session.client("timestream-write", endpoint_url=self.address, config=settings)
