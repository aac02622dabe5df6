"""Fuzz the readers: `python fuzz/run.py --seconds 60`, or `python fuzz/run.py yaml --seconds 600`.

Each target runs in a process of its own, one after another. Findings are stored as files, and the
exit code is 1 where there is one. See README.md.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fuzz import engines, program  # noqa: E402
from fuzz.targets import TARGETS  # noqa: E402
from fuzz.watch import Finding, Watch, store  # noqa: E402

FINDINGS = ROOT / "fuzz" / "findings"
_GRACE = 120
"""Seconds after which a process that doesn't end by itself is stopped, which is a finding."""


class Outcome(NamedTuple):
    """What a target came to."""

    runs: int
    seeds: int
    seconds: float
    slowest: float
    findings: list[Finding]


def main() -> int:
    """Fuzz, or replay one input; 1 where there is a finding."""
    asked = _parsed()
    if asked.replay is not None:
        return _replay(asked.targets[0], asked.replay)
    names = asked.targets or list(TARGETS)
    asked.engine = asked.engine or engines.best(asked.seconds / len(names))
    sys.stdout.write(f"engine {asked.engine}, seed {asked.seed}\n")
    sys.stdout.write(
        f"{'target':<18}{'runs':>10}{'seeds':>8}{'seconds':>10}{'slowest':>10}{'findings':>10}\n"
    )
    end, failed = time.time() + asked.seconds, False
    for at, name in enumerate(names):
        share = max(1.0, (end - time.time()) / (len(names) - at))
        outcome = _session(name, asked, share)
        row = f"{outcome.runs:>10,}{outcome.seeds:>8}{outcome.seconds:>10.1f}"
        row += f"{outcome.slowest:>10.2f}"
        sys.stdout.write(f"{name:<18}{row}{len(outcome.findings):>10}\n")
        for finding in outcome.findings:
            failed = True
            _tell(name, finding)
        sys.stdout.flush()
    return int(failed)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fuzz the readers of hotpatch.")
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; default: all"
    )
    parser.add_argument("--seconds", type=float, default=60, help="time for all targets together")
    parser.add_argument("--runs", type=int, default=0, help="at most so many runs of each target")
    parser.add_argument("--seed", type=int, default=1, help="of the random generator")
    parser.add_argument(
        "--engine", choices=engines.ENGINES, help="default: the best one for the time"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one target on this input")
    asked = parser.parse_args()
    for name in asked.targets:
        if name not in TARGETS:
            parser.error(f"unknown target {name!r}. Targets: {', '.join(TARGETS)}")
    if asked.replay is not None and len(asked.targets) != 1:
        parser.error("--replay requires one target")
    return asked


def _session(name: str, asked: argparse.Namespace, seconds: float) -> Outcome:
    """One target in its own process, whose end by a signal is a finding too."""
    began = time.time()
    with tempfile.TemporaryDirectory() as folder:
        result, last, log = (Path(folder) / each for each in ("result", "last", "log"))
        command = [sys.executable, "-m", "fuzz.session", name, "--engine", asked.engine]
        command += ["--until", str(began + seconds), "--runs", str(asked.runs)]
        command += ["--seed", str(asked.seed), "--result", str(result), "--last", str(last)]
        environment = os.environ | {"PYTHONHASHSEED": "0", "TMPDIR": folder}
        ended = ""
        with log.open("wb") as stream:
            try:
                code = subprocess.run(
                    command,
                    cwd=ROOT,
                    env=environment,
                    stdout=stream,
                    stderr=stream,
                    timeout=seconds + _GRACE,
                    check=False,
                ).returncode
                ended = f"the process ended with {code}"
            except subprocess.TimeoutExpired:
                ended = f"the process didn't end within {seconds + _GRACE:.0f} s"
        took = time.time() - began
        if result.is_file():
            found = json.loads(result.read_text(encoding="utf-8"))
            findings = [
                Finding(kind, what, base64.b64decode(data), times)
                for kind, what, data, times in found["findings"]
            ]
            return Outcome(found["runs"], found["seeds"], took, found["slowest"], findings)
        sys.stdout.write(log.read_text(encoding="utf-8", errors="replace")[-3000:])
        data = last.read_bytes() if last.is_file() else b""
        return Outcome(0, 0, took, 0.0, [Finding(ended, "see the lines above", data)])


def _tell(name: str, finding: Finding) -> None:
    path = store(finding, FINDINGS, name, TARGETS[name].suffix).relative_to(ROOT)
    sys.stdout.write(f"  {finding.kind}: {finding.what} ({finding.times} times)\n")
    sys.stdout.write(f"    python fuzz/run.py {name} --replay {path}\n")


def _replay(name: str, path: Path) -> int:
    """Run a target on one input and show what comes of it, with the traceback."""
    program.prepare()
    data = path.read_bytes()
    watch = Watch(TARGETS[name], None, time.time() + _GRACE, 1)
    finding = watch.run(data)
    program.remove_scratch()
    if finding is None:
        sys.stdout.write("No finding.\n")
        return 0
    sys.stdout.write(f"{finding.kind}: {finding.what}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
