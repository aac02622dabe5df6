"""Plans of seeded fleets against a CP-SAT model of the contract's rules.

REFEREE_FLEETS=1000 judges more fleets than the 300 of a usual run, and REFEREE_EFFORT=1 plans them
with the effort of users: what is true of plans with less is true of theirs.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from cp_referee import Referee
from fleet_generator import case
from fleet_reading import Case, read
from judgment import Judgment, judge
from plan_checker import broken_rules, exposure_of

FLEETS = int(os.environ.get("REFEREE_FLEETS", "300"))
EFFORT = os.environ.get("REFEREE_EFFORT", "0.25")
CHUNK = 25


def arguments(hotpatch: Any, asked: Case) -> list[str]:
    """The command that plans a case, after writing its fleet."""
    name = hotpatch.write("fleet.json", json.dumps(asked.fleet))
    days = ["--as-of", asked.as_of, "--baseline", asked.release_day[:7]]
    limits = ["--deadline", f"{asked.deadline_hours}h", "--effort", EFFORT]
    return ["plan", name, *days, *limits, "-f", "json", "-q"]


def judged(hotpatch: Any, asked: Case) -> Judgment:
    """The plan of a case, judged."""
    done = hotpatch(*arguments(hotpatch, asked))
    return judge(asked, done.json, done.code)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, FLEETS, CHUNK))
def test_the_referee_finds_nothing_wrong_and_nothing_better(hotpatch: Any, first: int) -> None:
    """No plan breaks a rule or claims what the referee disproves. Where not all fit, at least 98 %
    of the plans place as much as the referee, and nearly every status is proven.
    """
    seeds = range(first, min(first + CHUNK, FLEETS))
    judgments = {seed: judged(hotpatch, case(seed)) for seed in seeds}
    assert {seed: found.wrong for seed, found in judgments.items() if found.wrong} == {}
    fewer = [seed for seed, found in judgments.items() if found.fewer]
    assert len(fewer) <= len(seeds) // 50, fewer
    states = Counter(found.status for found in judgments.values())
    assert states["incomplete"] <= len(seeds) // 50, states


def test_half_of_the_fleets_are_crowded() -> None:
    """Of the seeded fleets, a third or more can't be placed whole, and a third or more can."""
    whole = 0
    for seed in range(60):
        rules = read(case(seed))
        whole += Referee(rules).most().count == len(rules.restarts)
    assert 20 <= whole <= 40


@pytest.mark.parametrize("seed", range(24))
def test_the_referee_keeps_the_rules_of_the_checker(seed: int) -> None:
    """The model and the checker, written separately, agree on what a plan must keep and what it
    costs.
    """
    rules = read(case(seed))
    referee = Referee(rules)
    most = referee.most()
    least = referee.least(most.weight, most.count)
    assert least is not None
    spans = {
        number: (start, start + rules.restarts[number].minutes)
        for number, start in least.starts.items()
    }
    assert list(broken_rules(rules, spans)) == []
    assert exposure_of(rules, spans) == least.exposure


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 8])
def test_a_plan_of_another_process_is_the_same(hotpatch: Any, seed: int) -> None:
    """The command in a process of its own, with another hash seed, writes the same bytes."""
    words = arguments(hotpatch, case(seed))
    command = [sys.executable, "-m", "hotpatch_cli", *words]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        command, cwd=hotpatch.folder, env=environment, capture_output=True, check=False
    )
    assert (other.returncode, other.stdout.decode()) == hotpatch(*words)[:2]
