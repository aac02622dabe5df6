"""Which Windows a fact names: the words of an operating system, an image, a build, or a KB.

No fact is preferred to another: a machine has a product where all that name one agree.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from hotpatch_cli.knowledge.records import ImageRow, Matrix, Product
from hotpatch_cli.model import Build, Facts, Image, meaning_of

_PRODUCTS: dict[str | None, Product] = {"2022": "ws2022", "2025": "ws2025"}
_FOLDED = r"[\s\-\u2010-\u2015\u2212]+"
_SERVER = (
    r"(?i)(?<!sql )(?<!sql)(?:windows\s*)?server[\s\u00ae]*(?:\(r\)\s*)?(?:iot\s*)?"
    r"(?P<year>20\d\d)(?!\d)(?P<second>\s*r2)?|\bws(?P<short>20\d\d)\b"
)
_CHANNEL = (
    r"(?i)windows\s*server[,\s]*(?:version\s*)?"
    r"(?P<channel>1709|1803|1809|1903|1909|2004|20H2|23H2)\b"
)
_YEARLESS = r"(?i)windows\s*server\b(?!.*\b(?:vnext|insider|preview)\b)"
_HOST = r"(?i)azure\s*stack\s*hci|\bazure\s*local\b"
_WINDOWS = r"(?i)windows|\bws20\d\d\b|(?<!sql )(?<!sql)server 20(?:08|12|16|19|22|25)\b"
_CLIENT = r"(?i)windows\s*(?:xp|vista|7|8(?:\.1)?|10|11)\b"
_OTHERS = (
    r"(?i)linux|ubuntu|debian|red ?hat|rhel|centos|suse|sles|oracle|alma|rocky|fedora|mariner|"
    r"photon|esxi|vmware|macos|bsd"
)
_EDITIONS = (
    ("azure edition", r"(?i)azure\s*edition|serverturbine"),
    ("Evaluation", r"(?i)eval"),
    ("IoT", r"(?i)\biot\b"),
    ("Datacenter", r"(?i)(?:\b|server)data\s*cent(?:er|re)"),
    ("Standard", r"(?i)(?:\b|server)standard"),
    ("Essentials", r"(?i)\bessentials"),
    ("Foundation", r"(?i)\bfoundation\b"),
)
_NICKNAMES = {
    "std": "Standard",
    "stnd": "Standard",
    "dc": "Datacenter",
    "dtc": "Datacenter",
    "ess": "Essentials",
    "ae": "Azure Edition",
}
_VOCABULARY = ("Windows", "Server", "Standard", "Datacenter", "Essentials", "Foundation")
_RELEASES = ("2000", "2003", "2008", "2012", "2016", "2019", "2022", "2025")
_CHANNELS = ("1709", "1803", "1809", "1903", "1909", "2004", "20H2", "23H2")
"""Releases of the semi-annual channel, and the annual channel's 23H2."""
_CLOSE = 0.7
"""How like a known word another must be to be called a slip of it (difflib; `Standrad` is 0.875).
"""
_NO_EDITION = (
    r"(?i)\b(?:core|desktop|experience|server|full|gui|installation|version|build|x64|bit|ltsc|"
    r"\w*\d\w*)\b"
)
_SKU_YEAR = (
    r"(?i)^\s*(?:\[?smalldisk\]?)?(?:(?:microsoft )?windows[\s-]*server[\s-]*)?(20\d\d)(?!\d)"
)


class System(NamedTuple):
    """The parts of an operating system's name; None where the name lacks one.

    The family is server, client, host (a node of Azure Local), windows (not specified further), or
    other.
    """

    family: str | None = None
    year: str | None = None
    edition: str | None = None


class Windows(NamedTuple):
    """A Windows that a fact can name: its family, its version where it is known, and its name."""

    family: str
    year: str | None
    name: str


