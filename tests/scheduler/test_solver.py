"""What a plan promises: the rules by example, stability, limits of work and time, determinism."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_problems import crowded_fleet

from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
    part_solver,
    solve,
    verify,
)
from hotpatch_cli.scheduler.problem import InvalidProblem, Starts
from hotpatch_cli.scheduler.solver import DEFAULT_WORK

HOUR, DAY = 60, 24 * 60
NIGHT = ((0, 4 * HOUR),)


@dataclass(frozen=True)
class Case:
    """A problem and the only right starts for it."""

    fact: str
    problem: SchedulingProblem
    starts: Starts


def team(count: int, **changes: object) -> tuple[Task, ...]:
    """Members of the first group, 20 minutes each, in one night, the first the most urgent."""
    task = Task("", 20, NIGHT, 1, (0,))
    members = (task._replace(name=f"m{number}", weight=count - number) for number in range(count))
    return tuple(member._replace(**changes) for member in members)


CASES = [
    Case(
        "half open: one starts when another ends",
        SchedulingProblem(team(3), (TaskGroup("g", 1),)),
        (0, 20, 40),
    ),
    Case(
        "settle keeps a member occupied",
        SchedulingProblem(team(3), (TaskGroup("g", 1, 10),)),
        (0, 30, 60),
    ),
    Case("two at once", SchedulingProblem(team(4), (TaskGroup("g", 2),)), (0, 0, 20, 20)),
    Case(
        "settle may end after the window",
        SchedulingProblem(team(2, windows=((0, 50),)), (TaskGroup("g", 1, 10),)),
        (0, 30),
    ),
    Case(
        "a restart lies inside one opening",
        SchedulingProblem(team(2, windows=((0, 30), (30, 60))), (TaskGroup("g", 1),)),
        (0, 30),
    ),
    Case(
        "after waits for the end, not for the settle time",
        SchedulingProblem(
            (*team(1), Task("app", 5, NIGHT, 1, (1,))),
            (TaskGroup("sql", 1, 30), TaskGroup("app", 1, 0, (0,))),
        ),
        (0, 20),
    ),
    Case(
        "an unplaced predecessor leaves its dependents unplaced",
        SchedulingProblem(
            (Task("sql", 20, (), 1, (0,)), Task("app", 5, NIGHT, 1, (1,))),
            (TaskGroup("sql", 1), TaskGroup("app", 1, 0, (0,))),
        ),
        (None, None),
    ),
    Case(
        "an unplaced member of a ring holds the next ring back",
        SchedulingProblem(
            (Task("canary", 20, (), 1, (), 0), Task("broad", 5, NIGHT, 1, (), 1)),
            rings=(TaskRing("c"), TaskRing("b")),
        ),
        (None, None),
    ),
    Case(
        "soak is that of the ring before",
        SchedulingProblem(
            (
                Task("canary", 20, NIGHT, 1, (), 0),
                Task("broad", 5, NIGHT, 1, (), 1),
                Task("free", 5, NIGHT),
            ),
            rings=(TaskRing("c", 60), TaskRing("b", 999)),
        ),
        (0, 80, 0),
    ),
    Case(
        "a ring without tasks is passed over",
        SchedulingProblem(
            (Task("canary", 20, NIGHT, 1, (), 0), Task("broad", 5, NIGHT, 1, (), 2)),
            rings=(TaskRing("c", 60), TaskRing("empty", 999), TaskRing("b")),
        ),
        (0, 80),
    ),
    Case(
        "groups that wait for each other stay unplaced",
        SchedulingProblem(
            (Task("a", 5, NIGHT, 1, (0,)), Task("b", 5, NIGHT, 1, (1,))),
            (TaskGroup("a", 1, 0, (1,)), TaskGroup("b", 1, 0, (0,))),
        ),
        (None, None),
    ),
    Case(
        "a resource counts restarts in progress only",
        SchedulingProblem(team(2, groups=(), resources=(0,)), resources=(ResourceLimit("all", 1),)),
        (0, 20),
    ),
    Case(
        "nothing ends after the deadline, and the lightest is left out",
        SchedulingProblem(team(3), (TaskGroup("g", 1),), deadline=40),
        (0, 20, None),
    ),
    Case(
        "a pinned task keeps its time and others go around it",
        SchedulingProblem(
            (*team(1, pinned=10), *(task._replace(name="x") for task in team(1))),
            (TaskGroup("g", 1),),
        ),
        (10, 30),
    ),
    Case(
        "the heavier goes first",
        SchedulingProblem(
            (Task("a", 20, NIGHT, 1, (0,)), Task("b", 20, NIGHT, 3, (0,))), (TaskGroup("g", 1),)
        ),
        (20, 0),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fact)
def test_rules_by_example(case: Case) -> None:
    """Each rule, on the smallest problem that shows it, has the one right plan."""
    result = solve(case.problem)
    assert result.starts == case.starts
    assert result.status == ("infeasible" if None in case.starts else "optimal")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": (TaskGroup("g", 0),)}, "g: with capacity 0"),
        ({"groups": (TaskGroup("g", 1, -1),)}, "g: settle -1 is negative"),
        ({"groups": (TaskGroup("g", 1, 0, (4,)),)}, "g: after has the number 4"),
        ({"rings": (TaskRing("r", -5),)}, "r: soak -5 is negative"),
        ({"groups": (TaskGroup("g", 1), TaskGroup("g", 2))}, "g: the name is used twice"),
        ({"per_hour": 0}, "per_hour"),
        ({"tasks": (Task("t", 0, NIGHT),)}, "t: the duration 0"),
        ({"tasks": (Task("t", 5, NIGHT, float("nan")),)}, "t: the weight nan"),
        ({"tasks": (Task("t", 5, ((5, 3),)),)}, "t: windows must be sorted"),
        ({"tasks": (Task("t", 5, ((8, 20), (0, 9))),)}, "t: windows must be sorted"),
        ({"tasks": (Task("t", 5, ((0, 20), (8, 12))),)}, "t: windows must be sorted"),
        ({"tasks": (Task("t", 5, NIGHT, 1, (0, 0)),)}, "t: a group is listed twice"),
        ({"tasks": (Task("t", 5, NIGHT, 1, (), 3),)}, "t: ring has the number 3"),
        ({"tasks": (Task("t", 5, ((0, 10**15),)),)}, "more than"),
    ],
)
def test_contradictory_problems_are_refused(change: dict[str, object], message: str) -> None:
    """A number that makes no sense is refused with the name of what bears it."""
    with pytest.raises(InvalidProblem, match=message):
        solve(SchedulingProblem(team(1), (TaskGroup("g", 1),))._replace(**change))


@pytest.mark.slow
def test_a_crowded_fleet_is_placed_and_bounded() -> None:
    """A crowded fleet that has a hidden plan is placed whole, keeps all rules, and is near its
    bound.
    """
    problem = crowded_fleet(40, seed=3)
    result = solve(problem, effort=0.12)
    assert None not in result.starts
    assert verify(problem, result.starts) == []
    assert 0 <= result.bound <= result.exposure
    assert result.gap < 0.05


def test_keeping_an_unchanged_plan_moves_nothing() -> None:
    """Planned again with the old plan to keep, nothing moves, even if the plan is not the best."""
    problem = crowded_fleet(40, seed=1)
    late = tuple(start for start in solve(problem, effort=0.0).starts)
    result = solve(problem, keep=late, effort=0.04)
    assert (result.starts, result.moved) == (late, ())


def test_keeping_a_plan_moves_only_who_must() -> None:
    """If one machine's window is gone, only that machine moves although others could do better."""
    later = (*NIGHT, (7 * DAY, 7 * DAY + 4 * HOUR))
    problem = SchedulingProblem(
        tuple(task._replace(windows=later) for task in team(3)), (TaskGroup("g", 1),)
    )
    changed = problem._replace(
        tasks=(problem.tasks[0]._replace(windows=later[1:]), *problem.tasks[1:])
    )
    result = solve(changed, keep=(0, 20, 40))
    assert result.moved == (0,)
    assert result.starts == (7 * DAY, 20, 40)


