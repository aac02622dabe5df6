"""`hotpatch releases update`: the page comes whole from a server on loopback, or nothing is
changed.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from pages import OCTOBER, html, markdown


class Answer(NamedTuple):
    """What the server sends: bytes in parts with a pause between, and the length that it tells."""

    parts: tuple[bytes, ...] = ()
    status: int = 200
    pause: float = 0
    length: int | None = None
    location: str | None = None


class Server:
    """A server of one page."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.asked: list[dict[str, str]] = []
        self.url = ""


@pytest.fixture
def server() -> Iterator[Server]:
    """The server while it answers."""
    page = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page.asked.append(dict(self.headers))
            answer = page.answer
            self.send_response(answer.status)
            length = sum(map(len, answer.parts)) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
            if answer.location:
                self.send_header("Location", answer.location)
            self.end_headers()
            with suppress(OSError):  # the client has gone
                for part in answer.parts:
                    self.wfile.write(part)
                    self.wfile.flush()
                    time.sleep(answer.pause)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        page.url = f"http://127.0.0.1:{listening.server_address[1]}/page"
        yield page
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("render", [markdown, html])
def test_the_page_is_fetched(hotpatch: Any, server: Server, render: Any) -> None:
    """The page is asked for as Markdown, and kept in either form."""
    server.answer = Answer((render(OCTOBER).encode(),))
    done = hotpatch("releases", "update", "--url", server.url, "--yes")
    assert done.code == 0, done.err
    assert "2 new" in done.out
    assert "KB5199999" in hotpatch("releases", "-f", "csv").out
    assert server.asked[0]["Accept"] == "text/markdown"


def test_the_address_from_a_variable(hotpatch: Any, server: Server) -> None:
    """The address may stand in a variable, for a mirror."""
    server.answer = Answer((markdown(OCTOBER).encode(),))
    hotpatch.monkeypatch.setenv("HOTPATCH_URL", server.url)
    assert "2 new" in hotpatch("releases", "update", "--dry-run").out


PAGE = markdown(OCTOBER).encode()
FAILURES = {
    "not found": (Answer((b"no",), 404), "The server answered 404"),
    "not allowed": (Answer((b"no",), 403), "The server answered 403"),
    "in trouble": (Answer((b"no",), 500), "The server answered 500"),
    "busy": (Answer((b"no",), 503), "The server answered 503"),
    "cut in the middle of its last table": (
        Answer((PAGE[:-100],), length=len(PAGE)),
        "the connection broke after",
    ),
    "cut at once": (Answer((), length=len(PAGE)), "the connection broke after 0"),
    "a pause that is too long": (Answer((PAGE[:10], PAGE[10:]), pause=1), "timed out"),
    "drop by drop": (
        Answer(tuple(PAGE[at : at + 1] for at in range(40)), pause=0.02),
        "did not come within 0.3",
    ),
    "huge": (Answer((b"x" * 2**20,) * 21), "larger than 20 MB"),
    "empty": (Answer((b"",)), "not understood"),
    "another page": (
        Answer((b"<!DOCTYPE html><html><body>Sign in</body></html>",)),
        "not understood",
    ),
    "bytes": (Answer((bytes(range(256)),)), "not understood"),
    "redirected to a file": (Answer((), 302, location="file:///etc/passwd"), "302"),
    "redirected for ever": (Answer((), 302, location="/page"), "302"),
}


@pytest.mark.parametrize(("answer", "message"), FAILURES.values(), ids=FAILURES.keys())
def test_a_page_that_is_not_fetched_whole(
    hotpatch: Any, server: Server, answer: Answer, message: str
) -> None:
    """What is not the whole page is named: exit code 2, nothing on standard output or kept."""
    server.answer = answer
    done = hotpatch(
        "releases",
        "update",
        "--url",
        server.url,
        "--yes",
        "--timeout",
        "0.3" if answer.pause else "20",
    )
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Nothing was changed" in done.err
    assert "Traceback" not in done.err
    assert not (hotpatch.folder / "user-data").exists()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/", "http://[", "http://127.0.0.1:x/", "http://"]
)
def test_a_server_out_of_reach(hotpatch: Any, address: str) -> None:
    """A server that does not answer, or an address that is none, tells to save the page and import
    it.
    """
    done = hotpatch("releases", "update", "--url", address)
    assert (done.code, done.out) == (2, "")
    assert "releases import FILE" in done.err


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/x", "/etc/passwd", "data:text/plain,x"]
)
def test_an_address_of_another_scheme(hotpatch: Any, address: str) -> None:
    """Only pages of the web are fetched."""
    done = hotpatch("releases", "update", "--url", address)
    assert (done.code, done.out) == (2, "")
    assert "not an address of the web" in done.err