ANNUAL_CHANNEL = "23H2"
OFF_RECORD = Windows("off-record", None, "no Windows version on record")
"""The Windows of a build number that isn't listed. It's none of the products: each has one number.
"""
_CLIENT_ONLY = Windows("client", None, "a Windows client")
WINDOWS_OF_BUILD: Mapping[int, tuple[Windows, ...]] = {
    9200: (Windows("server", "2012", "Windows Server 2012"), Windows("client", None, "Windows 8")),
    9600: (
        Windows("server", "2012 R2", "Windows Server 2012 R2"),
        Windows("client", None, "Windows 8.1"),
    ),
    14393: (
        Windows("server", "2016", "Windows Server 2016"),
        Windows("client", None, "Windows 10"),
    ),
    17763: (
        Windows("server", "2019", "Windows Server 2019"),
        Windows("client", None, "Windows 10"),
    ),
    20348: (
        Windows("server", "2022", "Windows Server 2022"),
        Windows("host", None, "Azure Stack HCI 21H2"),
    ),
    20349: (Windows("host", None, "Azure Stack HCI 22H2"),),
    25398: (
        Windows("server", ANNUAL_CHANNEL, "Windows Server, version 23H2 (annual channel)"),
        Windows("host", None, "Azure Local 23H2"),
    ),
    26100: (
        Windows("server", "2025", "Windows Server 2025"),
        Windows("client", None, "Windows 11 24H2"),
        Windows("host", None, "Azure Local 24H2"),
    ),
    **dict.fromkeys((19044, 19045, 22631, 26200, 28000), (_CLIENT_ONLY,)),
}
"""Build number -> the Windows versions that have it. Servers, hosts, and clients share some.

Servers: https://learn.microsoft.com/en-us/windows/release-health/windows-server-release-info
(2026-05-13). Clients and servers: the versions that Microsoft lists in CVE-2026-69525 (2026-09-08),
https://github.com/CVEProject/cvelistV5/blob/main/cves/2026/69xxx/CVE-2026-69525.json. No source
that lists the builds of Azure Stack HCI and Azure Local was read: they identify a node by its build
only where its name states that it is one.
"""


@lru_cache(maxsize=1024)
def parse_system(text: str) -> System:
    """Family, release and edition from `Windows Server 2025 Datacenter`.

    An unknown edition keeps its words, which HP402 then reports: nothing is guessed.
    """
    if re.search(_OTHERS, text) and not re.search(_WINDOWS, text):
        return System("other")
    if re.search(_HOST, text) and not re.search(_SERVER, text):
        return System("host")
    server = re.search(_CHANNEL, text) or re.search(_SERVER, text)
    if server is None and re.search(_CLIENT, text):
        return System("client")
    server = server or re.search(_YEARLESS, text)
    if server is None:
        return System("windows" if re.search("windows", text, re.IGNORECASE) else None)
    return System("server", _year(server), _edition(text, text[server.end() :]))


def _year(server: re.Match[str]) -> str | None:
    """`2025`, `2012 R2` or `23H2`, from the words that name a server."""
    named = server.groupdict()
    year = named.get("channel") or named.get("year") or named.get("short")
    return f"{year} R2" if named.get("second") else year


def _edition(text: str, after: str) -> str | None:
    """The edition by its name, or the words that could be one."""
    known = next((name for name, pattern in _EDITIONS if re.search(pattern, text)), None)
    return known or _rest(after)


EDITIONS = tuple(name for name, _ in _EDITIONS)
"""The editions that are known by name; other words are not an edition."""


def is_release(year: str | None) -> bool:
    """Whether a Windows Server of this name was released: `2022` and `2012 R2`, not `2024`."""
    return year is not None and (year.removesuffix(" R2") in _RELEASES or year.upper() in _CHANNELS)


