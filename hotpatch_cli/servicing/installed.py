"""Which release a machine has installed: from its build, and from its KBs where the build cannot tell."""

from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.rows import Release
from hotpatch_cli.model import Build, Facts, Finding, found, parse_build
from hotpatch_cli.servicing.history import History


class Installed(NamedTuple):
    """The installed release; None, with the reason why, where the facts do not tell."""

    release: Release | None
    findings: tuple[Finding, ...] = ()
    why: str = ""


def identify(facts: Facts, history: History) -> Installed:
    """The installed release. A build is never placed by a range of numbers, only by a row that has it."""
    build = parse_build(facts.build) if facts.build else None
    if build is None or build.revision is None:
        return _by_kbs(facts, history)
    rows = [row for row in history.all if row.build == build]
    out = [row for row in rows if row in history.out]
    if len(out) == 1:
        return Installed(out[0], _contradictions(facts, out[0], history))
    if out:
        return _shared(facts, out)
    buildless = None if rows else _newest_listed(facts, history, with_build=False)
    if buildless is not None and _fits(build, buildless, history):
        return Installed(buildless)
    return Installed(None, (_unlisted(facts, build, rows, history),), f"no release on record has build {build}")


def _fits(build: Build, buildless: Release, history: History) -> bool:
    """Whether a build that no row has may be that of a row without one: none that is newer reached it already, and
    it is not below the ones before. This only refutes; it never places a build."""
    others = [row for row in history.out if row.build and row.build.number == build.number]
    newer = [row.build for row in others if _before(buildless, row)]
    older = [row.build for row in others if _before(row, buildless) and row.is_baseline]
    return all(each and each > build for each in newer) and all(each and each < build for each in older)


def _before(row: Release, other: Release) -> bool:
    return row.date is not None and other.date is not None and row.date < other.date


def _by_kbs(facts: Facts, history: History) -> Installed:
    newest = _newest_listed(facts, history)
    if newest is not None:
        return Installed(newest)
    if facts.build:
        why = f"build {facts.build} has no revision, and no KB decides"
        return Installed(None, (found("HP307", "no_revision", seen={"build": facts.build}, build=facts.build),), why)
    return Installed(None, (), "neither a build with its revision nor a KB that decides is known")


def _newest_listed(facts: Facts, history: History, *, with_build: bool = True) -> Release | None:
    """The newest operating-system update among the KBs; `with_build` False takes only rows without a build."""
    listed = [
        row
        for row in history.out
        if row.kb in facts.kbs and row.component is None and (with_build or row.build is None)
    ]
    return max(listed, key=lambda row: (row.date or date.min, row.build or Build(0, 0)), default=None)


def _shared(facts: Facts, rows: list[Release]) -> Installed:
    listed = [row for row in rows if row.kb in facts.kbs]
    if len(listed) == 1:
        return Installed(listed[0])
    kbs = " and ".join(row.name for row in rows)
    seen = {"build": facts.build, **({"kbs": list(facts.kbs)} if facts.kbs else {})}
    finding = found("HP304", "shared", seen=seen, build=facts.build, kbs=kbs)
    return Installed(None, (finding,), f"build {facts.build} belongs to {kbs}")


def _contradictions(facts: Facts, release: Release, history: History) -> tuple[Finding, ...]:
    """A KB that would have raised the build further than it is; and where the KB of the build is not listed, one of
    the same day or later."""
    listed = [row for row in history.out if row.kb in facts.kbs and row is not release and row.component is None]
    missing = bool(release.kb) and release.kb not in facts.kbs
    return tuple(
        found(
            "HP304",
            "contradiction",
            seen={"build": facts.build, "kbs": row.kb},
            build=facts.build,
            build_kb=release.name,
            kb=row.kb,
        )
        for row in listed
        if row.build and release.build and (row.build > release.build or (missing and not _before(row, release)))
    )


def _unlisted(facts: Facts, build: Build, rows: list[Release], history: History) -> Finding:
    seen = {"build": facts.build}
    if rows:
        day = min(row.date for row in rows if row.date)
        return found("HP307", "later", seen=seen, build=build, date=day, as_of=history.as_of)
    builds = [row.build for row in history.out if row.build and row.build.number == build.number]
    if builds and build < min(builds):
        return found("HP307", "older", seen=seen, build=build, oldest=min(builds))
    if builds and build > max(builds):
        return found("HP307", "newer", seen=seen, build=build, newest=max(builds))
    return found("HP307", "unlisted", seen=seen, build=build)
