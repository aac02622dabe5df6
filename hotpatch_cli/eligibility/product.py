"""Which Windows Server a machine runs: from its image, else from the words of its operating system."""

import re
from functools import lru_cache
from typing import NamedTuple

from hotpatch_cli.knowledge.rows import ImageRow, Matrix, Product
from hotpatch_cli.model import Facts, Image

_YEARS: dict[str, Product] = {"2022": "ws2022", "2025": "ws2025"}
_FOLDED = r"[\s\-\u2010-\u2015\u2212]+"
_SERVER = (
    r"(?i)(?<!sql )(?<!sql)(?:windows\s*)?server[\s\u00ae]*(?:\(r\)\s*)?(?:iot\s*)?(20\d\d)(?!\d)(\s*r2)?|"
    r"\bws(20\d\d)\b"
)
_WINDOWS = r"(?i)windows|\bws20\d\d\b|(?<!sql )(?<!sql)server 20(?:08|12|16|19|22|25)\b"
_CLIENT = r"(?i)windows\s*(?:xp|vista|7|8(?:\.1)?|10|11)\b"
_OTHERS = (
    r"(?i)linux|ubuntu|debian|red ?hat|rhel|centos|suse|sles|oracle|alma|rocky|fedora|mariner|photon|"
    r"esxi|vmware|macos|bsd"
)
_EDITIONS = (
    ("azure edition", r"(?i)azure\s*edition|serverturbine"),
    ("Evaluation", r"(?i)eval"),
    ("IoT", r"(?i)\biot\b"),
    ("Datacenter", r"(?i)(?:\b|server)data\s*cent(?:er|re)"),
    ("Standard", r"(?i)(?:\b|server)standard"),
    ("Essentials", r"(?i)\bessentials"),
)
_NO_EDITION = r"(?i)\b(?:core|desktop|experience|server|full|gui|installation|version|build|x64|bit|ltsc|\w*\d\w*)\b"
_SKU_YEAR = r"(?i)^\s*(?:(?:microsoft )?windows[\s-]*server[\s-]*)?(20\d\d)(?!\d)"


class System(NamedTuple):
    """What the words of an operating system say; None where they do not."""

    family: str | None = None
    year: str | None = None
    edition: str | None = None


def parse_system(text: str) -> System:
    """Family (server, client, other), release and edition from `Windows Server 2025 Datacenter`.

    An edition that is not known by name stays the words that stand there, so that it is judged, not guessed.
    """
    if re.search(_OTHERS, text) and not re.search(_WINDOWS, text):
        return System("other")
    if found := re.search(_SERVER, text):
        year = (found[1] or found[3]) + (" R2" if found[2] else "")
        known = next((name for name, pattern in _EDITIONS if re.search(pattern, text)), None)
        return System("server", year, known or _rest(text[found.end() :]))
    if re.search(_CLIENT, text):
        return System("client")
    return System("windows" if "windows" in text.lower() else None)


def _rest(text: str) -> str | None:
    """The words after the release that could name an edition; how Windows is installed does not."""
    words = " ".join(re.sub(_NO_EDITION, " ", re.sub(r"[^\w ]", " ", text)).split())
    return words[:60] or None


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """A name with letter case, outer and inner spaces and dashes taken away: to recognise, not to accept."""
    return re.sub(_FOLDED, "", text).casefold()


def hyphenated(text: str) -> str:
    """A name in which dashes and inner spaces of every kind are hyphens."""
    return re.sub(_FOLDED, "-", text.strip()).casefold()


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
    if facts.image is not None:
        row = listed(facts.image, matrix, None)
        product = row.product if row else _by_name(facts.image)
        if product:
            return product
    return _YEARS.get(parse_system(facts.os).year or "") if facts.os else None


def _by_name(image: Image) -> Product | None:
    """The product that the SKU of Microsoft's Windows Server or the offer of a guest image names: `sql2022-ws2025`."""
    if not image.publisher or folded(image.publisher).endswith("windowsserver"):
        year = re.search(_SKU_YEAR, image.sku or "")
    else:
        year = re.search(r"ws(20\d\d)$", plain(image.offer))
    return _YEARS.get(year[1]) if year else None
