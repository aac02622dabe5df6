"""Speed and memory of large tables: whole processes, in turn, medians of the pairs' ratios.

python benchmarks/bulk/run.py [--machines 1000000] [--rounds 5] [--results]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import write

HERE = Path(__file__).parent
HOTPATCH = str(Path(sys.executable).with_name("hotpatch"))


def run(command: list[str]) -> tuple[float, float]:
    """(seconds, peak memory in MB) of a whole process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--machines", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument(
        "--results", action="store_true", help="write the rows of the machines too"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = str(Path(folder, "table.parquet"))
        write(chosen.machines, table)
        check = [HOTPATCH, "check", table, "--as-of", "2025-12-15", "--quiet"]
        count = [sys.executable, str(HERE / "count.py"), table]
        run(check), run(count)
        pairs = [(run(check), run(count)) for _ in range(chosen.rounds)]
        ratio = statistics.median(one[0] / other[0] for one, other in pairs)
        ours, theirs = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
        peak = max(one[1] for one, _ in pairs)
        figures = f"{ratio:.2f} times DuckDB ({ours:.2f} s / {theirs:.2f} s), peak {peak:.0f} MB"
        print(f"summary of {chosen.machines}: {figures}")
        for form in ("parquet", "csv", "jsonl") if chosen.results else ():
            seconds, peak = run(
                [*check, "--format", form, "--output", str(Path(folder, f"results.{form}"))]
            )
            print(f"results of {chosen.machines} as {form}: {seconds:.2f} s, peak {peak:.0f} MB")


main()
