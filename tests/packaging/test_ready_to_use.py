"""What teams copy: the hooks, the Action, the snippets and the Dockerfile do what they say, run as
far as one can here.

The Action and the hooks install this project with pip for real; its dependencies and the build tool
come from the environment of the tests, so that no network is needed.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SARIF = json.loads(
    (Path(__file__).parents[1] / "gate" / "data" / "sarif-schema-2.1.0.json").read_text(
        encoding="utf-8"
    )
)
ACTION_SCHEMA = json.loads(
    (Path(__file__).parent / "github-action.json").read_text(encoding="utf-8")
)
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
BAD = "machines: [{name: old01, platform: arc, os: Windows Server 2019 Datacenter}]\n"
GOOD = """\
machines:
  - name: new01
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition
    patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}
"""
WINDOW = "windows: {night: {days: [Sat], start: 22:00, duration: 3h, timezone: UTC}}\n"
WAIVERS = "waivers: [{machine: old01, rule: HP105, reason: r, owner: o, expires: 2026-01-01}]\n"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts of bash")


def environment(**more: str) -> dict[str, str]:
    """Variables of a process in which pip installs only what it is told, beside the libraries of
    these tests.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HOTPATCH_", "GIT_", "GITHUB_"))
    }
    scripts = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # which pip reads as: no isolation
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **more,
    }


def copied(folder: Path) -> Path:
    """This project as somebody would clone it."""
    folder.mkdir()
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        ".pre-commit-hooks.yaml",
        "action.yml",
    ):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(
        ROOT / "hotpatch_cli", folder / "hotpatch_cli", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *who, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Make a folder a repository, with all that is in it; its commit."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")
    return git(folder, "rev-parse", "HEAD")


# --- pre-commit ----------------------------------------


