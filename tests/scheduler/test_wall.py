"""The scheduler is an inner library: a few names outward, and nothing of hotpatch inward."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from hotpatch_cli import scheduler

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "hotpatch_cli" / "scheduler"
ABLATION = ROOT / "benchmarks" / "planner" / "ablation.py"
"""It switches off parts of the scheduler, so it has to know them."""
OUTSIDE = [
    path
    for folder in ("hotpatch_cli", "benchmarks", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if not path.is_relative_to(PACKAGE) and path != ABLATION
]
INSIDE = f"{scheduler.__name__}."
SOLVE = """
import sys
from hotpatch_cli.scheduler import SchedulingProblem, Task, TaskGroup, explain, solve
tasks = tuple(Task(f"t{n}", 20, ((0, 50),), groups=(0,)) for n in range(12))
problem = SchedulingProblem(tasks, (TaskGroup("g", 1),))
assert explain(problem, solve(problem).starts)
print(*(name for name in sys.modules if name.startswith("hotpatch_cli")))
"""


def test_the_face_has_few_names() -> None:
    """The package offers at most thirteen names, and each of them is there and described."""
    assert len(scheduler.__all__) <= 13
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    for name in scheduler.__all__:
        assert getattr(scheduler, name).__doc__
        assert f"`{name}`" in readme


@pytest.mark.slow
def test_it_loads_nothing_else_of_hotpatch() -> None:
    """A process that plans and explains has loaded no module of hotpatch but the scheduler's."""
    done = subprocess.run(
        [sys.executable, "-c", SOLVE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    others = [name for name in done.stdout.split() if not name.startswith(scheduler.__name__)]
    assert others == ["hotpatch_cli"]


@pytest.mark.slow
def test_nobody_reaches_behind_the_face() -> None:
    """Outside the package, other benchmarks included, only names of the face are imported."""
    reached = []
    for path in OUTSIDE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name.name}" for name in node.names]
            elif isinstance(node, ast.Import):
                names = [name.name for name in node.names]
            reached += [(path.name, name) for name in names if name.startswith(INSIDE)]
    assert reached
    assert {name.removeprefix(INSIDE) for _, name in reached} <= set(scheduler.__all__), reached
