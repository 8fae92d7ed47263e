"""One request body to the service and its answer back, through a boto3 client, on the shortest way there is.

The first body takes the whole way: a call of ``client.write_records`` whose body is replaced in botocore's event
``before-call``. A mould is taken of the request that botocore sent, and those that follow are cast from it and sent
through botocore's own connections: all that the whole way does beside gives the same for each of them, and takes twice
as long (docs/decisions/0015). After a failure the next one takes the whole way again.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Final

from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tsframe._aws.connections import Connections
from tsframe._aws.moulds import Mould

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSPreparedRequest

    Shape = Mapping[str, Any]

_OPERATION: Final = "WriteRecords"
_ABOUT_TO_CALL: Final = f"before-call.timestream-write.{_OPERATION}"
_ABOUT_TO_SEND: Final = f"before-send.timestream-write.{_OPERATION}"
_SUCCESS: Final = 200


def is_rejection(error: BaseException) -> bool:
    """Tell whether an error is the answer that names rejected records."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == "RejectedRecordsException"


class Poster:
    """Posts the bodies of WriteRecords through one client. Safe between threads."""

    def __init__(self, client: Any, *, short: bool = True) -> None:  # noqa: ANN401 - boto3's clients have no types
        self._client = client
        self._events = client.meta.events
        self._operation = client.meta.service_model.operation_model(_OPERATION)
        # Private in botocore, though as old as it; without them every body takes the whole way.
        endpoint, self._parser = getattr(client, "_endpoint", None), getattr(client, "_response_parser", None)
        self._session = getattr(endpoint, "http_session", None) if short and self._parser else None
        self._mould: Mould | None = None
        self._line: Any = None
        self._mine = threading.local()
        self._events.register(_ABOUT_TO_CALL, self._put_body)
        self._events.register(_ABOUT_TO_SEND, self._note_sent)

    def post(self, body: bytes) -> Shape:
        """Return the answer as boto3 has it; raise what boto3 raises."""
        mould = self._mould
        request = mould.cast(body) if mould else None
        if request is None:
            return self._post_the_whole_way(body)
        try:
            return self._post_the_short_way(request)
        except BaseException as error:
            if not is_rejection(error):
                self._mould = None
            raise

    def close(self) -> None:
        """Let the client be as it was."""
        self._events.unregister(_ABOUT_TO_CALL, self._put_body)
        self._events.unregister(_ABOUT_TO_SEND, self._note_sent)

    def _post_the_whole_way(self, body: bytes) -> Shape:
        mine = self._mine
        mine.body, mine.signer, mine.sent = body, None, None
        self._mould = None
        try:
            shape: Shape = self._client.write_records(DatabaseName="-", TableName="-", Records=[{}])
        finally:
            mine.body = None
        if self._session is not None and mine.sent is not None:
            self._line = Connections.of(self._session, mine.sent.url) or self._session
            self._mould = Mould.of(mine.sent, body, mine.signer)
        return shape

    def _put_body(self, params: dict[str, Any], request_signer: object, **_: object) -> None:
        """Replace the body of a request that this thread posts; the client's other users keep theirs."""
        body = getattr(self._mine, "body", None)
        if body is not None:
            params["body"] = body
            self._mine.signer = request_signer

    def _note_sent(self, request: AWSPreparedRequest, **_: object) -> None:
        """Keep the request of this thread that botocore is about to send."""
        if getattr(self._mine, "body", None) is not None:
            self._mine.sent = request

    def _post_the_short_way(self, request: AWSPreparedRequest) -> Shape:
        # Mocks answer to this event.
        answers = self._events.emit(_ABOUT_TO_SEND, request=request)
        answer: Any = next((found for _, found in answers if found is not None), None)
        if answer is None:
            answer = self._line.send(request)
        return self._read(answer) if answer.status_code == _SUCCESS else self._refuse(answer)

    def _read(self, answer: Any) -> Shape:  # noqa: ANN401 - botocore's response has no types
        try:
            shape = json.loads(answer.content)
        except ValueError as error:
            raise ResponseParserError(str(error)) from error
        about = {"HTTPStatusCode": _SUCCESS, "RequestId": answer.headers.get("x-amzn-requestid")}
        return (shape if isinstance(shape, dict) else {}) | {"ResponseMetadata": about}

    def _refuse(self, answer: Any) -> Shape:  # noqa: ANN401 - as above
        """Raise the error that the answer is, as boto3 would."""
        response = convert_to_response_dict(answer, self._operation)
        parse: Any = self._parser and self._parser.parse
        shape = parse(response, self._operation.output_shape)
        code = shape.get("Error", {}).get("Code")
        # The members that this very error has, such as the rejected records.
        if (members := self._operation.service_model.shape_for_error_code(code)) is not None:
            shape.update(parse(response, members))
        raise self._client.exceptions.from_code(code)(shape, _OPERATION)