@pytest.mark.slow
def test_the_hooks_stop_a_commit(tmp_path: Path) -> None:
    """pre-commit installs the hooks from a clone and runs them: 1 for a machine that cannot
    hotpatch, then 0.
    """
    hooks = copied(tmp_path / "hooks")
    revision = committed(hooks)
    project = tmp_path / "project"
    project.mkdir()
    ids = [{"id": hook["id"]} for hook in HOOKS]
    config = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": ids}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (project / "hotpatch.toml").write_text('[check]\nfleet = ["fleets/*.yaml"]\n')
    fleets = project / "fleets"
    fleets.mkdir()
    (fleets / "west.yaml").write_text(BAD + WINDOW)
    (fleets / "--fail-on=never.yaml").write_text(BAD.replace("old01", "old02"))  # no option
    (project / "fleet-agent.yaml").write_text("kind: DaemonSet\n")  # another fleet, of Kubernetes
    committed(project)
    variables = environment(PRE_COMMIT_HOME=str(tmp_path / "cache"), HOTPATCH_AS_OF="2025-12-15")
    run = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    first = subprocess.run(
        run, cwd=project, env=variables, capture_output=True, text=True, check=False
    )
    assert first.returncode == 1, first.stdout + first.stderr
    assert re.search(r"hotpatch check\.+Failed", first.stdout)
    assert "HP105" in first.stdout
    assert "old02" in first.stdout
    assert "exit code: 1" in first.stdout
    (fleets / "west.yaml").write_text(GOOD + WINDOW)
    (fleets / "--fail-on=never.yaml").write_text(GOOD.replace("new01", "new02"))
    second = subprocess.run(
        run, cwd=project, env=variables, capture_output=True, text=True, check=False
    )
    assert second.returncode == 0, second.stdout + second.stderr


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("fleets/west.yaml", True),
        ("prod/vms.json", True),
        ("plan.tf", True),
        ("hotpatch.toml", True),
        ("README.md", False),
    ],
)
def test_a_hook_looks_at_the_whole_fleet_when_a_part_changes(name: str, matches: bool) -> None:
    """A change of any file that a fleet can have starts the hook, which reads all of the fleet."""
    for hook in HOOKS:
        assert hook["pass_filenames"] is False
    assert bool(re.search(HOOKS[0]["files"], name)) == matches


# --- the Action ----------------------------------------

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def test_the_action_is_valid() -> None:
    """action.yml validates against the schema of GitHub's metadata."""
    jsonschema.validate(ACTION, ACTION_SCHEMA)


def test_no_input_is_pasted_into_a_script() -> None:
    """An input reaches a script as a variable: as a part of the text it could run commands."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


class Runner:
    """Runs the steps of a composite Action as GitHub does: bash -e, variables, an output file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        self.variables = environment(
            RUNNER_TEMP=str(folder),
            GITHUB_ACTION_PATH=str(copied(folder / "action")),
            GITHUB_OUTPUT=str(folder / "output"),
            GITHUB_STEP_SUMMARY=str(folder / "summary"),
        )

    def step(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run one step with the inputs of the Action, defaults for the rest."""
        (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == name]
        defaults = {key: entry.get("default", "") for key, entry in ACTION["inputs"].items()}
        given = defaults | inputs
        values = {
            key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda match: given[match[1]], text)
            for key, text in step.get("env", {}).items()
        }
        for file in ("output", "summary"):
            (self.folder / file).write_text("")
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return subprocess.run(
            command,
            cwd=self.work,
            env=self.variables | values,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def outputs(self) -> dict[str, str]:
        """What the step set."""
        return dict(
            line.split("=", 1) for line in (self.folder / "output").read_text().splitlines()
        )


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """A runner with the Action installed."""
    installed = Runner(tmp_path_factory.mktemp("runner"))
    done = installed.step("Install")
    assert done.returncode == 0, done.stderr
    return installed


@pytest.mark.slow
def test_the_action_fails_a_job_and_feeds_all(runner: Runner) -> None:
    """A machine that cannot hotpatch: code 1, an annotation with its place, SARIF, JSON, a summary,
    the outputs.
    """
    (runner.work / "fl eet.yaml").write_text(BAD)
    done = runner.step("Check", fleet="fl eet.yaml", **{"as-of": "2025-12-15"})
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=fl eet.yaml,line=1,col=")
    jsonschema.validate(json.loads((runner.work / "hotpatch.sarif").read_text()), SARIF)
    assert json.loads((runner.work / "hotpatch.json").read_text())["gate"]["exit_code"] == 1
    assert "1 of 1 machine fails" in (runner.folder / "summary").read_text()
    assert runner.outputs == {"exit-code": "1", "sarif": "hotpatch.sarif", "json": "hotpatch.json"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"fleet": "*.yaml"}, 1),
        ({"fleet": "bad.yaml\ngood.yaml\n"}, 1),
        ({"fleet": "good.yaml"}, 0),
        ({"fleet": "bad.yaml", "fail-on": "never"}, 0),
        ({"fleet": "bad.yaml", "waivers": "waivers.txt"}, 0),
        ({"fleet": "bad.yaml", "config": "own.toml"}, 0),
        ({"fleet": "none-*.yaml"}, 2),
        ({"fleet": "$(touch here).yaml"}, 2),
        ({"fleet": "--fail-on"}, 2),
        ({"fleet": "bad.yaml", "fail-on": "nver"}, 2),
    ],
)
def test_the_action_takes_its_inputs(runner: Runner, inputs: dict[str, str], code: int) -> None:
    """Patterns, lines, waivers and words reach the program; what is wrong is code 2, and no input
    is a command.
    """
    for name, text in (
        ("bad.yaml", BAD),
        ("good.yaml", GOOD),
        ("waivers.txt", WAIVERS),
        ("own.toml", "fail-on = 'never'"),
    ):
        (runner.work / name).write_text(text)
    (runner.work / "fl eet.yaml").unlink(missing_ok=True)
    done = runner.step("Check", **{"as-of": "2025-12-15"}, **inputs)
    assert (done.returncode, runner.outputs["exit-code"]) == (code, str(code)), done.stderr
    assert not (runner.work / "here).yaml").exists()
    assert not (runner.work / "here").exists()


# --- snippets ----------------------------------------


def scripts(name: str) -> list[str]:
    """The lines that a snippet runs in a shell."""
    snippet = yaml.safe_load((ROOT / "docs" / "ci" / name).read_text(encoding="utf-8"))
    if name == "gitlab.yml":
        return list(snippet["hotpatch"]["script"])
    return [step["script"] for step in snippet["steps"] if "script" in step]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "written"), [("gitlab.yml", 2), ("azure-pipelines.yml", 1)])
@pytest.mark.parametrize(("fleet", "code"), [(BAD, 1), (GOOD, 0)])
def test_the_lines_of_a_snippet_run(
    tmp_path: Path, name: str, written: int, fleet: str, code: int
) -> None:
    """Each line runs as it stands, the check ends with its code, and what the snippet collects is
    there.

    The line that installs is run with a pip that does nothing: the program of these tests is there
    already.
    """
    (tmp_path / "bin").mkdir()
    for tool, text in (
        ("pip", "#!/bin/sh\nexit 0\n"),
        ("python", '#!/bin/sh\n[ "$2" = pip ]\n'),
        ("hotpatch", f'#!/bin/sh\nexec "{sys.executable}" -m hotpatch_cli "$@"\n'),
    ):
        (tmp_path / "bin" / tool).write_text(text)
        (tmp_path / "bin" / tool).chmod(0o755)
    (tmp_path / "fleet.yaml").write_text(fleet)
    variables = environment(PYTHONPATH=str(ROOT), HOTPATCH_AS_OF="2025-12-15")
    variables["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{variables['PATH']}"
    codes = [
        subprocess.run(
            ["sh", "-ec", line], cwd=tmp_path, env=variables, capture_output=True, check=False
        ).returncode
        for line in scripts(name)
    ]
    assert codes == [0, code]
    snippet = (ROOT / "docs" / "ci" / name).read_text(encoding="utf-8")
    collected = set(re.findall(r"(?:junit|codequality|testResultsFiles): ?([a-z.-]+)", snippet))
    assert len(collected) == written
    assert all((tmp_path / file).stat().st_size > 0 for file in collected)


def test_the_workflow_names_inputs_that_the_action_has() -> None:
    """docs/ci/github.yml gives the Action only what it takes, and uploads what it writes."""
    workflow = yaml.safe_load((ROOT / "docs" / "ci" / "github.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["hotpatch"]["steps"]
    given = steps[1]["with"].keys()
    assert given <= ACTION["inputs"].keys()
    assert {key for key, entry in ACTION["inputs"].items() if entry.get("required")} <= given
    assert steps[2]["with"]["sarif_file"] == ACTION["inputs"]["sarif"]["default"]
    assert steps[2]["if"] == "always() && hashFiles('hotpatch.sarif') != ''"


# --- the Dockerfile ----------------------------------------


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, in order."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line and not line.startswith("#")]  # type: ignore[misc]  # two parts


def test_the_dockerfile_builds_from_what_is_there() -> None:
    """What is copied in is there and let in; extras exist; the last stage is no root and runs
    hotpatch.
    """
    listed = instructions()
    copied_in = [
        word
        for name, text in listed
        if name == "COPY" and "--from" not in text
        for word in text.split()[:-1]
    ]
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert set(copied_in) == let_in
    assert all((ROOT / word).exists() for word in copied_in)
    import tomllib

    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (extras,) = re.findall(r"/source\[([a-z,]+)\]", (ROOT / "Dockerfile").read_text())
    assert set(extras.split(",")) <= known.keys()
    last = listed[max(at for at, (name, _) in enumerate(listed) if name == "FROM") :]
    assert dict(last)["USER"] == "hotpatch"
    assert json.loads(dict(last)["ENTRYPOINT"]) == ["hotpatch"]


def test_the_gate_needs_no_network(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """check, image, diff and waive run where no connection can be made."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    day = ("--as-of", "2025-12-15")
    assert hotpatch.check(GOOD, "-f", "sarif").code == 0
    assert hotpatch("image", "a:b:c", *day).code == 1
    assert hotpatch("diff", "fleet.yaml", "fleet.yaml", *day).code == 0
    assert (
        hotpatch(
            "waive", "a", "*", "--reason", "r", "--owner", "o", "--expires", "2026-01-01", *day
        ).code
        == 0
    )
