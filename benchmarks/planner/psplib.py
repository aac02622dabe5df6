"""RCPSP on PSPLIB: `python psplib.py FOLDER [SET] [SECONDS]`.

FOLDER holds .sm files and reference.csv.
SECONDS are those of one core, whatever else the machine does, for each instance.

A project is a problem without weights: activities are tasks, renewable resources are limits, and
the plan that ends first is wanted. Deviations are from the reference makespan and from the critical
path.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from time import process_time

from hotpatch_cli.scheduler import ResourceLimit, SchedulingProblem, Task, solve, verify

LIMITS = {"j30": 2.0, "j60": 5.0, "j120": 10.0}
WITHOUT_END = 10**9


def read_project(text: str) -> SchedulingProblem:
    """A PSPLIB single-mode file as a problem, without the activities that mark begin and end."""
    lines = text.splitlines()
    successors = {row[0]: row[3:] for row in _section(lines, "PRECEDENCE RELATIONS:", 2)}
    requests = {row[0]: row[2:] for row in _section(lines, "REQUESTS/DURATIONS:", 3)}
    capacities = next(_section(lines, "RESOURCEAVAILABILITIES:", 2))
    real = {job: new for new, job in enumerate(job for job in requests if requests[job][0])}
    before: dict[int, list[int]] = {job: [] for job in real}
    for job, following in successors.items():
        for other in following:
            if job in real and other in real:
                before[other].append(real[job])
    windows = ((0, sum(request[0] for request in requests.values())),)
    tasks = tuple(
        Task(
            str(job),
            requests[job][0],
            windows,
            0,
            (),
            None,
            _units(requests[job][1:]),
            tuple(before[job]),
        )
        for job in real
    )
    return SchedulingProblem(
        tasks,
        resources=tuple(ResourceLimit(f"R{n + 1}", max(1, c)) for n, c in enumerate(capacities)),
    )


def _units(requests: list[int]) -> tuple[int, ...]:
    units: list[int] = []
    for resource, amount in enumerate(requests):
        units += [resource] * amount
    return tuple(units)


def _section(lines: list[str], title: str, skip: int) -> Iterator[list[int]]:
    first = lines.index(title) + skip
    for line in lines[first:]:
        if line.startswith(("*", "-")):
            if line.startswith("*"):
                return
            continue
        yield [int(word) for word in line.split()]


def critical_path(problem: SchedulingProblem) -> int:
    """The end of the project if resources were free."""
    ends: list[int] = []
    for task in problem.tasks:  # PSPLIB numbers activities so that predecessors come first
        ends.append(task.duration + max((ends[other] for other in task.after), default=0))
    return max(ends)


def main(folder: Path, which: str, seconds: float) -> None:
    """Solve all instances of a set and print how far they are from the references."""
    with (folder / "reference.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["set"] == which]
    gaps, above, times, hits = [], [], [], 0
    for row in rows:
        problem = read_project((folder / row["instance"]).read_text(encoding="utf-8"))
        begun = process_time()
        over = begun + seconds
        result = solve(
            problem,
            effort=20_000,
            goal="earliest-end",
            should_stop=lambda over=over: process_time() >= over,
        )
        times.append(process_time() - begun)
        assert not verify(problem, result.starts)
        best, path = int(row["best_makespan"]), critical_path(problem)
        hits += result.makespan <= best
        gaps.append(100 * (result.makespan / best - 1))
        above.append(100 * (result.makespan / path - 1))
    print(
        f"{which}: {len(rows)} instances, at most {max(times):.1f} s (mean {mean(times):.1f}); "
        f"at the reference: {100 * hits / len(rows):.1f} %; mean gap {mean(gaps):.2f} %; "
        f"above the critical path {mean(above):.2f} %"
    )


if __name__ == "__main__":
    name = sys.argv[2] if len(sys.argv) > 2 else "j30"
    main(Path(sys.argv[1]), name, float(sys.argv[3]) if len(sys.argv) > 3 else LIMITS[name])
