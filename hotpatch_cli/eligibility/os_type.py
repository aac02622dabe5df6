"""Is it Windows? One decision for every source, by the strongest sign that has a value.

Publishers of Windows: the built-in policies of Azure Policy for guest configuration,
https://github.com/Azure/azure-policy. Publishers of Linux: images of public templates, since no
list is complete.
"""

import re
from collections.abc import Iterator

from hotpatch_cli.eligibility.product import parse_system, plain
from hotpatch_cli.model import Facts, Image, OsType

_WINDOWS = frozenset(
    (
        *("microsoftwindowsserver", "microsoftwindowsdesktop", "microsoftwindowsserverhpcpack"),
        *(
            "microsoftvisualstudio",
            "microsoftsharepoint",
            "microsoftbiztalkserver",
            "microsoftdynamicsax",
        ),
        *("microsoftdynamicsnav", "microsoftazuresiterecovery", "incredibuild"),
    )
)
_LINUX = frozenset(
    (
        *(
            "canonical",
            "redhat",
            "redhat-rhel",
            "suse",
            "oracle",
            "debian",
            "credativ",
            "openlogic",
            "almalinux",
        ),
        *(
            "resf",
            "rockylinux",
            "rockylinux-x86_64",
            "erockyenterprisesoftwarefoundationinc1653071250513",
        ),
        *(
            "ciq",
            "ctrliqinc1648673227698",
            "eurolinuxspzoo1620639373013",
            "procomputers",
            "kali-linux",
            "cloudlinux",
        ),
        *("kinvolk", "coreos", "clear-linux-project", "microsoftcblmariner", "azureopenshift"),
        *(
            "thefreebsdfoundation",
            "microsoftostc",
            "qubole-inc",
            "datastax",
            "couchbase",
            "scalegrid",
        ),
        *("checkpoint", "paloaltonetworks"),
    )
)
"""Publishers, in lower case, whose images all run the one or the other. A publisher in
neither set is no sign.
"""
_MIXED = frozenset(
    {
        "microsoftsqlserver",
        "microsoft-dsvm",
        "microsoft-ads",
        "batch",
        "microsoft-azure-batch",
        "microsoft-aks",
    }
    | {"center-for-internet-security-inc", "cognosys", "cloud-infrastructure-services", "pivotal"}
)
"""Publishers of both kinds: their offers name the operating system, such as `sql2022-ws2022` and
`sql2019-ubuntu2004`.
"""
_LINUX_OFFER = re.compile(
    r"linux|ubuntu|rhel|red-?hat|sles|suse|centos|debian|alma|rocky|oracle|mariner|bsd|flatcar"
)
_WINDOWS_OFFER = re.compile(r"windows|(?:^|[\W_])(?:ws|win)(?:20\d\d|-|$)|(?:ws|win)20\d\d")
_TYPES: dict[str, OsType] = {"windows": "windows", "linux": "linux", "0": "windows", "1": "linux"}


def os_type(word: object) -> OsType | None:
    """The OS type that a source names: Windows or Linux, 0 or 1 in PowerShell; None for anything
    else.
    """
    return _TYPES.get(str(word).strip().lower()) if isinstance(word, str) else None


def system_of(facts: Facts) -> OsType | None:
    """What a machine runs, by the strongest sign that has a value; None without any sign: the
    machine is judged.
    """
    return next(_signs(facts), None)


def _signs(facts: Facts) -> Iterator[OsType]:
    """The signs of a machine, the strongest first."""
    if facts.os_type:
        yield facts.os_type
    if named := named_system(facts.os):
        yield named
    if facts.image and (published := published_for(facts.image)):
        yield published
    if facts.configured:
        yield facts.configured


def named_system(words: object) -> OsType | None:
    """The type of a named operating system: `Ubuntu 24.04` is Linux, as is every other system that
    isn't Windows. None for anything but words.
    """
    if not isinstance(words, str):
        return None
    family = parse_system(words).family
    if family is None:
        return None
    return "linux" if family == "other" else "windows"


def published_for(image: Image) -> OsType | None:
    """The OS type of a publisher's images; for publishers of both kinds, from the offer."""
    publisher = plain(image.publisher)
    if publisher in _MIXED:
        offer = plain(image.offer)
        if _LINUX_OFFER.search(offer):
            return "linux"
        return "windows" if _WINDOWS_OFFER.search(offer) else None
    if publisher in _LINUX:
        return "linux"
    return "windows" if publisher in _WINDOWS else None
