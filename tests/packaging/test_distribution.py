"""What is uploaded and what is installed: the wheel, the source distribution, each extra alone."""

import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "fleet.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
OWN = "{}.{}".format(*sys.version_info)
DAY = ("--as-of", "2025-12-15")
MAIN_JOB = (
    ("check", str(EXAMPLE), *DAY),
    ("check", str(EXAMPLE), *DAY, "-f", "sarif"),
    ("plan", str(EXAMPLE), *DAY, "--effort", "0.25"),
    ("calendar", "--year", "2025"),
    ("matrix",),
    ("convert", str(EXAMPLE)),
)


class Job(NamedTuple):
    """What needs an extra: arguments, the file that they name, and a word of the product."""

    arguments: tuple[str, ...]
    product: str


EXTRAS = {
    "azure": Job(("check", "--azure"), "sign"),
    "excel": Job(("check", "fleet.xlsx", *DAY), "web01"),
    "bulk": Job(("check", "fleet.csv", "--bulk", *DAY, "-f", "csv"), "web01"),
    "hcl": Job(("check", "build.pkr.hcl", *DAY), "vm"),
    "report": Job(("check", "fleet.csv", *DAY, "-f", "html"), "<html"),
    "exact": Job(("plan", str(EXAMPLE), *DAY), "scheduled"),
}
MORE_JOBS = {
    "bulk": (("check", "fleet.parquet", *DAY),),
    "report": (
        ("plan", str(EXAMPLE), *DAY, "--effort", "0.25", "-f", "svg"),
        ("calendar", "--year", "2025", "-f", "png"),
        ("report", "fleet.csv", *DAY),
    ),
}
MISSING = [
    (extra, arguments)
    for extra, job in EXTRAS.items()
    if extra != "exact"  # without it the search plans alone
    for arguments in (job.arguments, *MORE_JOBS.get(extra, ()))
]
"""Every job that an extra is needed for; `report` has two packages, each needed alone."""
CSV = "name,platform,os\nweb01,arc,Windows Server 2025 Datacenter\n"
HCL = """source "azure-arm" "vm" {
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2022-datacenter-azure-edition-core"
  os_type         = "Windows"
}
"""
# Hides every installed package but those that an install of hotpatch with one extra, or none, has.
ONLY = """
import importlib.metadata as meta, re, sys
from packaging.requirements import Requirement
extra = sys.argv.pop(1)
def named(name): return re.sub(r"[-_.]+", "-", name).lower()
needed, open_ = set(), [("hotpatch-cli", {extra})]
while open_:
    name, extras = open_.pop()
    needed.add(named(name))
    try:
        wanted = meta.requires(name) or []
    except meta.PackageNotFoundError:
        continue
    for text in wanted:
        each = Requirement(text)
        marker = each.marker
        if marker and not any(marker.evaluate({"extra": one}) for one in {"", *extras}):
            continue
        if named(each.name) not in needed or each.extras:
            open_.append((each.name, each.extras))
hidden = {
    module for module, names in meta.packages_distributions().items()
    if not any(named(name) in needed for name in names)
} - set(sys.stdlib_module_names)
class Finder:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        found = name.partition(".")[0] not in hidden
        return self.finder.find_spec(name, path, target) if found else None
    def __getattr__(self, name):
        return getattr(self.finder, name)
for name in [name for name in sys.modules if name.partition(".")[0] in hidden]:
    del sys.modules[name]
sys.meta_path[:] = map(Finder, sys.meta_path)
from hotpatch_cli.cli import main
main()
"""


def run(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    """A command, in a folder, without the variables of these tests."""
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "HOME") if key in os.environ}
    pip = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**kept, **pip, "LC_ALL": "C.UTF-8", "TZ": "UTC", **more},
        capture_output=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution of this source."""
    folder = tmp_path_factory.mktemp("built")
    done = run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return folder


def _wheel(folder: Path) -> dict[str, bytes]:
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


@pytest.mark.slow
def test_the_wheel_has_the_program_and_nothing_else(built: Path) -> None:
    """Each file of the package is in the wheel, with its data and license, and no other file."""
    files = set(_wheel(built))
    tracked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "hotpatch_cli").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packaged = {name for name in files if name.startswith("hotpatch_cli/")}
    assert packaged == tracked
    assert {"hotpatch_cli/py.typed", "hotpatch_cli/knowledge/data/matrix.yaml"} <= packaged
    rest = {name.partition("/")[2] for name in files - packaged}
    assert rest == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


@pytest.mark.slow
def test_the_source_distribution_builds_the_same_wheel(built: Path, tmp_path: Path) -> None:
    """Who builds from the source distribution gets the wheel of the repository, byte by byte, and
    the tests.
    """
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert (source / "tests" / "packaging" / Path(__file__).name).exists()
    assert (source / "SECURITY.md").exists()
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=source)
    assert done.returncode == 0, done.stderr
    rebuilt, first = _wheel(source / "dist"), _wheel(built)
    assert rebuilt.keys() == first.keys()
    assert [name for name in first if rebuilt[name] != first[name]] == []


def _pythons() -> dict[str, str]:
    """The interpreters of this machine by version: on the path, or of pyenv."""
    found = {OWN: sys.executable}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        others = sorted(map(str, pyenv.glob(f"{version}.*/bin/python")))
        # What pyenv puts on the path starts only the versions that are switched on.
        if python := next(iter(others), None) or shutil.which(f"python{version}"):
            found.setdefault(version, python)
    return found


PYTHONS = _pythons()


def _installed(built: Path, folder: Path, version: str) -> Path:
    """The program in a fresh environment of a Python, from the wheel, without extras."""
    python = PYTHONS.get(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on the path or in pyenv")
    made = run(python, "-m", "venv", folder / version, cwd=folder)
    if made.returncode:
        pytest.skip(f"{python} can't make an environment: {made.stderr[-200:]!r}")
    scripts = folder / version / ("Scripts" if os.name == "nt" else "bin")
    (wheel,) = built.glob("*.whl")
    done = run(scripts / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    if b"Could not find a version" in done.stderr or b"NewConnectionError" in done.stderr:
        pytest.skip("no index of packages can be reached")
    assert done.returncode == 0, done.stderr
    return scripts / "hotpatch"


@pytest.fixture(scope="module")
def product(built: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What the main job prints in this Python, installed from the wheel without extras."""
    folder = tmp_path_factory.mktemp("installed")
    program = _installed(built, folder, OWN)
    return _main_job(program, folder)


