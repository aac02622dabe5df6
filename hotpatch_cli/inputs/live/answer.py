"""The body of an answer, read within bounds: of bytes when unpacked, and of seconds in all.

The library bounds the wait for each byte only, and keeps a body of any size.
"""

import threading
import time
import zlib
from queue import Empty, SimpleQueue
from typing import Any

from azure.core.exceptions import (
    DecodeError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy

BODY = "hotpatch_body"
"""The key of the body in the context of an answer."""
MOST_BYTES = 64 * 1024 * 1024
"""Resource Graph's own limit of an answer is 16 MB."""
_GZIP = 31
"""The window of zlib that stands for gzip."""


class AnswerError(Exception):
    """An answer that can't be read, and wouldn't be better the next time."""


class BoundedAnswer(HTTPPolicy[Any, Any]):
    """Reads the body within the bounds, so that the policies before it can try again.

    It works in a thread of its own: headers that come one byte a second can't be bounded otherwise.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._most = MOST_BYTES

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """The answer with its whole body in the context. Raises AzureError and AnswerError."""
        until = time.monotonic() + self._seconds
        found: SimpleQueue[PipelineResponse[Any, Any] | Exception] = SimpleQueue()
        threading.Thread(target=self._put, args=(request, until, found), daemon=True).start()
        try:
            answer = found.get(timeout=self._seconds)
        except Empty:
            raise ServiceResponseTimeoutError("The time is up.") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _put(
        self,
        request: PipelineRequest[Any],
        until: float,
        found: "SimpleQueue[PipelineResponse[Any, Any] | Exception]",
    ) -> None:
        try:
            answer = self.next.send(request)
            answer.context[BODY] = self._body(answer.http_response, until)
            found.put(answer)
        except Exception as error:  # noqa: BLE001  it's raised again where it's waited for
            found.put(error)

    def _body(self, response: Any, until: float) -> bytes:
        parts, size = [], 0
        try:
            packing = response.headers.get("Content-Encoding", "identity").lower()
            if packing not in ("identity", "gzip"):
                raise AnswerError("its encoding is unknown")
            unpacked = zlib.decompressobj(_GZIP) if packing == "gzip" else None
            for raw in response.iter_raw():
                part = unpacked.decompress(raw, self._most + 1 - size) if unpacked else raw
                parts.append(part)
                size += len(part)
                if size > self._most:
                    raise AnswerError(f"it's larger than {self._most // 2**20} MB")
                if time.monotonic() > until:
                    raise ServiceResponseTimeoutError("The time is up.")
        except zlib.error:
            raise ServiceResponseError("The packed body is broken.") from None
        except DecodeError as error:  # a body that was cut
            raise ServiceResponseError(str(error)) from None
        finally:
            response.close()
        if unpacked and not unpacked.eof:
            raise ServiceResponseError("The packed body was cut.")
        return b"".join(parts)


__all__ = ["BODY", "MOST_BYTES", "AnswerError", "BoundedAnswer"]