def test_a_new_pinned_task_pushes_out_only_what_is_in_its_way() -> None:
    """A task that can run at one time only takes that time, and one kept restart gives way."""
    problem = SchedulingProblem(
        (*team(3), Task("new", 20, ((20, 40),), 1, (0,))), (TaskGroup("g", 1),)
    )
    result = solve(problem, keep=(0, 20, 40, None), effort=0.06)
    assert None not in result.starts
    assert result.starts[3] == 20
    assert len(result.moved) == 1


def test_no_kept_plan_leaves_out_what_a_scheduled_task_waits_for() -> None:
    """If not all tasks fit, one that another waits for is not given up for a cheaper one."""
    long, short = ((0, 12),), ((0, 4), (4, 8))
    tasks = (
        Task("before", 3, short, 1, (0,)),
        Task("after", 2, ((3, 12),), 1, after=(0,)),
        Task("free", 1, ((2, 7),), 1, (0,)),
        Task("heavy", 3, long, 5, (0,)),
        Task("light", 1, short, 0, (0,)),
    )
    problem = SchedulingProblem(tasks, (TaskGroup("g", 1, 2),), per_hour=1)
    result = solve(problem, keep=(None, 3, None, None, 5), effort=0.06)
    assert verify(problem, result.starts) == []


def test_the_user_may_stop_at_once() -> None:
    """Stopped before it improves anything, the plan is whole and sound, and says that it was cut
    short.
    """
    problem = crowded_fleet(60, seed=3)
    result = solve(problem, should_stop=lambda: True)
    assert result.cut_short
    assert verify(problem, result.starts) == []
    assert result.starts.count(None) < 10


