"""What a report says to a build system: every finding with its place, its weight and a mark that
stays.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from hotpatch_cli.documents.files import STDIN
from hotpatch_cli.model import Location
from hotpatch_cli.report import Checked, Reason, Report, Suppressed

_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY")
"""Variables by which GitHub, GitLab, and Azure Pipelines tell the folder of a checkout."""


def silent_code(checked: Checked) -> str:
    """What stands for a rule where a machine fails on a track state that no finding speaks of:
    `track-unknown`.
    """
    return f"track-{checked.judgment.track.state}"


class CiFinding(NamedTuple):
    """A finding of a machine. `level` is error for all that makes the machine fail.

    `fingerprint` is of the machine (its resource id, otherwise its name) and the code: moved lines
    do not change it.
    """

    checked: Checked
    reason: Reason | None
    code: str
    name: str
    level: str
    message: str
    place: Location
    fingerprint: str

    @property
    def cover(self) -> Suppressed | None:
        """Why it does not count."""
        return self.reason.suppressed if self.reason else None

    @property
    def counts(self) -> bool:
        """Whether it makes its machine fail."""
        return self.reason is None or self.reason.counts

    @property
    def sentence(self) -> str:
        """The machine, the message, and what a waiver or the policy adds to it."""
        return " ".join(filter(None, (f"{self.checked.machine.label}: {self.message}", self.aside)))

    @property
    def aside(self) -> str:
        """What a waiver or the policy makes of it, as a sentence; empty where they are silent."""
        return aside(self.reason) if self.reason else ""


def ci_findings(report: Report) -> Iterator[CiFinding]:
    """All findings of all machines, in the order of the input."""
    times: Counter[tuple[str, str]] = Counter()
    for checked in report.machines:
        key = checked.machine.identity
        for reason in checked.reasons:
            code, level = reason.rule.code, "error" if reason.counts else reason.level
            print_ = _fingerprint(key, code, times)
            yield CiFinding(
                checked,
                reason,
                code,
                reason.rule.name,
                level,
                reason.message,
                reason.location,
                print_,
            )
        if checked.outcome == "fails" and not any(reason.counts for reason in checked.reasons):
            place = checked.machine.origin.locate("build")
            track, code = checked.judgment.track, silent_code(checked)
            message = f"The track state is {track.state}{f': {track.why}' if track.why else ''}."
            yield CiFinding(
                checked, None, code, code, "error", message, place, _fingerprint(key, code, times)
            )


def _fingerprint(key: str, code: str, times: Counter[tuple[str, str]]) -> str:
    """A mark of machine and code; the second finding of one code has another than the first."""
    times[key, code] += 1
    text = f"{key}\0{code}\0{times[key, code]}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def aside(reason: Reason) -> str:
    """What a waiver, the known findings or the policy make of a finding; empty where they are
    silent.
    """
    parts = []
    if reason.suppressed and reason.suppressed.kind == "waived":
        parts.append(
            f"Waived until {reason.suppressed.expires} by {reason.suppressed.owner}: "
            f"{reason.suppressed.reason}"
        )
    elif reason.suppressed:
        parts.append("Known before.")
    if reason.severity:
        parts.append(
            f"Level {reason.severity.level} instead of {reason.catalog_level}: "
            f"{reason.severity.reason}"
        )
    return " ".join(f"({part})" for part in parts)


def file_of(place: Location) -> str | None:
    """The file of a place as build systems want it: relative to the repository, with slashes.

    None where there is no file: standard input, or an argument of the command line.
    """
    if place.file == STDIN or place.line is None:
        return None
    root = _repository(str(Path.cwd()), *map(os.environ.get, _CHECKOUTS))
    path = os.path.abspath(place.file)  # noqa: PTH100  `..` goes up as text, as in a repository
    try:
        near = os.path.relpath(path, root)
    except ValueError:  # another drive of Windows
        return place.file.replace("\\", "/")
    outside = near.startswith("..")
    return os.path.normpath(place.file if outside else near).replace(os.sep, "/")


@cache
def _repository(folder: str, *checkouts: str | None) -> str:
    """The repository of a folder: the nearest folder upwards with `.git`, otherwise the checkout of
    a build system with the folder in it, otherwise the folder.
    """
    around = [folder, *map(str, Path(folder).parents)]
    for path in around:
        if os.path.lexists(Path(path, ".git")):
            return path
    return next((checkout for checkout in checkouts if checkout in around), folder) or folder


def stand_in(place: Location) -> str:
    """A name for what was read where there's no file: `stdin`, `azure`, or `command-line`."""
    word = re.match(r"[a-z]*", place.file.strip("<"))
    return (word and word[0]) or "command-line"


def uri_of(file: str) -> str:
    """A file as a URI reference, with %-encoding; an absolute one as file://."""
    text = quote(file.encode("utf-8", "surrogatepass"), safe="/-._~")
    if file.startswith("/"):
        return f"file://{text}"
    return f"file:///{quote(file, safe='/:-._~')}" if Path(file).is_absolute() else text
