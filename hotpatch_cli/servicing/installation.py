"""The releases that a machine may have installed, by its build and its KBs.

Where several are possible, the state that all of them share is certain. A range of build numbers
never identifies a release, with one exception: a build below that of a baseline of the same Windows
lacks that baseline.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.model import Build, Facts, Finding, make_finding, meaning_of
from hotpatch_cli.servicing.history import History, age, before


class Installed(NamedTuple):
    """The candidates, one of which is installed; `lacks` is a baseline newer than an unlisted
    build.

    `waiting` is installed too, but takes effect only after the pending restart. `question` is the
    finding where the candidates give different states, `settled` the finding where they agree;
    `findings` are raised in both cases. `why` states what is unknown.
    """

    candidates: tuple[Release, ...] = ()
    lacks: Release | None = None
    waiting: Release | None = None
    name: str = ""
    question: Finding | None = None
    settled: Finding | None = None
    findings: tuple[Finding, ...] = ()
    why: str = ""

    @property
    def release(self) -> Release | None:
        """The only candidate; None where there are several or none."""
        return self.candidates[0] if len(self.candidates) == 1 else None

    @property
    def known(self) -> bool:
        """Whether the facts narrow it down at all."""
        return bool(self.candidates) or self.lacks is not None

    def lacks_release(self, other: Release) -> bool:
        """Whether every candidate is older than another release."""
        if self.lacks is not None:
            return not before(other, self.lacks)
        return bool(self.candidates) and all(age(row) < age(other) for row in self.candidates)


def identify(facts: Facts, history: History) -> Installed:
    """The candidates by build, narrowed by the listed KBs; without a build, by the KBs alone."""
    build = meaning_of(facts.build)
    if build is None or build.revision is None:
        return _by_kbs(facts, history)
    rows = tuple(row for row in history.out if row.build == build)
    if len(rows) > 1:
        rows = tuple(row for row in rows if row.kb in facts.kbs) or rows
    if not rows and not any(row.build == build for row in history.all):
        rows = _without_build(facts, build, history)
    if not rows:
        return _unlisted(facts, build, history)
    waiting = _waiting(facts, build, rows, history)
    findings = () if waiting else _contradictions(facts, build, rows, history)
    if len(rows) == 1:
        return Installed(rows, waiting=waiting, name=rows[0].name, findings=findings)
    return _several(facts, rows, f"build {build} belongs to", waiting)._replace(findings=findings)


def _without_build(facts: Facts, build: Build, history: History) -> tuple[Release, ...]:
    """A listed release without a known build, to which the machine's build may belong."""
    listed = _newest_listed(facts, history, with_build=False)
    return listed if len(listed) == 1 and _fits(build, listed[0], history) else ()


def _fits(build: Build, buildless: Release, history: History) -> bool:
    """Whether an unlisted build may belong to a release without a known build: it must be below all
    newer builds and above all older baselines. This only rules out; it never identifies a build.
    """
    others = [row for row in history.out if row.build and row.build.number == build.number]
    newer = [row.build for row in others if before(buildless, row)]
    older = [row.build for row in others if before(row, buildless) and row.is_baseline]
    return all(other and other > build for other in newer) and all(
        other and other < build for other in older
    )


def _by_kbs(facts: Facts, history: History) -> Installed:
    newest = _newest_listed(facts, history)
    if len(newest) == 1:
        return Installed(newest, name=newest[0].name)
    if newest:
        return _several(facts, newest, "the newest of the KBs is one of", None)
    if facts.build:
        why = f"build {facts.build} has no revision, and no KB identifies the update"
        question = make_finding(
            "HP307", "no_revision", seen={"build": facts.build}, build=facts.build
        )
        return Installed(question=question, why=why)
    if facts.kbs:
        question = make_finding(
            "HP313", "kbs", seen={"build": None, "kbs": facts.kbs}, kbs=", ".join(facts.kbs)
        )
        return Installed(
            question=question, why="the build is missing, and no KB identifies the update"
        )
    question = make_finding("HP313", seen={"build": None, "kbs": None})
    return Installed(question=question, why="both build and KBs are missing")