def suggestion(text: str) -> str | None:
    """The name with typing errors corrected (`Windows Server 2025 Standrad`, `Std`); None where the
    result isn't a known name.
    """
    from difflib import get_close_matches

    mended, known = [], {word.casefold(): word for word in (*_VOCABULARY, *_RELEASES)}
    for word in text[:_LONGEST_NAME].split():
        bare = re.sub(r"\W", "", word).casefold()
        near = get_close_matches(bare, known, 1, _CLOSE)
        mended.append(_NICKNAMES.get(bare) or (known[near[0]] if near else word))
    better = " ".join(mended)
    if re.match(r"20\d\d\b", better):
        better = f"Windows Server {better}"
    system = parse_system(better)
    understood = is_release(system.year) and system.edition in EDITIONS
    return better if understood and better.casefold() != text.strip().casefold() else None


_LONGEST_NAME = 120


def _rest(text: str) -> str | None:
    """The words after the version that could name an edition, without the installation type."""
    words = " ".join(re.sub(_NO_EDITION, " ", re.sub(r"[^\w ]", " ", text)).split())
    return words[:60] or None


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """A name without letter case, spaces, and dashes: to recognize names, not to accept them."""
    return re.sub(_FOLDED, "", text).casefold()


def hyphenated(text: str) -> str:
    """A name in which dashes and inner spaces of every kind are hyphens."""
    return re.sub(_FOLDED, "-", text.strip()).casefold()


def plain(text: str | None) -> str:
    """A name as Azure compares it: letter case and outer spaces don't matter."""
    return (text or "").strip().casefold()


def listed(image: Image, matrix: Matrix, platform: str | None) -> ImageRow | None:
    """The row of the matrix that is this image, recognized after folding dashes and spaces."""
    wanted = tuple(folded(part or "") for part in (image.publisher, image.offer, image.sku))
    for row in matrix.images:
        same = wanted == tuple(map(folded, (row.publisher, row.offer, row.sku)))
        if same and (platform is None or platform in row.platforms):
            return row
    return None


NO_UPDATES: Mapping[str, Product] = MappingProxyType({})


def product_of(
    facts: Facts, matrix: Matrix, updates: Mapping[str, Product] = NO_UPDATES
) -> Product | None:
    """The product that all facts of a machine share, also of one that isn't eligible.

    None where they name none, another Windows, or two of them. `updates` maps a KB to its product.
    """
    named = products_named(facts, matrix, updates)
    return named[0] if len(named) == 1 else None


def products_named(
    facts: Facts, matrix: Matrix, updates: Mapping[str, Product] = NO_UPDATES
) -> tuple[Product, ...]:
    """The products that the facts of a machine name, each once; none where a fact names another
    Windows.
    """
    named = {fact.windows for fact in named_by(facts, matrix, updates)}
    products = {_PRODUCTS.get(fact.year) if fact.family == "server" else None for fact in named}
    return () if None in products else tuple(sorted(filter(None, products)))


class Named(NamedTuple):
    """A fact that names a Windows: the field, its value, the Windows, and the edition where it is
    known.
    """

    field: str
    value: str
    windows: Windows
    edition: str | None = None


def named_by(
    facts: Facts, matrix: Matrix, updates: Mapping[str, Product] = NO_UPDATES
) -> Iterator[Named]:
    """Each fact that names one Windows: image, operating system, build, KBs.

    A build that clients or hosts share with a server names the server where the words or the image
    are of one.
    """
    image = windows_of_image(facts.image, matrix) if facts.image and facts.built is None else None
    if image is not None:
        yield Named("image", str(facts.image), image, image_edition(facts.image, matrix))
    words = facts.os or ""
    system = parse_system(words)
    if system.family in ("client", "host"):
        yield Named("os", words, Windows(system.family, None, words))
    elif system.family == "server" and is_release(system.year):
        yield Named("os", words, _server(system.year), system.edition)
    family = system.family if system.family in ("client", "host", "server") else None
    if family is None and image is not None:
        family = image.family
    years = {
        system.year,
        image.year if image else None,
        *(updates[kb][2:] for kb in facts.kbs if kb in updates),
    }
    yield from _built(
        facts, family, updates, of_product=family == "server" and not years.isdisjoint(_PRODUCTS)
    )
    steps = facts.azure_local.iso_hotpatch
    if steps is not None and image is None and facts.os is None and facts.build is None:
        yield Named(
            "azure_local.iso_hotpatch", str(steps).lower(), _server("2022"), "azure edition"
        )


