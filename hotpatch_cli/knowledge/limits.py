"""The limits of the platform that runs a window: dated, sourced rows, read when needed."""

from typing import NamedTuple

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Field
from hotpatch_cli.documents.tree import Log
from hotpatch_cli.knowledge.load import shipped, source_codec, sources_of
from hotpatch_cli.knowledge.records import Source


class Limit(NamedTuple):
    """A limit: its level, its number (minutes for a time, otherwise a count or days), its text, and
    its remedy.

    `answer` is what Azure or the provider of Terraform answers; `threads` show it in public.
    """

    name: str
    level: str
    limit: str
    answer: str
    remedy: str
    source: tuple[Source, ...]
    number: int = 0
    threads: tuple[Source, ...] = ()


def load_limits() -> dict[str, Limit]:
    """The shipped limits by name."""
    document = shipped("limits.yaml")
    log = Log(document)
    sources = source_codec(sources_of(document, log))
    codec = c.record(
        Limit,
        {
            "name": Field(c.text(), "name of the limit", required=True),
            "level": Field(c.choice("error", "warning", "note"), "severity", required=True),
            "number": Field(c.number(0, 100_000), "minutes, days, or a count"),
            "limit": Field(c.text(), "expected value, as text", required=True),
            "answer": Field(c.text(), "what Azure or the provider answers", required=True),
            "remedy": Field(c.text(), "what to do", required=True),
            "source": Field(sources, "a key of `sources`", required=True),
            "threads": Field(sources, "keys of `sources`: public threads that show the answer"),
        },
        "a limit",
    )
    rows = c.listing(codec).read(document.root["limits"], document.root_mark, log) or ()
    log.finish()
    return {row.name: row for row in rows}
