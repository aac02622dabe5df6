"""The lowest versions that pyproject.toml allows, as requirements of pip.

    python tools/lowest_versions.py > lowest.txt
    python -m venv lowest
    lowest/bin/pip install -e '.[test]'
    lowest/bin/pip install -r lowest.txt
    lowest/bin/python -m pytest -m 'not slow'

Only what hotpatch imports itself is named: the program's requirements and those of its extras. What
these need in turn, and the tools of the tests, are the newest that fit.
"""

import re
import sys
import tomllib
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_TOOLS = {"test", "dev", "fuzz"}
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+(?:\[[^\]]*\])?)>=([0-9.]+)$")


def lowest_versions(project: str) -> list[str]:
    """A line for each direct requirement, `name==version`. Raises ValueError where one has no
    lower bound.
    """
    table = tomllib.loads(project)["project"]
    requirements = list(table["dependencies"])
    for extra, more in table["optional-dependencies"].items():
        requirements += more if extra not in _TOOLS else []
    lines = []
    for requirement in requirements:
        match = _REQUIREMENT.fullmatch(requirement.partition(";")[0].strip())
        if match is None:
            message = f"{requirement} has no lower bound."
            raise ValueError(message)
        lines.append(f"{match[1]}=={match[2]}")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(lowest_versions(_PROJECT.read_text("utf-8"))) + "\n")
