"""WriteRecords through a boto3 client: a batch is packed, encoded and sent, and every record accounted for."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tsframe._aws import faults
from tsframe._aws.account import Account
from tsframe._aws.pacing import Pace
from tsframe._aws.posting import Poster, is_rejection
from tsframe._aws.sending import Failure, Post, Sender
from tsframe._wire import packing
from tsframe._wire.answers import decode_answer, decode_rejection
from tsframe._wire.records import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tsframe._aws.clients import Clients
    from tsframe._model.records import RecordBatch, WriteResult
    from tsframe._model.sending import Answer, Sending
    from tsframe._model.window import Window
    from tsframe._wire.requests import Request
    from tsframe.typing import Flags


class Writer:
    """Sends batches through one client. Safe between threads."""

    def __init__(self, clients: Clients, patience: float) -> None:
        self._clients = clients
        self._patience = patience
        self._poster: Poster | None = None
        self._lock = threading.Lock()
        self._concurrency = 1

    def write(self, database: str, table: str, batch: RecordBatch, sending: Sending, window: Window) -> WriteResult:
        """Send a batch; return what became of every record, whatever happens on the way."""
        packed = packing.pack(batch, sending.pack)
        shared = packing.shared(batch, packed)
        requests = encode(database, table, batch, packed, shared)
        account = Account(len(batch), packed.name)
        pace = Pace(sending.concurrency, time.monotonic(), self._concurrency)
        late = batch.times < window.memory_from
        sender = Sender(
            Post(partial(self._send, late), partial(self._judge, f"{database}.{table}"), self._give_up),
            pace,
            account,
            table=f"{database}.{table}",
            sending=sending,
            patience=self._patience,
        )
        stopped_by = sender.run(requests)
        self._concurrency = pace.limit if sending.concurrency == "auto" else self._concurrency
        return account.result(stopped_by)

    def close(self) -> None:
        """Let the client be as it was."""
        if self._poster is not None:
            self._poster.close()

    def _get_poster(self) -> Poster:
        with self._lock:
            if self._poster is None:
                # Who brings a client may listen to its events.
                self._poster = Poster(self._clients.write, short=not self._clients.brought)
            return self._poster

    def _send(self, late: Flags, request: Request) -> Answer:
        try:
            shape = self._get_poster().post(request.body)
        except ClientError as error:
            if is_rejection(error):
                return decode_rejection(error.response, late[request.records], _request_id(error.response))
            raise
        return decode_answer(shape, len(request.records), _request_id(shape))

    def _judge(self, table: str, error: Exception) -> Failure:
        return Failure(
            faults.translate(error, doing="WriteRecords", clients=self._clients, table=table),
            again=faults.retryable(error),
            throttled=faults.throttled(error),
            in_doubt=faults.in_doubt(error),
            code=faults.code_of(error),
            request_id=faults.request_id_of(error),
        )

    def _give_up(self, seconds: float, last: Exception | None) -> Exception:
        return faults.out_of_patience(seconds, last, self._clients)


def _request_id(shape: Mapping[str, Any]) -> str | None:
    return shape.get("ResponseMetadata", {}).get("RequestId")
