"""Speed of the main job, as ratios in one run: whole processes, in turn, medians of the pairs'
ratios.

python benchmarks/main_job/run.py [--machines 10000] [--rounds 5]
"""

import argparse
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fleet import fleet

HERE = Path(__file__).parent
HOTPATCH = [str(Path(sys.executable).with_name("hotpatch"))]
AS_OF = ["--as-of", "2025-12-15", "--quiet"]


def run(command: list[str], *, terminal: bool = False) -> tuple[float, float]:
    """(seconds, peak memory in MB) of a whole process; with `terminal`, its output goes to one."""
    started = time.perf_counter()
    if terminal:
        master, slave = pty.openpty()
        process = subprocess.Popen(command, stdout=slave, stderr=subprocess.DEVNULL)
        os.close(slave)
        try:
            while os.read(master, 65536):
                pass
        except OSError:
            pass  # the terminal closed
        os.close(master)
    else:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def versus(
    title: str, ours: list[str], theirs: list[str], rounds: int, *, terminal: bool = False
) -> None:
    """Print the ratios of two commands, run in turn after one warm-up."""
    run(ours, terminal=terminal), run(theirs)
    pairs = [(run(ours, terminal=terminal), run(theirs)) for _ in range(rounds)]
    times = [one[0] / other[0] for one, other in pairs]
    memory = [one[1] / other[1] for one, other in pairs]
    seconds = [statistics.median(pair[side][0] for pair in pairs) for side in (0, 1)]
    peaks = [statistics.median(pair[side][1] for pair in pairs) for side in (0, 1)]
    print(
        f"{title:<44} time {statistics.median(times):6.3f}"
        f" ({seconds[0]:.2f} s / {seconds[1]:.2f} s)"
        f"   memory {statistics.median(memory):5.2f} ({peaks[0]:.0f} MB / {peaks[1]:.0f} MB)"
    )


def reader(path: Path, rounds: int) -> None:
    """The YAML reader alone against PyYAML's fastest loader, in one process each."""
    ours = f"from hotpatch_cli.documents.files import read_document as f; f({str(path)!r})"
    theirs = f"import yaml; yaml.load(open({str(path)!r}), Loader=yaml.CSafeLoader)"
    times = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
    ratios = []
    for _ in range(rounds):
        found = [
            float(
                subprocess.run(
                    [sys.executable, "-c", times.format(code)], capture_output=True, check=True
                ).stdout
            )
            for code in (ours, theirs)
        ]
        ratios.append(found[1] / found[0])
    print(f"{'reader, times as fast as CSafeLoader':<44}      {statistics.median(ratios):6.2f}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--machines", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large.yaml"), Path(folder, "small.yaml")
        large.write_text(fleet(chosen.machines), encoding="utf-8")
        small.write_text(fleet(10), encoding="utf-8")
        script, empty = (
            [sys.executable, str(HERE / "script.py")],
            [sys.executable, str(HERE / "empty.py")],
        )
        check = [*HOTPATCH, "check", str(large), "--format", "json", *AS_OF]
        versus(
            f"check {chosen.machines} machines / script",
            check,
            [*script, str(large)],
            min(chosen.rounds, 3),
        )
        reader(large, chosen.rounds)
        many = chosen.rounds * 4
        check = [*HOTPATCH, "check", str(small), *AS_OF]
        versus(
            "check 10 machines, json / empty Typer",
            [*check, "--format", "json"],
            [*empty, "first"],
            many,
        )
        versus("check 10 machines, plain / empty Typer", check, [*empty, "first"], many)
        versus(
            "check 10 machines, table / empty Typer", check, [*empty, "first"], many, terminal=True
        )
        versus("--version / empty Typer", [*HOTPATCH, "--version"], [*empty, "first"], many)


main()
