"""One target in a process of its own: `python -m fuzz.session`, which run.py starts."""

import argparse
import base64
import json
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz import engines

if TYPE_CHECKING:
    from fuzz.targets import Target

_WARMING = 1


def main() -> None:
    """Fuzz one target and write the result as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--engine", choices=engines.ENGINES, required=True)
    parser.add_argument("--until", type=float, required=True)
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--last", type=Path, required=True)
    asked = parser.parse_args()
    with ExitStack() as stack:
        if asked.engine == "atheris":
            stack.enter_context(engines.instrumented())
        _fuzz(asked)


def _fuzz(asked: argparse.Namespace) -> None:
    """The modules of the program are imported here, with counters where the engine wants them."""
    from fuzz import program
    from fuzz.targets import TARGETS
    from fuzz.watch import Watch, limit_memory

    program.prepare()
    target = TARGETS[asked.target]
    found = target.usable_seeds()
    limit_memory()
    _warm_up(target, found)
    watch = Watch(target, asked.last, asked.until, asked.runs)

    def done() -> None:
        """Write the result and end at once: libFuzzer would go on, and threads may still run."""
        result = {
            "runs": watch.count,
            "seeds": len(found),
            "slowest": watch.slowest,
            "findings": [
                [each.kind, each.what, base64.b64encode(each.data).decode(), each.times]
                for each in watch.findings.values()
            ],
        }
        program.remove_scratch()
        asked.result.write_text(json.dumps(result), encoding="utf-8")
        sys.stderr.flush()
        os._exit(0)

    engines.ENGINES[asked.engine](watch, found, asked.seed, done)


def _warm_up(target: "Target", found: list[bytes]) -> None:
    """Let the modules of a run be imported before runs have a bound on time."""
    for data in found[:_WARMING]:
        with suppress(Exception):
            target.run(data)


if __name__ == "__main__":
    main()