def test_the_clock_cuts_the_search_and_says_so() -> None:
    """With no time left the plan is whole and says that it was cut short."""
    result = solve(crowded_fleet(60, seed=3), time_limit=0.0)
    assert result.cut_short


def test_progress_reports_work_and_gap() -> None:
    """The gap is from 0 to 1, so that the bound never exceeds the exposure, and work grows."""
    shares: list[float] = []
    gaps: list[float] = []

    def report(done: float, gap: float) -> None:
        shares.append(done)
        gaps.append(gap)

    solve(crowded_fleet(60, seed=3), effort=0.08, progress=report)
    assert shares
    assert all(0 <= gap <= 1 for gap in gaps)
    assert all(0 <= done <= 1 for done in shares)
    assert shares == sorted(shares)


def test_more_work_is_not_worse() -> None:
    """A search with more work ends with no more exposure."""
    problem = crowded_fleet(60, seed=5)
    assert solve(problem, effort=0.04).exposure <= solve(problem, effort=0.0).exposure


def test_without_weights_the_earliest_end_is_sought() -> None:
    """If no task has a weight, the plan ends as early as it can: two machines share nine hours of
    work evenly.
    """
    lengths = (3, 3, 2, 2, 2, 4, 2)
    window = ((0, 30),)
    tasks = tuple(Task(f"t{n}", d, window, 0, (), None, (0,)) for n, d in enumerate(lengths))
    assert (
        solve(
            SchedulingProblem(tasks, resources=(ResourceLimit("two", 2),)), goal="earliest-end"
        ).makespan
        == 9
    )


@pytest.mark.slow
def test_the_hash_seed_changes_nothing() -> None:
    """Two processes with different hash seeds print the same plan."""
    program = "from small_problems import crowded_fleet; from hotpatch_cli.scheduler import solve; "
    program += "print(solve(crowded_fleet(40, seed=2), effort=0.03))"
    printed = {_run(program, seed) for seed in ("1", "77")}
    assert len(printed) == 1


@pytest.mark.slow
def test_the_solver_behind_it_prints_nothing() -> None:
    """HiGHS, which likes to introduce itself, leaves standard output to the product."""
    pytest.importorskip("highspy")
    program = "from small_problems import crowded_fleet; from hotpatch_cli.scheduler import solve; "
    program += "print(solve(crowded_fleet(24, seed=3), effort=0.8).engine)"
    assert _run(program, "0") == "exact\n"


