"""Records of releases as the plain rows of the release import, and back."""

from hotpatch_cli.knowledge.records import Release, Source
from hotpatch_cli.model import parse_build
from hotpatch_cli.release_import import PageSource, ReleaseRow


def row_of(release: Release) -> ReleaseRow:
    """A release as a row of the import."""
    facts = release._asdict()
    facts["build"] = None if release.build is None else str(release.build)
    facts["source"] = tuple(PageSource(*source) for source in release.source)
    return ReleaseRow(**facts)


def release_of(row: ReleaseRow) -> Release:
    """A row of the import as a record."""
    facts = row._asdict()
    facts["build"] = None if row.build is None else parse_build(row.build)
    facts["source"] = tuple(Source(*source) for source in row.source)
    return Release(**facts)
