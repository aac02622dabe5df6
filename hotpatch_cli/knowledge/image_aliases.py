"""The aliases by which Azure CLI calls images: dated, sourced rows, read when needed."""

from typing import NamedTuple

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Field
from hotpatch_cli.documents.tree import Log
from hotpatch_cli.knowledge.load import shipped, source_codec, sources_of
from hotpatch_cli.knowledge.records import Source


class ImageAlias(NamedTuple):
    """An alias, and the URN of the image that it means."""

    alias: str
    urn: str
    source: tuple[Source, ...]


def load_image_aliases() -> dict[str, ImageAlias]:
    """The shipped aliases, by the alias in lower case: Azure CLI takes them in any letter case."""
    document = shipped("image_aliases.yaml")
    log = Log(document)
    codec = c.record(
        ImageAlias,
        {
            "alias": Field(c.text(), "alias of Azure CLI", required=True),
            "urn": Field(c.text(r"[^:\s]+(?::[^:\s]+){3}"), "URN of the image", required=True),
            "source": Field(
                source_codec(sources_of(document, log)), "a key of `sources`", required=True
            ),
        },
        "an alias",
    )
    rows = c.listing(codec).read(document.root["aliases"], document.root_mark, log) or ()
    log.finish()
    return {row.alias.lower(): row for row in rows}
