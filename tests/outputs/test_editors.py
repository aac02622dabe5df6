"""Our JSON Schemas in the validators and the language server that editors use: ajv in its strict
mode, and yaml-language-server, which serves VS Code, Neovim, and others.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Hotpatch

ROOT = Path(__file__).parents[2]
NODE = ROOT / "tests" / "node"
SERVER = NODE / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js isn't installed"),
    pytest.mark.skipif(
        not SERVER.exists(), reason="run: npm install --no-package-lock --prefix tests/node"
    ),
]
SCHEMAS = ("inventory", "report", "plan", "progress")


def in_ajv(hotpatch: Hotpatch, first: str, *documents: Any) -> Any:
    """What ajv's strict mode says of documents, by our schemas, the first one deciding."""
    names = [first, *(name for name in SCHEMAS if name != first)]
    for name in names:
        assert hotpatch("schema", name, "-o", f"{name}.json", "-q").code == 0
    done = subprocess.run(
        ["node", NODE / "compile.cjs", *(hotpatch.folder / f"{name}.json" for name in names)],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["schemas"] == len(SCHEMAS)
    return answer["documents"]


def test_schemas_are_strict(hotpatch: Hotpatch) -> None:
    """ajv takes each schema in its strict mode, and each report by its schema."""
    report = hotpatch(
        "check", str(ROOT / "examples" / "fleet.yaml"), "--as-of", "2025-12-15", "-f", "json"
    ).json
    assert in_ajv(hotpatch, "report", report) == [[]]
    report["machines"][0]["verdict"] = "fine"
    ((error, *_),) = in_ajv(hotpatch, "report", report)
    assert error["instancePath"].startswith("/machines/0")


def test_no_schema_has_a_pattern_of_one_language_alone(hotpatch: Hotpatch) -> None:
    """JavaScript refuses groups with flags, which Python has."""
    for name in SCHEMAS:
        assert "(?" not in hotpatch("schema", name).out


class LanguageServer:
    """A client of a language server on its standard streams."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            ["node", SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.diagnostics: dict[str, list[Any]] = {}
        self.number = 0
        root = folder.as_uri()
        self.request("initialize", processId=None, rootUri=root, capabilities={})
        self.send("initialized")
        self.send(
            "workspace/didChangeConfiguration",
            settings={"yaml": {"completion": True, "hover": True, "validate": True}},
        )

    def send(self, method: str, number: int | None = None, **parameters: Any) -> None:
        """Send a notification, or a request with a number."""
        message = {"jsonrpc": "2.0", "method": method, "params": parameters}
        self._write(message if number is None else {**message, "id": number})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def request(self, method: str, **parameters: Any) -> Any:
        """The answer to a request."""
        self.number += 1
        self.send(method, self.number, **parameters)
        while True:
            message = self._next()
            if message.get("id") == self.number and "method" not in message:
                return message["result"]

    def _next(self) -> Any:
        """The next message; requests of the server are answered, diagnostics kept."""
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": None})
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        return message

    def open(self, path: Path) -> list[Any]:
        """The diagnostics of a file."""
        uri, text = path.as_uri(), path.read_text(encoding="utf-8")
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.send("textDocument/didOpen", textDocument=document)
        while uri not in self.diagnostics:
            self._next()
        return self.diagnostics[uri]

    def ask(self, what: str, path: Path, line: int, column: int) -> Any:
        """The answer about a place in a file, from 0."""
        place = {"line": line, "character": column}
        return self.request(
            f"textDocument/{what}", textDocument={"uri": path.as_uri()}, position=place
        )

    def close(self) -> None:
        """End the server."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def server(hotpatch: Hotpatch) -> Iterator[LanguageServer]:
    """A language server in the folder of the test."""
    started = LanguageServer(hotpatch.folder)
    yield started
    started.close()


def test_an_editor_knows_the_starter(hotpatch: Hotpatch, server: LanguageServer) -> None:
    """`hotpatch init` names its schema: the editor finds it, flags nothing, explains, completes."""
    assert hotpatch("init", "-o", "fleet.yaml", "-q").code == 0
    path = hotpatch.folder / "fleet.yaml"
    assert server.open(path) == []
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next(at for at, text in enumerate(lines) if text.startswith("defaults:"))
    assert "settings shared by all machines" in str(server.ask("hover", path, line, 3))


def _inventory(hotpatch: Hotpatch, text: str) -> Path:
    hotpatch("schema", "inventory", "-o", "inventory.json", "-q")
    head = "# yaml-language-server: $schema=inventory.json\n"
    return hotpatch.folder / hotpatch.write("fleet.yaml", head + text)


def test_the_example_in_an_editor(hotpatch: Hotpatch, server: LanguageServer) -> None:
    """An editor flags nothing in the example."""
    text = (ROOT / "examples" / "fleet.yaml").read_text(encoding="utf-8")
    assert server.open(_inventory(hotpatch, text)) == []


@pytest.mark.parametrize(
    ("text", "expected", "never"),
    [
        ("machines:\n  - name: a\n    platform: ", {"azure", "azure-local", "arc"}, {"true"}),
        ("machines:\n  - name: a\n    ", {"platform", "image", "build", "patching"}, {"fleet"}),
        ("machines:\n  - name: a\n    owner: ", set(), {"true", "false", "null"}),
        ("fleet: ", set(), {"true", "false", "null"}),
    ],
    ids=["words", "keys", "text", "text at the top"],
)
def test_what_an_editor_completes(
    hotpatch: Hotpatch, server: LanguageServer, text: str, expected: set[str], never: set[str]
) -> None:
    """Keys and words that fit are offered; a text isn't completed with truths."""
    path = _inventory(hotpatch, text)
    server.open(path)
    last = text.rpartition("\n")[2]
    answer = server.ask("completion", path, text.count("\n") + 1, len(last))
    labels = {item["label"] for item in answer["items"]}
    assert (expected - labels, never & labels) == (set(), set())


def test_an_editor_flags_a_typo(hotpatch: Hotpatch, server: LanguageServer) -> None:
    """A word that isn't a platform is flagged at its place."""
    path = _inventory(hotpatch, "machines:\n  - name: a\n    platform: azur\n")
    (found,) = server.open(path)
    assert found["range"]["start"] == {"line": 3, "character": 14}