def _built(
    facts: Facts, family: str | None, updates: Mapping[str, Product], *, of_product: bool
) -> Iterator[Named]:
    """The Windows that build and KBs name.

    Without a family, 26100 may be Windows 11 24H2, which shared its KBs with Windows Server 2025
    until the end of 2025: both count only where they contradict each other, whatever the family is.
    `of_product` is true where other facts name a product.
    """
    installed = [
        Named("kbs", kb, _server(updates[kb][2:]))
        for kb in dict.fromkeys(facts.kbs)
        if kb in updates
    ]
    build = meaning_of(facts.build)
    built = windows_of_build(build, family)
    server = windows_of_build(build, "server")
    if (
        built is None
        and server is not None
        and any(update.windows.year != server.year for update in installed)
    ):
        built = server
    built = built or _off_record(build, of_product=of_product)
    if built is not None:
        yield Named("build", str(facts.build), built)
    several = len({update.windows for update in installed}) > 1
    certain = family == "server" or (family is None and (built is not None or several))
    yield from (update for update in installed if certain or update.windows.year == "2022")


def _off_record(build: Build | None, *, of_product: bool) -> Windows | None:
    """The Windows of an unlisted build number, on a machine whose other facts name a product."""
    if build is None or not of_product or build.number in WINDOWS_OF_BUILD:
        return None
    return OFF_RECORD


def _server(year: str | None) -> Windows:
    return Windows("server", year, f"Windows Server {year}")


def windows_of_build(build: Build | None, family: str | None = None) -> Windows | None:
    """The Windows of a build: among several the one of the family, otherwise the only one.

    None where the number is unknown, or where several Windows have it and no family is given.
    """
    candidates = WINDOWS_OF_BUILD.get(build.number, ()) if build else ()
    fitting = [windows for windows in candidates if windows.family == family]
    if fitting:
        return fitting[0]
    if family is not None and candidates:
        return candidates[0]
    return candidates[0] if len(candidates) == 1 else None


def windows_of_image(image: Image | None, matrix: Matrix) -> Windows | None:
    """The Windows that the publisher and the SKU of a marketplace image name; None where they name
    none.
    """
    if image is None or image.id or image.container:
        return None
    row = listed(image, matrix, None)
    year = row.product[2:] if row else year_of_image(image)
    if year is not None:
        return _server(year)
    client = folded(image.publisher or "").startswith("microsoftwindowsdesktop")
    return Windows("client", None, "a Windows client") if client else None


def image_edition(image: Image | None, matrix: Matrix) -> str | None:
    """`azure edition` for an image of it; None for any other, since SKUs of Datacenter serve more
    than one edition.
    """
    if image is None or not windows_of_image(image, matrix):
        return None
    return "azure edition" if "azureedition" in folded(image.sku or "") else None


def year_of_image(image: Image) -> str | None:
    """The release that the SKU of Microsoft's Windows Server or the offer of a guest image names:
    `sql2022-ws2025`.
    """
    if not image.publisher or folded(image.publisher).endswith("windowsserver"):
        year = re.search(_SKU_YEAR, image.sku or "")
        later = (
            " R2" if year and re.match(r"(?i)[\s-]*r2\b", (image.sku or "")[year.end() :]) else ""
        )
    else:
        year, later = re.search(r"ws(20\d\d)(?:r2)?$", plain(image.offer)), ""
    release = f"{year[1]}{later}" if year else None
    return release if is_release(release) else None
