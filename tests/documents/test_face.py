"""The face of the library: few names, and the example of its README runs."""

import re
from pathlib import Path
from typing import Any

from hotpatch_cli import documents

README = Path(documents.__file__).with_name("README.md").read_text(encoding="utf-8")


def test_the_face_has_few_names() -> None:
    """At most ten names are what the library is entered by; all are there."""
    assert len(documents.__all__) <= 10
    assert all(hasattr(documents, name) for name in documents.__all__)


def test_the_example_of_the_readme_runs() -> None:
    """The code of the README reads what its comment says."""
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  our own README
    log = documents.Log(names["document"])
    root = names["document"].root
    assert names["server"].read(root, 0, log) == {"name": "web01", "cores": 4}
