"""A stand-in for Azure on loopback that speaks Resource Graph's API: paging, quota, errors, slow
and cut answers.
"""

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"


class Answer(NamedTuple):
    """An answer that is not a result: a status, headers, and a body of any kind; or a cut after so
    many bytes.

    `drip` is the pause in seconds before each byte. `endless` is sent again and again, in chunks.
    """

    status: int = 200
    body: bytes | str | dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    cut: int | None = None
    wait: float = 0
    drip: float = 0
    endless: bytes = b""


class Asked(NamedTuple):
    """A question as it arrived."""

    table: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def token(self) -> str | None:
        """The token of the page that is asked for."""
        found: str | None = self.body["options"].get("$skipToken")
        return found


class Azure:
    """Rows by table, how many make a page, and answers that stand in for results, in the order of
    the questions.
    """

    def __init__(self) -> None:
        self.tables: dict[str, list[Any]] = {
            "resourcecontainers": [subscription(SUBSCRIPTION, "Production")]
        }
        self.page = 1000
        self.asked: list[Asked] = []
        self.sent = 0
        self.instead: list[Answer | None] = []
        self.headers: dict[str, str] = {
            "x-ms-user-quota-remaining": "14",
            "x-ms-user-quota-resets-after": "00:00:05",
        }
        self.change: Callable[[dict[str, Any], Asked], Any] = lambda result, _asked: result
        self.url = ""

    def result(self, asked: Asked) -> Any:
        """The page that is asked for, of the rows of the scope, in the order of their ids where
        that is asked for.
        """
        rows = [
            row
            for row in self.tables.get(asked.table, [])
            if _within(row, asked.body.get("subscriptions"))
        ]
        if "order by id asc" in asked.body["query"]:
            rows = sorted(
                rows,
                key=lambda row: str(row["id"]) if isinstance(row, dict) and "id" in row else "",
            )
        begin = int(asked.token or 0)
        end = begin + min(self.page, asked.body["options"]["$top"])
        result = {
            "totalRecords": len(rows),
            "count": len(rows[begin:end]),
            "data": rows[begin:end],
            "facets": [],
        }
        more: dict[str, Any] = {"$skipToken": str(end)} if end < len(rows) else {}
        return self.change(result | {"resultTruncated": "true" if more else "false"} | more, asked)


def _within(row: Any, subscriptions: list[str] | None) -> bool:
    return not subscriptions or any(
        f"/subscriptions/{each}" in str(row["id"]) for each in subscriptions
    )


class Handler(BaseHTTPRequestHandler):
    """Takes in questions and sends what the stand-in has for them."""

    protocol_version = "HTTP/1.1"
    azure: Azure

    def do_POST(self) -> None:
        """Answer a question."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(re.match(r"\w+", body["query"])[0], body, dict(self.headers))  # type: ignore[index]
        self.azure.asked.append(asked)
        other = self.azure.instead.pop(0) if self.azure.instead else None
        answer = Answer(body=self.azure.result(asked)) if other is None else other
        time.sleep(answer.wait)
        self._send(answer)

    def _send_endless(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in (answer.headers or {}).items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(answer.endless), answer.endless))
                self.azure.sent += len(answer.endless)
        except OSError:  # the client has gone
            self.close_connection = True

    def _send_slowly(self, data: bytes, pause: float) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data):
            self.wfile.write(bytes([byte]))
            time.sleep(pause)

    def _send(self, answer: Answer) -> None:
        if answer.endless:
            self._send_endless(answer)
            return
        content = answer.body
        data = (
            content
            if isinstance(content, bytes)
            else (content if isinstance(content, str) else json.dumps(content)).encode()
        )
        try:
            if answer.drip:
                self._send_slowly(data, answer.drip)
                return
            self.send_response(answer.status)
            for name, value in (
                {"Content-Type": "application/json"} | self.azure.headers | (answer.headers or {})
            ).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: answer.cut])
        except OSError:  # the client has gone
            pass
        if answer.cut is not None:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Azure]:
    """The stand-in while it answers, over TLS where a context is given."""
    stand = Azure()
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Bound", (Handler,), {"azure": stand})
    ) as server:
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        stand.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        yield stand
        server.shutdown()
        thread.join()


def subscription(identifier: str, name: str) -> dict[str, Any]:
    """A subscription, as the table of containers has it."""
    kind = "microsoft.resources/subscriptions"
    return {
        "id": f"/subscriptions/{identifier}",
        "name": name,
        "type": kind,
        "subscriptionId": identifier,
    }


def vm(
    name: str,
    sku: str = "2025-datacenter-azure-edition-core",
    owner: str = SUBSCRIPTION,
    **more: Any,
) -> dict[str, Any]:
    """An Azure VM that can hotpatch, as Resource Graph has it: its type in lower case."""
    patch = {
        "patchMode": "AutomaticByPlatform",
        "enableHotpatching": True,
        "assessmentMode": "AutomaticByPlatform",
    }
    image = {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": sku,
        "version": "latest",
    }
    return {
        "id": (
            f"/subscriptions/{owner}/resourceGroups/rg/providers/Microsoft.Compute/"
            f"virtualMachines/{name}"
        ),
        "name": name,
        "type": "microsoft.compute/virtualmachines",
        "location": "westeurope",
        "kind": "",
        "zones": ["1"],
        "tags": {"role": "web"},
        "properties": {
            "storageProfile": {
                "imageReference": image,
                "osDisk": {"osType": "Windows", "diskSizeGB": 127},
            },
            "osProfile": {
                "windowsConfiguration": {"provisionVMAgent": True, "patchSettings": patch}
            },
            "securityProfile": {
                "securityType": "TrustedLaunch",
                "uefiSettings": {"secureBootEnabled": True},
            },
            "extended": {
                "instanceView": {
                    "osVersion": "10.0.26100.7171",
                    "powerState": {"code": "PowerState/running"},
                }
            },
            **more,
        },
    }
