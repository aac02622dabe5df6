"""Which Windows Server a machine runs: from its image, else from the words of its operating system."""

import re
from typing import NamedTuple

from hotpatch_cli.knowledge.rows import ImageRow, Matrix, Product
from hotpatch_cli.model import Facts, Image

_YEARS: dict[str, Product] = {"2022": "ws2022", "2025": "ws2025"}
_FOLDED = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
_SERVER = re.compile(r"(?:windows\s*)?server\s*(\d{4})(\s*r2)?|\bws(20\d\d)\b", re.IGNORECASE)
_CLIENT = re.compile(r"windows\s*(?:xp|vista|7|8(?:\.1)?|10|11)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"linux|ubuntu|debian|red ?hat|rhel|centos|suse|sles|oracle|alma|rocky|fedora|mariner|photon|esxi|vmware|macos|bsd",
    re.IGNORECASE,
)
_EDITIONS = (
    ("azure edition", re.compile(r"azure\s*edition|serverturbine", re.IGNORECASE)),
    ("Evaluation", re.compile(r"\beval", re.IGNORECASE)),
    ("Datacenter", re.compile(r"\bdata\s*cent(?:er|re)", re.IGNORECASE)),
    ("Standard", re.compile(r"\bstandard", re.IGNORECASE)),
    ("Essentials", re.compile(r"\bessentials", re.IGNORECASE)),
)


class System(NamedTuple):
    """What the words of an operating system say; None where they do not."""

    family: str | None = None
    year: str | None = None
    edition: str | None = None


def parse_system(text: str) -> System:
    """Family (server, client, other), release and edition from `Windows Server 2025 Datacenter`.

    An edition that is not known by name stays the words that stand there, so that it is judged, not guessed.
    """
    if found := _SERVER.search(text):
        year = (found[1] or found[3]) + (" R2" if found[2] else "")
        known = next((name for name, pattern in _EDITIONS if pattern.search(text)), None)
        return System("server", year, known or _rest(text[found.end() :]))
    if _CLIENT.search(text):
        return System("client")
    if re.search(r"windows", text, re.IGNORECASE):
        return System("windows")
    return System("other" if _OTHERS.search(text) else None)


def _rest(text: str) -> str | None:
    words = " ".join(re.sub(r"[^\w ]", " ", text).split())
    return words[:60] or None


def folded(text: str) -> str:
    """A name with letter case, outer and inner spaces and dashes taken away: to recognise, not to accept."""
    return _FOLDED.sub("", text).casefold()


def plain(text: str | None) -> str:
    """A name as Azure compares it: letter case and outer spaces do not matter."""
    return (text or "").strip().casefold()


def listed(image: Image, matrix: Matrix, platform: str | None) -> ImageRow | None:
    """The row of the matrix that is this image, recognised after folding dashes and spaces."""
    wanted = tuple(folded(part or "") for part in (image.publisher, image.offer, image.sku))
    for row in matrix.images:
        same = wanted == tuple(map(folded, (row.publisher, row.offer, row.sku)))
        if same and (platform is None or platform in row.platforms):
            return row
    return None


def product_of(facts: Facts, matrix: Matrix) -> Product | None:
    """The product, also of a machine that cannot hotpatch; None where the facts do not name it."""
    image = facts.image
    if image is not None and (row := listed(image, matrix, None)):
        return row.product
    if (
        image is not None
        and image.sku
        and plain(image.publisher) in ("microsoftwindowsserver", "", "icrosoftwindowsserver")
    ):
        found = re.match(r"\s*(?:windows server )?(20\d\d)\b", image.sku, re.IGNORECASE)
        return _YEARS.get(found[1]) if found else None
    if image is not None and image.offer and (found := re.search(r"ws(20\d\d)$", plain(image.offer))):
        return _YEARS.get(found[1])
    if facts.os:
        return _YEARS.get(parse_system(facts.os).year or "")
    return None
