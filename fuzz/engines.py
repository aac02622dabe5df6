"""Two engines: atheris, guided by coverage, where it's installed; hypothesis elsewhere."""

import atexit
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from fuzz.mutations import of_kind
from fuzz.watch import Watch

MAX_INPUT = 32_768
_BATCH = 200
_WORTHWHILE = 20
"""Seconds from which on coverage finds more than a faster start."""
_BLIND = 0.3
"""The share of inputs that libFuzzer mutates by itself."""


def best(seconds: float) -> str:
    """The engine for a target that runs so long: counters of branches cost seconds at the start."""
    return "atheris" if seconds >= _WORTHWHILE and find_spec("atheris") else "hypothesis"


def with_hypothesis(watch: Watch, seeds: list[bytes], seed: int, done: Callable[[], None]) -> None:
    """Mutations of seeds; each batch has its own random seed."""
    import hypothesis
    from hypothesis import strategies

    mutated = of_kind(watch.target.kind, seeds)

    def batch(number: int) -> None:
        @hypothesis.seed(seed * 1_000_003 + number)
        @hypothesis.settings(
            max_examples=_BATCH,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(strategies.sampled_from(seeds), strategies.integers(0, 2**64 - 1))
        def attack(data: bytes, number: int) -> None:
            if not watch.is_over:
                watch.run(mutated(data, Random(number))[:MAX_INPUT])

        attack()

    number = 0
    while not watch.is_over:
        batch(number)
        number += 1
    done()


def with_atheris(watch: Watch, seeds: list[bytes], seed: int, done: Callable[[], None]) -> None:
    """Inputs that reach new code are kept and mutated further. It doesn't return: libFuzzer ends
    the process.
    """
    import atheris

    mutated = of_kind(watch.target.kind, seeds)
    corpus = tempfile.TemporaryDirectory(prefix="hotpatch-corpus-")
    atexit.register(corpus.cleanup)
    for at, data in enumerate(seeds):
        (Path(corpus.name) / f"{at:04}").write_bytes(data)

    def mutator(data: bytes, max_size: int, number: int) -> bytes:
        random = Random(number)
        if random.random() < _BLIND:
            changed: bytes = atheris.Mutate(data, max_size)
            return changed
        return mutated(data, random)[:max_size]

    def one(data: bytes) -> None:
        watch.run(data)
        if watch.is_over:
            corpus.cleanup()
            done()

    options = [f"-seed={seed or 1}", f"-max_len={MAX_INPUT}", "-rss_limit_mb=0", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, corpus.name], one, custom_mutator=mutator)
    atheris.Fuzz()


def instrumented() -> Any:
    """A context in which the program's modules are imported with counters of their branches."""
    import atheris

    return atheris.instrument_imports(include=["hotpatch_cli"], enable_loader_override=False)


ENGINES = {"atheris": with_atheris, "hypothesis": with_hypothesis}