def _main_job(program: Path, folder: Path) -> list[bytes]:
    printed = []
    for arguments in MAIN_JOB:
        done = run(program, *arguments, cwd=folder)
        assert done.returncode in (0, 1, 3, 4), done.stderr
        assert b"Traceback" not in done.stderr
        printed.append(done.stdout)
    return printed


@pytest.mark.slow
@pytest.mark.parametrize("version", [name for name in VERSIONS if name != OWN])
def test_the_wheel_alone_does_the_main_job(
    built: Path, product: list[bytes], tmp_path: Path, version: str
) -> None:
    """Without extras, in a fresh environment, the main job prints the same bytes in each Python."""
    assert _main_job(_installed(built, tmp_path, version), tmp_path) == product


def _folder(folder: Path) -> None:
    import openpyxl

    (folder / "fleet.csv").write_text(CSV, encoding="utf-8")
    (folder / "fleet.parquet").write_bytes(b"PAR1" * 4)
    (folder / "build.pkr.hcl").write_text(HCL, encoding="utf-8")
    book = openpyxl.Workbook()
    for line in CSV.splitlines():
        book.active.append(line.split(","))
    book.save(folder / "fleet.xlsx")


def test_every_extra_has_a_job() -> None:
    """An extra that no test uses may be broken unseen."""
    assert EXTRAS.keys() == PROJECT["optional-dependencies"].keys() - {"test", "dev", "fuzz"}


@pytest.mark.slow
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_alone_is_enough(tmp_path: Path, extra: str) -> None:
    """With the packages of one extra, and of no other, its job is done."""
    _folder(tmp_path)
    job = EXTRAS[extra]
    done = run(
        sys.executable, "-c", ONLY, extra, *job.arguments, cwd=tmp_path, PYTHONPATH=str(ROOT)
    )
    said = done.stdout + done.stderr
    assert job.product.encode() in said.lower(), said
    assert b"pip install" not in said
    assert b"Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize(("extra", "arguments"), MISSING)
def test_a_missing_extra_is_one_line(
    tmp_path: Path, extra: str, arguments: tuple[str, ...]
) -> None:
    """Without the extra its job ends with code 2 and the command that installs it."""
    _folder(tmp_path)
    done = run(sys.executable, "-c", ONLY, "", *arguments, cwd=tmp_path, PYTHONPATH=str(ROOT))
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 2, done.stderr
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    # A plan and a calendar may have notes before it; the error is one line and the last.
    said = [line for line in lines if "pip install" in line]
    assert said == lines[-1:]
    assert f"requires an optional package. Run: pip install 'hotpatch-cli[{extra}]'" in said[0]
    assert said == lines or arguments[0] in ("plan", "calendar")


@pytest.mark.slow
def test_without_the_exact_engine_a_plan_is_found(tmp_path: Path) -> None:
    """The search plans alone, and claims no proof that it doesn't have."""
    plan = EXTRAS["exact"].arguments
    done = run(
        sys.executable, "-c", ONLY, "", *plan, "-f", "json", cwd=tmp_path, PYTHONPATH=str(ROOT)
    )
    assert done.returncode == 4, done.stderr  # one machine of the example has no window
    assert b"highs" not in done.stdout.lower()


def test_every_requirement_has_a_lowest_version() -> None:
    """What pip may install is bounded below, so that the lowest versions can be tried."""
    done = run(sys.executable, ROOT / "tools" / "lowest_versions.py", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    names = {line.split("==")[0] for line in done.stdout.decode().split()}
    assert {"typer", "rich", "pyyaml", "python-dateutil", "duckdb", "highspy"} <= names