def _run(program: str, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_restart_that_must_move_finds_room_beside_those_that_stay() -> None:
    """A machine whose window opens later moves behind the others, rather than push each of them
    back a little.
    """
    problem = SchedulingProblem(
        (team(1)[0]._replace(windows=((10, 240),)), *team(3)[1:]), (TaskGroup("g", 1, 30),)
    )
    result = solve(problem, keep=(0, 50, 100))
    assert (result.starts, result.moved) == ((150, 50, 100), (0,))


LONG_NIGHTS = SchedulingProblem(
    tuple(
        Task(
            f"m{number}",
            minutes,
            tuple((day * 1440, day * 1440 + 600) for day in (0, 3, 4, 7, 10, 11)),
            weight=0 if number == 2 else 1,
            groups=groups,
            resources=(0,),
        )
        for number, (minutes, groups) in enumerate(
            (
                *((60, (1,)), (5, (1,)), (15, ()), (90, (1,)), (1, ())),
                *((15, (1,)), (35, (2,)), (10, (1, 0)), (10, (0, 1))),
            )
        )
    ),
    (TaskGroup("one", 1, 5), TaskGroup("two", 2, 30), TaskGroup("third", 1)),
    resources=(ResourceLimit("at once", 3),),
)


def test_a_small_plan_is_kept_without_a_long_search() -> None:
    """A plan that is kept whole is settled at once, though another order of restarts would cost
    less.
    """
    tasks = tuple(
        task._replace(weight=weight) for task, weight in zip(team(3), (1, 2, 3), strict=True)
    )
    problem = SchedulingProblem(tasks, (TaskGroup("g", 1),))
    result = solve(problem, keep=(0, 20, 40))
    assert result.starts == (0, 20, 40)
    assert (result.status, result.work < DEFAULT_WORK // 50) == ("feasible", True)
    assert result.bound == solve(problem).exposure


def test_the_best_plan_kept_whole_is_proven_best() -> None:
    """Bounds of plans that keep nothing hold near an older plan too."""
    best = solve(LONG_NIGHTS)
    kept = solve(LONG_NIGHTS, keep=best.starts)
    assert (best.status, kept.status, kept.moved) == ("optimal", "optimal", ())
    assert (kept.starts, kept.bound) == (best.starts, best.exposure)


def test_a_small_fleet_on_a_fine_grid_takes_little_work() -> None:
    """One restart of a minute makes the grid fine; the work that this takes counts."""
    assert solve(LONG_NIGHTS).work < DEFAULT_WORK // 2


def test_impossible_starts_to_keep_do_not_stretch_the_plan() -> None:
    """A start decades away, or one in between the steps of time, is let go and changes nothing
    else.
    """
    problem = SchedulingProblem(team(2), (TaskGroup("g", 1),))
    assert solve(problem, keep=(-(2**25), 2**25 + 1)).starts == solve(problem).starts


def test_what_the_exact_engine_says_is_checked() -> None:
    """HiGHS 1.16 hands back the plan it starts from with the cost of a better one: no proof of it
    is taken.
    """
    tasks = (
        Task("later", 1, ((2, 7),), 2, (1,), 2, (0,)),
        Task("first", 2, ((0, 4),), 1, (), 1, (0,)),
        Task("last", 3, ((0, 4), (4, 8)), 1, (0, 1), 2, (0,), (1,)),
    )
    problem = SchedulingProblem(
        tasks,
        (TaskGroup("g0", 2), TaskGroup("g1", 2, 2)),
        (TaskRing("r0", 1), TaskRing("r1", 2), TaskRing("r2")),
        (ResourceLimit("one", 1),),
        12,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_solver, "SMALL", 0)
        result = solve(problem, keep=(None, 1, 9))
    assert None not in result.starts


def test_no_plan_is_left_with_a_task_whose_predecessor_is_out() -> None:
    """Where not all fit, a move that pushes out a predecessor takes its dependents along."""
    hours = ((0, 60), (10_080, 10_140))
    lengths = (10, 10, 10, 20, 30)
    databases = tuple(
        Task(f"db{n}", length, hours, 5 if n == 4 else 1, (0,), None, (0,))
        for n, length in enumerate(lengths)
    )
    others = (
        Task("app", 30, hours, 1, (1,), None, (0,)),
        *(Task(f"web{n}", 10, hours, 1, (2,), None, (0,)) for n in range(2)),
    )
    groups = (TaskGroup("db", 1), TaskGroup("app", 1, 0, (0,)), TaskGroup("web", 1))
    problem = SchedulingProblem((*databases, *others), groups, (), (ResourceLimit("all", 1),))
    result = solve(problem)
    assert (result.status, result.starts.count(None)) == ("infeasible", 1)
    assert verify(problem, result.starts) == []


def test_the_heavy_restart_and_the_light_wait() -> None:
    """Where three of six fit, they are the three that weigh ten."""
    tasks = tuple(Task(f"m{n}", 20, ((0, 60),), 10 if n % 2 else 1, (0,)) for n in range(6))
    result = solve(SchedulingProblem(tasks, (TaskGroup("g", 1),)))
    assert [start is not None for start in result.starts] == [False, True] * 3
    assert (result.status, result.most_placed, result.gap) == ("infeasible", True, 0)


@pytest.mark.parametrize("origin", [-300, 5_000])
def test_a_bound_counts_from_the_release(origin: int) -> None:
    """Wherever the first window lies, the bound of a plan without all is at most its exposure."""
    window = ((origin, origin + 45),)
    tasks = tuple(Task(f"m{n}", 20, window, 1, (0,)) for n in range(3))
    result = solve(SchedulingProblem(tasks, (TaskGroup("g", 1),)), effort=0)
    assert result.bound <= result.exposure
    assert origin < 0 or result.bound > 0
