"""What SECURITY.md promises of every run: no network unless asked for, and no input that runs."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from hotpatch_cli.cli.config.config import commands_of
from hotpatch_cli.cli.root import app

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "hotpatch_cli").rglob("*.py"))
NEVER_CALLED = {"eval", "exec", "__import__"}
NEVER_IMPORTED = {"pickle", "marshal", "shelve", "subprocess", "pty", "runpy", "code", "ctypes"}
NEVER_OF_A_MODULE = {
    "os": {"system", "popen", "startfile"},
    "yaml": {"load", "load_all", "full_load", "unsafe_load", "unsafe_load_all"},
}
PREFIXES_OF_OS = ("exec", "spawn", "posix_spawn")
NETWORK = {"socket", "ssl", "http.client", "urllib.request", "requests", "asyncio"}
MAY_USE_THE_NETWORK = {"cli/releases.py"}
MAY_EXECUTE = {
    "hotpatch_cli/inputs/tables/workbook.py",
    "hotpatch_cli/inputs/templates/bicep.py",
}
"""Python itself, for the reader of workbooks, and the Bicep compiler of the user: with a list of
arguments and no shell.
"""
BLOCKED = """
import socket, sys

def refused(*values, **options):
    sys.stderr.write("NETWORK USED\\n")
    sys.stderr.flush()
    import os
    os._exit(99)

for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refused)
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refused
"""
FLEET, DAY = "examples/fleet.yaml", ("--as-of", "2025-12-15")
WAIVED = ("--reason", "moves", "--owner", "me", "--expires", "2026-03-31")
JOBS: dict[str, tuple[str, ...]] = {
    "calendar": ("--year", "2025"),
    "check": (FLEET, *DAY),
    "collect": (),
    "convert": (FLEET,),
    "diff": ("report.json", FLEET, *DAY),
    "explain": ("HP202",),
    "feed openings": (FLEET, "--from", "2025-12-15"),
    "feed plan": ("plan.json", FLEET),
    "feed releases": (),
    "feed restarts": (FLEET, *DAY),
    "fix": (FLEET, *DAY),
    "image": ("MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition", *DAY),
    "init": (),
    "matrix": (),
    "next": (FLEET, *DAY),
    "plan": (FLEET, *DAY),
    "progress": ("plan.json", FLEET, *DAY),
    "releases": (),
    "releases import": ("page.md", "--dry-run"),
    "report": (FLEET, *DAY),
    "rollback": (FLEET, "--machine", "net01", *DAY),
    "schema": ("inventory",),
    "show": (FLEET, "web03", *DAY),
    "trend": ("report.json", "report.json"),
    "verify": ("plan.json", FLEET, *DAY),
    "waive": ("img*", "HP102", *WAIVED, *DAY),
    "windows export": (FLEET, "--from", "2025-12-15"),
    "windows lint": (FLEET,),
    "windows list": (FLEET, "--from", "2025-12-15"),
    "windows open": (FLEET, "--at", "2026-01-17T22:30+01:00"),
    "windows scopes": (FLEET,),
}
"""Command -> arguments: all but the one that asks for the network."""


def uses(tree: ast.AST) -> list[str]:
    """Calls and imports of a source by which text from a file could run."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in NEVER_CALLED:
            found.append(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module, name = node.value.id, node.attr
            started = module == "os" and name.startswith(PREFIXES_OF_OS)
            if started or name in NEVER_OF_A_MODULE.get(module, ()):
                found.append(f"{module}.{name}")
        found += [name for name in imports(node) if name.partition(".")[0] in NEVER_IMPORTED]
    return found


def imports(node: ast.AST) -> list[str]:
    """Modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return []


@pytest.mark.parametrize(
    "text",
    ["eval(x)", "import pickle", "from subprocess import run", "os.execv(a, b)", "yaml.load(x)"],
)
def test_the_search_finds_what_it_looks_for(text: str) -> None:
    """Each kind of execution is found in a source that has it."""
    assert uses(ast.parse(text))


def test_no_source_executes_input() -> None:
    """No module evaluates text, loads objects from files, or starts a process but those two."""
    found = {
        path.relative_to(ROOT).as_posix(): used
        for path in SOURCES
        if (used := uses(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {name: ["subprocess"] for name in MAY_EXECUTE}


def test_only_releases_opens_a_connection_of_its_own() -> None:
    """No other module imports a client of the network; Azure's libraries serve --azure."""
    found = {
        path.relative_to(ROOT / "hotpatch_cli").as_posix()
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if NETWORK & set(imports(node))
    }
    assert found == MAY_USE_THE_NETWORK


def test_a_template_engine_renders_only_templates_of_ours() -> None:
    """One module uses a template engine, and it never makes a template of a text."""
    engines = {"jinja2", "mako", "string.Template", "django"}
    makes = {"from_string", "Template", "compile_expression"}
    users, made = set(), set()
    for path in SOURCES:
        name = path.relative_to(ROOT / "hotpatch_cli").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if engines & {part for used in imports(node) for part in (used, used.split(".")[0])}:
                users.add(name)
            if isinstance(node, ast.Attribute) and node.attr in makes:
                made.add(name)
    assert users == {"outputs/page/render.py"}
    assert made == set()


def run(
    arguments: tuple[str, ...], *paths: Path, cwd: Path = ROOT
) -> subprocess.CompletedProcess[bytes]:
    """A command with folders ahead of those that Python searches."""
    places = os.pathsep.join([*map(str, paths), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-m", "hotpatch_cli", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": places},
        capture_output=True,
        check=False,
    )


def test_every_command_has_a_job() -> None:
    """A new command is run without a network too."""
    commands = commands_of(typer.main.get_command(app))
    assert {" ".join(path) for path, _ in commands} - {"releases update"} == JOBS.keys()


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples, a plan, a report, and a page of releases."""
    folder = tmp_path_factory.mktemp("given")
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "page.md").write_text("# Release notes", encoding="utf-8")
    run(("plan", FLEET, *DAY, "-o", "plan.json"), cwd=folder)
    run(("check", FLEET, *DAY, "-o", "report.json"), cwd=folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("command", JOBS)
def test_a_run_without_a_network_writes_the_same_bytes(
    given: Path, command: str, tmp_path: Path
) -> None:
    """A command whose sockets end the process has the output and exit code of a plain run."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKED, encoding="utf-8")
    folders = shutil.copytree(given, tmp_path / "a"), shutil.copytree(given, tmp_path / "b")
    arguments = (*command.split(), *JOBS[command])
    blocked = run(arguments, tmp_path, cwd=folders[0])
    plain = run(arguments, cwd=folders[1])
    assert b"Usage:" not in plain.stderr
    assert plain.returncode != 2 or command == "releases import"  # the page has no releases
    assert (blocked.returncode, blocked.stdout) == (plain.returncode, plain.stdout)
    assert b"NETWORK USED" not in blocked.stderr


@pytest.mark.slow
def test_the_block_of_the_network_works(tmp_path: Path) -> None:
    """A command that asks for the network ends at its first socket."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKED, encoding="utf-8")
    assert run(("releases", "update", "--url", "https://localhost:9/x"), tmp_path).returncode == 99


def test_the_tests_that_the_policy_names_exist() -> None:
    """Every test in the table of SECURITY.md is a function of the suite."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    defined = {name for text in sources for name in re.findall(r"(?m)^def (test_\w+)", text)}
    assert named
    assert named <= defined
