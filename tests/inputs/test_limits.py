"""Input that would eat time or memory is refused: in 5 s of a processor and 500 MB at most, with
nothing written.
"""

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS, MEGABYTES = 5, 500
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [{','.join(['*' + chr(97 + step)] * 10)}]\n"
    for step in range(9)
)
CASES = {
    "alias-bomb.yaml": lambda: f"{BOMB}machines: *j\n",
    "brackets.yaml": lambda: "[" * 10_000,
    "brackets.json": lambda: "[" * 10_000,
    "objects.json": lambda: '{"a":' * 10_000,
    "scalar.yaml": lambda: f"machines: [{{platform: arc, name: {'x' * 60_000_000}}}]",
    "large-scalar.yaml": lambda: f"machines: [{{platform: arc, name: {'x' * 100_000_000}}}]",
    "large-scalar.json": lambda: (
        f'{{"machines": [{{"platform": "arc", "name": "{"x" * 100_000_000}"}}]}}'
    ),
    "numbers.json": lambda: "[" + ",".join(map(str, range(300_000))) + "]",
    "keys.yaml": lambda: "machines: []\n" + "x-a: 1\n" * 50_000,
}


# A process counts the memory of the one that forked it, and this one is large: so a small one
# stands between.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="peak memory in kilobytes is what Linux measures"
)
@pytest.mark.parametrize("name", CASES)
def test_large_input_is_refused_soon_and_small(name: str, tmp_path: Path) -> None:
    """The input gives exit code 2 within the limits of time and memory, and no output file."""
    source, output = tmp_path / name, tmp_path / "report.json"
    source.write_text(CASES[name](), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "hotpatch_cli",
        "check",
        str(source),
        "-f",
        "json",
        "-o",
        str(output),
    ]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True
    )
    code, seconds, megabytes = map(float, done.stdout.split())
    assert code == 2
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    assert not output.exists()