def _newest_listed(
    facts: Facts, history: History, *, with_build: bool = True
) -> tuple[Release, ...]:
    """The newest operating-system update among the KBs; `with_build` False takes only rows without
    a build.

    Several where no fact shows which one is the newest.
    """
    listed = [row for row in _listed(facts, history) if with_build or row.build is None]
    newest = max(map(age, listed), default=None)
    return tuple(row for row in listed if age(row) == newest)


def _listed(facts: Facts, history: History) -> list[Release]:
    """The operating-system updates among the KBs that are out."""
    return [row for row in history.out if row.kb in facts.kbs and row.component is None]


def _several(
    facts: Facts, rows: tuple[Release, ...], words: str, waiting: Release | None
) -> Installed:
    names = [row.name for row in rows]
    kbs = " and ".join(names)
    listed = all(row.kb in facts.kbs for row in rows)
    seen = {"build": facts.build, **({"kbs": facts.kbs} if facts.kbs else {})}
    return Installed(
        rows,
        waiting=waiting,
        name=" or ".join(names),
        question=make_finding(
            "HP304", "listed" if listed else "shared", seen=seen, build=facts.build, kbs=kbs
        ),
        settled=None if waiting else make_finding("HP304", "settled", seen=seen, kbs=kbs),
        why=f"{words} {kbs}",
    )


def _waiting(
    facts: Facts, build: Build, rows: Sequence[Release], history: History
) -> Release | None:
    """The newest listed update that the running build lacks, if a restart is pending."""
    if not facts.restart_pending:
        return None
    ahead = [
        row
        for row in _listed(facts, history)
        if row not in rows and _is_ahead(row, build, rows, history)
    ]
    return max(ahead, key=age, default=None)


def _is_ahead(row: Release, build: Build, rows: Sequence[Release], history: History) -> bool:
    """Whether an update is certainly newer than the running one: by build, otherwise by day."""
    if row.build is not None:
        return row.build > build
    if rows:
        return all(before(running, row) for running in rows)
    reached = history.baseline_above(build)
    return reached is not None and not before(row, reached)


def _contradictions(
    facts: Facts, build: Build, rows: Sequence[Release], history: History
) -> tuple[Finding, ...]:
    """HP304 for listed KBs with a newer build, and, if the build's own KB isn't listed, for KBs of
    the same day or later.
    """
    missing = bool(rows) and all(bool(row.kb) and row.kb not in facts.kbs for row in rows)
    own = " or ".join(row.name for row in rows)
    return tuple(
        make_finding(
            "HP304",
            "contradiction" if rows else "contradiction_unlisted",
            seen={"build": facts.build, "kbs": row.kb},
            build=facts.build,
            **({"build_kb": own} if rows else {}),
            kb=row.kb,
        )
        for row in _listed(facts, history)
        if (row.build is not None and row.build > build)
        or (not rows and _is_ahead(row, build, rows, history))
        or (
            missing
            and row.build is not None
            and not any(before(row, candidate) for candidate in rows)
        )
    )


def _unlisted(facts: Facts, build: Build, history: History) -> Installed:
    """A build without a release on the as-of day: below that of a baseline, it lacks the baseline;
    otherwise the track is unknown.
    """
    reached = history.baseline_above(build)
    waiting = _waiting(facts, build, (), history)
    contradictions = () if waiting else _contradictions(facts, build, (), history)
    variant, values = _where(build, history)
    values["build"] = build
    seen = {"build": facts.build}
    why = f"no known release has build {build}"
    if reached is None:
        question = make_finding("HP307", variant, seen=seen, **values)
        return Installed((), None, waiting, f"build {build}", question, None, contradictions, why)
    more = {"baseline": reached.name, "baseline_build": reached.build}
    settled = make_finding("HP307", f"{variant}_due", seen=seen, **values, **more)
    return Installed((), reached, waiting, f"build {build}", None, settled, contradictions, why)


def _where(build: Build, history: History) -> tuple[str, dict[str, object]]:
    """The variant of HP307 and its values: a later release, older than all, newer than all, or
    unlisted.
    """
    later = [row.date for row in history.all if row.build == build and row.date]
    if later:
        return "later", {"date": min(later), "as_of": history.as_of}
    builds = [row.build for row in history.out if row.build and row.build.number == build.number]
    if builds and build < min(builds):
        return "older", {"oldest": min(builds)}
    if builds and build > max(builds):
        return "newer", {"newest": max(builds)}
    return "unlisted", {}
