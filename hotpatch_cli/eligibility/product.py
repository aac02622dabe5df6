"""Which Windows Server a machine runs: from its image, else from the words of its operating system."""

import re
from functools import lru_cache
from typing import NamedTuple

from hotpatch_cli.knowledge.rows import ImageRow, Matrix, Product
from hotpatch_cli.model import Facts, Image

_YEARS: dict[str, Product] = {"2022": "ws2022", "2025": "ws2025"}
_FOLDED = r"[\s\-\u2010-\u2015\u2212]+"
_SERVER = r"(?i)(?:windows\s*)?server\s*(\d{4})(\s*r2)?|\bws(20\d\d)\b"
_CLIENT = r"(?i)windows\s*(?:xp|vista|7|8(?:\.1)?|10|11)\b"
_OTHERS = (
    r"(?i)linux|ubuntu|debian|red ?hat|rhel|centos|suse|sles|oracle|alma|rocky|fedora|mariner|photon|"
    r"esxi|vmware|macos|bsd"
)
_EDITIONS = (
    ("azure edition", r"(?i)azure\s*edition|serverturbine"),
    ("Evaluation", r"(?i)\beval"),
    ("Datacenter", r"(?i)\bdata\s*cent(?:er|re)"),
    ("Standard", r"(?i)\bstandard"),
    ("Essentials", r"(?i)\bessentials"),
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
    if found := re.search(_SERVER, text):
        year = (found[1] or found[3]) + (" R2" if found[2] else "")
        known = next((name for name, pattern in _EDITIONS if re.search(pattern, text)), None)
        return System("server", year, known or _rest(text[found.end() :]))
    if re.search(_CLIENT, text):
        return System("client")
    if "windows" in text.lower():
        return System("windows")
    return System("other" if re.search(_OTHERS, text) else None)


def _rest(text: str) -> str | None:
    words = " ".join(re.sub(r"[^\w ]", " ", text).split())
    return words[:60] or None


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """A name with letter case, outer and inner spaces and dashes taken away: to recognise, not to accept."""
    return re.sub(_FOLDED, "", text).casefold()


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
