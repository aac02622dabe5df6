"""The fuzzer itself: it would notice a fault, and it accepts what the program promises."""

import time
from contextlib import suppress
from random import Random

import pytest

from fuzz import watch
from fuzz.mutations import of_kind
from fuzz.program import BugError, Done, UnsafeOutputError, require_good
from fuzz.targets import TARGETS, Target
from fuzz.watch import Watch

FOREVER = time.time() + 1e6


def watched(run: object) -> Watch:
    """A watch over a function in place of a reader."""
    return Watch(Target(run, list, "text", ".txt"), None, FOREVER, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_seeds(name: str) -> None:
    """A target begins with inputs that its reader knows."""
    assert TARGETS[name].usable_seeds()


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_of_the_generator_gives_the_same_inputs(name: str) -> None:
    """The same random seed mutates the same input alike."""
    found = TARGETS[name].usable_seeds()[:20]
    mutated = of_kind(TARGETS[name].kind, found)
    for number, data in enumerate(found):
        once, again = Random(number), Random(number)  # noqa: S311  the same inputs again
        assert mutated(data, once) == mutated(data, again)


@pytest.mark.parametrize("error", [RecursionError, MemoryError, ValueError, SystemExit])
def test_whatever_a_reader_lets_through_is_a_finding(error: type[BaseException]) -> None:
    """No exception of a reader is overlooked."""

    def run(_data: bytes) -> None:
        raise error("x")

    assert watched(run).run(b"a") is not None


def test_one_place_is_one_finding_with_the_shortest_input() -> None:
    """A fault that many inputs cause is told once."""

    def run(_data: bytes) -> None:
        raise ValueError("x")

    watching = watched(run)
    for data in (b"long", b"a", b"longer"):
        watching.run(data)
    assert [(each.data, each.times) for each in watching.findings.values()] == [(b"a", 3)]


@pytest.mark.skipif(not hasattr(watch.signal, "SIGPROF"), reason="this system has no such timer")
def test_a_run_without_end_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run beyond its processor time is stopped, even where every error is caught."""
    monkeypatch.setattr(watch, "MAX_CPU_SECONDS", 0.05)

    def run(_data: bytes) -> None:
        while True:
            with suppress(Exception):
                sum(range(1000))

    found = watched(run).run(b"a")
    assert found is not None
    assert found.kind.startswith("too long")


@pytest.mark.parametrize("code", range(5))
def test_documented_exit_codes_are_accepted(code: int) -> None:
    """Verdicts, and problems with a message, are no findings."""
    require_good(Done(code, "{}", "fleet.yaml: A message."))


@pytest.mark.parametrize(
    ("done", "error"),
    [
        (Done(70, "", "Traceback"), BugError),
        (Done(0, '{"a": "\x1b[31m"}', ""), UnsafeOutputError),
        (Done(0, '{"a": "\x9b"}', ""), UnsafeOutputError),
        (Done(2, "", "\x07"), UnsafeOutputError),
        (Done(2, "", ""), UnsafeOutputError),
        (Done(0, "{", ""), UnsafeOutputError),
    ],
)
def test_what_no_input_may_cause_is_refused(done: Done, error: type[Exception]) -> None:
    """A bug, a control character, silence and broken JSON are findings."""
    with pytest.raises(error):
        require_good(done)


def test_no_target_passes_without_a_run() -> None:
    """A target whose time was over before it began has some runs, and no more than asked for."""
    target = Target(lambda _data: None, list, "text", ".txt")
    for runs, expected in ((0, watch.LEAST_RUNS), (3, 3)):
        watching = Watch(target, None, 0, runs)
        while not watching.is_over:
            watching.run(b"a")
        assert watching.count == expected
