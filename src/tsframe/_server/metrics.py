"""What the endpoint counts, as Prometheus reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

if TYPE_CHECKING:
    from tsframe._server.endpoint import Answer

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one endpoint."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        names = ("operation", "code")
        self._requests = Counter(
            "tsframe_requests", "Requests answered, by operation and error", names, registry=registry
        )
        self._seconds = Histogram(
            "tsframe_request_seconds",
            "Seconds from a request's last byte to its answer",
            ("operation",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._bytes = Counter("tsframe_request_bytes", "Bytes of request bodies", registry=registry)
        self._records = Counter(
            "tsframe_records", "Records stored by requests that stored all of theirs", registry=registry
        )
        self._rejected = Counter("tsframe_rejected_records", "Records rejected", registry=registry)
        self.open = Gauge("tsframe_open_requests", "Requests that are being answered", registry=registry)

    def count(self, answer: Answer, *, size: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(answer.operation, answer.error or "").inc()
        self._seconds.labels(answer.operation).observe(seconds)
        self._bytes.inc(size)
        self._records.inc(answer.records)
        self._rejected.inc(answer.rejected)

    def written(self) -> bytes:
        """Return all of them as text."""
        return generate_latest(self._registry)
