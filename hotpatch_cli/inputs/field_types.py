"""Types of machine facts: how a text of a user becomes the value, how the value is written again,
and which of two sources' values is more specific.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.tree import Log, Mapping, quoted
from hotpatch_cli.inputs.updates import pending_of, waiting
from hotpatch_cli.model import (
    PLATFORMS,
    Build,
    HostRelease,
    Image,
    LicenseStatus,
    PendingUpdate,
    SourceValue,
    SourceWord,
)
from hotpatch_cli.schedule.zones import find_zone, is_obsolete

T = TypeVar("T")
_IMAGE_PARTS = 4
_MOMENT = "Use the format YYYY-MM-DDTHH:MM+HH:MM, such as 2026-01-17T22:00+01:00."
_BOOLEAN_WORDS = ("true", "false", "yes", "no", "on", "off")

# --- joining: the more specific of two values; None where they conflict ---------------------


def equal(one: Any, other: Any) -> Any:
    """Values agree where they are equal; of texts, letter case and spaces do not matter."""
    return one if one == other or plain(one) == plain(other) else None


def plain(value: Any) -> Any:
    """A text without letter case and spaces; any other value as it is."""
    if isinstance(value, SourceValue):
        value = value.text
    return re.sub(r"\s", "", value).casefold() if isinstance(value, str) else value


def more_specific_build(
    one: SourceValue[Build], other: SourceValue[Build]
) -> SourceValue[Build] | None:
    """Builds agree where their numbers do; the one with a revision is more specific, and an invalid
    build is the least specific.
    """
    first, second = one.meaning, other.meaning
    if first is None or second is None:
        return one if second is None else other
    if first.revision is None or second.revision is None:
        longer = other if first.revision is None else one
        return longer if first.number == second.number else None
    return one if first == second else None


def more_specific_system(one: str, other: str) -> str | None:
    """Names of an operating system agree where release and edition do, so far as they are named."""
    from hotpatch_cli.eligibility.product import parse_system

    return _with_more_parts(one, other, parse_system(one), parse_system(other))


def more_specific_image(one: Image, other: Image) -> Image | None:
    """Images agree where publisher, offer and SKU do, in any letter case.

    A version does not decide.
    """
    if bool(one.id) != bool(other.id):
        return None
    first = [plain(part) for part in one._replace(version=None)]
    second = [plain(part) for part in other._replace(version=None)]
    return _with_more_parts(one, other, first, second)


def _with_more_parts(one: T, other: T, first: Sequence[Any], second: Sequence[Any]) -> T | None:
    """The one with more parts, where no part contradicts the other's."""
    for part, counterpart in zip(first, second, strict=True):
        if part is not None and counterpart is not None and part != counterpart:
            return None
    stated = [sum(part is not None for part in parts) for parts in (first, second)]
    return one if stated[0] >= stated[1] else other


def same_zone(one: str, other: str) -> str | None:
    """Names of a time zone agree where they name the same zone."""
    try:
        return one if find_zone(one) == find_zone(other) else None
    except ValueError:
        return None


def license_over_none(
    one: SourceValue[LicenseStatus], other: SourceValue[LicenseStatus]
) -> SourceValue[LicenseStatus] | None:
    """A license status is more specific than a missing license: a machine's own record may not have
    its license yet.
    """
    if one.meaning is LicenseStatus.NOT_ENROLLED:
        return other
    if other.meaning is LicenseStatus.NOT_ENROLLED:
        return one
    return one if plain(one) == plain(other) else None


# --- values ----------------------------------------


class FactType(NamedTuple):
    """How a fact is read, joined and written.

    `codec` reads it from a node; `more_specific` takes the values of two sources and gives the more
    specific one, or None where they conflict; `write` gives what an inventory has for a value.
    `cell` converts the words of other tools in a table's cell to ours, and `separator` separates
    several values in one cell.
    """

    codec: Codec[Any]
    more_specific: Callable[[Any, Any], Any] = equal
    write: Callable[[Any], Any] = lambda value: value
    cell: Callable[[str], str] | None = None
    separator: str = r"[;,|\n]"


def _mapped(codec: Codec[Any], convert: Callable[[Any], Any]) -> Codec[Any]:
    """A codec whose values are converted further, by something that cannot fail."""

    def read(value: object, mark: int, log: Log) -> Any:
        result = codec.read(value, mark, log)
        return None if result is None else convert(result)

    return Codec(read, codec.schema)


def _advised(fact: "FactType", otherwise: str = "") -> "FactType":
    """A type of words that suggests the word that other tools mean: `arc` for `Azure Arc`."""

    def read(value: object, mark: int, log: Log) -> Any:
        before = len(log.problems)
        result = fact.codec.read(value, mark, log)
        if len(log.problems) > before and isinstance(value, str) and fact.cell:
            word = fact.cell(value.strip())
            problem = log.problems[-1]
            advice = problem.remedy or otherwise
            if word != value.strip():
                advice = f"Did you mean '{word}'?"
            log.problems[-1] = problem._replace(remedy=advice)
        return result

    return fact._replace(codec=Codec(read, fact.codec.schema))


def _pairs(tags: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(tags.items())


def choice(*words: str, also: dict[str, str] | None = None) -> FactType:
    """One of some words, in any letter case; `also` maps further spellings to them."""
    return FactType(c.choice(*words, also=also))


def word(words: type[SourceWord], *accepted: str, also: dict[str, str] | None = None) -> FactType:
    """One of the words of a fact, in any letter case; all of them, or those that are named."""
    known = c.choice(*(accepted or words), also=also)

    def read(value: object, mark: int, log: Log) -> SourceValue[Any] | None:
        return words.parse(known.read(value, mark, log))

    return FactType(Codec(read, known.schema), write=str)


def number(low: int, high: int) -> FactType:
    """A whole number within bounds."""
    return FactType(c.number(low, high))


TEXT = FactType(c.text())
NAME = FactType(c.text(r"[\s\S]*\S[\s\S]*", "A name must contain a visible character."))
NAMES = FactType(c.listing(TEXT.codec, single=True), write=list)
FLAG = FactType(c.boolean)
TAGS = FactType(_mapped(c.table(TEXT.codec), _pairs), write=dict)
WEIGHT = FactType(c.decimal(0, 1_000_000))
WHOLE_MINUTE = FactType(c.whole_minute, write=datetime.isoformat)


def _read_flag_or_moment(value: object, mark: int, log: Log) -> bool | datetime | None:
    """`done: true`, or the moment at which the restart ended."""
    if isinstance(value, str) and re.match(r"\s*[0-9]", value):
        return c.moment.read(value, mark, log)
    if isinstance(value, bool) or str(value).lower() in _BOOLEAN_WORDS:
        return c.boolean.read(value, mark, log)
    log.add(mark, f"Expected true or false, or a date and time, found {quoted(value)}.", _MOMENT)
    return None


DONE = FactType(
    Codec(_read_flag_or_moment, {"anyOf": [c.boolean.schema, c.moment.schema]}),
    write=lambda value: value.isoformat() if isinstance(value, datetime) else value,
)


def _minutes_of(duration: timedelta) -> int:
    return int(duration.total_seconds() // 60)


MINUTES = FactType(
    _mapped(c.number(1, 10080), lambda minutes: timedelta(minutes=minutes)), write=_minutes_of
)


def _platform_of_cell(cell: str) -> str:
    for platform, pattern in _PLATFORM_WORDS:
        if pattern.fullmatch(cell):
            return platform
    return cell


_PLATFORM_WORDS = (
    (
        "azure-local",
        re.compile(
            r"(?i)azure ?-?_?local(?: (?:vm|virtual machine)s?)?|azure ?stack ?hci"
            r"|.*azurestackhci.*"
        ),
    ),
    (
        "arc",
        re.compile(
            r"(?i)(?:(?:server|machine)s? - )?(?:azure )?arc(?:[ -]enabled)?"
            r"(?: (?:server|machine)s?)?|.*hybridcompute.*"
        ),
    ),
    (
        "azure",
        re.compile(r"(?i)azure|(?:azure )?(?:vm|virtual machine)s?|.*microsoft\.compute.*"),
    ),
)
PLATFORM = _advised(
    FactType(c.choice(*PLATFORMS), cell=_platform_of_cell),
    "Outside Azure and Azure Local, hotpatching requires Azure Arc: use arc.",
)


def _power_of_cell(cell: str) -> str:
    state = _POWER_STATE.fullmatch(cell)
    if state is None:
        return cell
    return "on" if state[1].lower() in ("running", "starting") else "off"


_POWER_STATE = re.compile(
    r"(?i)(?:powerstate/|vm )?(running|starting|stopped|stopping|deallocated|deallocating)"
)
POWER = _advised(
    FactType(c.choice("on", "off", also={"true": "on", "false": "off"}), cell=_power_of_cell)
)


def _generation_of_cell(cell: str) -> str:
    generation = re.fullmatch(r"(?i)(?:v|gen(?:eration)? ?)([12])", cell)
    return generation[1] if generation else cell


GENERATION = _advised(FactType(c.number(1, 2), cell=_generation_of_cell))


def parse_zone(text: str) -> str:
    """The name of a time zone, IANA or Windows, as it is written. Raises ValueError."""
    find_zone(text)
    return text


ZONE = FactType(c.parsed(parse_zone, "a time zone"), same_zone)


def machine_zone(name: str | None, mark: int, log: Log) -> str | None:
    """The time zone that a source states for a machine; a name of no zone is a problem.

    An obsolete zone of Windows is missing: its clock isn't known, and a VM can't change its zone.
    """
    if name is None or is_obsolete(name):
        return None
    zone: str | None = ZONE.codec.read(name, mark, log)
    return zone


def _build(text: str) -> SourceValue[Build]:
    build = Build.parse(text.strip())
    if build is None or build.meaning is None:
        raise ValueError(
            f"{quoted(text)} isn't a valid build. "
            "Use the format BUILD.REVISION, such as 26100.7092."
        )
    return build


BUILD = FactType(c.parsed(_build, "a build", c.text_schema()), more_specific_build, write=str)


def _kb(text: str) -> str:
    number_of_kb = re.fullmatch(r"(?:kb)?\s*([0-9]{5,8})", text.strip(), re.IGNORECASE)
    if not number_of_kb:
        raise ValueError(
            f"{quoted(text)} isn't a valid KB. Use KB and the number, such as KB5072033."
        )
    return "KB" + number_of_kb[1]


_KB = c.parsed(_kb, "a KB")
KBS = FactType(c.listing(_KB, single=True), write=list, separator=r"[;,|\n]|\s+(?=[Kk][Bb])")

_PENDING_UPDATE = c.record(
    PendingUpdate,
    {
        "title": Field(TEXT.codec, "title of the update"),
        "kb": Field(_KB, "KB"),
        "kind": Field(
            c.choice("dotnet", "driver", "firmware", "non-security", "other"),
            "what the update is for",
        ),
    },
    "a pending update",
)


def _that_count(updates: Sequence[PendingUpdate]) -> tuple[PendingUpdate, ...]:
    return pending_of(waiting(*update) for update in updates)


def _write_updates(updates: Sequence[PendingUpdate]) -> list[dict[str, str]]:
    return [stated(update) for update in updates]


def stated(record: Any) -> dict[str, Any]:
    """The fields of a NamedTuple that have a value."""
    return {key: value for key, value in record._asdict().items() if value}


PENDING = FactType(
    _mapped(c.listing(_PENDING_UPDATE), _that_count),
    write=_write_updates,
    separator=r"[;|\n]",  # titles of updates have commas of their own
)


def _host_release(text: str) -> SourceValue[HostRelease]:
    release = HostRelease.parse(text)
    if release is None or release.meaning is None:
        raise ValueError(
            f"{quoted(text)} isn't a valid Azure Local version. "
            "Use the format YYH2 or YYMM, such as 23H2 or 2503."
        )
    return release


HOST_RELEASE = FactType(c.parsed(_host_release, "an Azure Local version"), write=str)
SYSTEM = FactType(TEXT.codec, more_specific_system)
LICENSE = word(
    LicenseStatus,
    *("Enabled", "Enabling", "Disabled", "Disabling", "Failed", "Unknown"),
    *("Pending", "Canceled", "Not Enrolled", "Action Required"),  # as the portal writes it
)._replace(more_specific=license_over_none)


# --- images ----------------------------------------


def parse_image(text: str) -> Image:
    """An image from a URN `publisher:offer:sku[:version]`, a resource id, or a container image's
    name.

    A display name becomes an image whose SKU it is, so that it is judged. Raises ValueError.
    """
    text = text.strip()
    if text.lower().startswith(("/subscriptions/", "/sharedgalleries/", "/communitygalleries/")):
        return Image(id=text)
    if "/" in text.split(":", 1)[0]:
        return Image(container=text)
    parts = text.split(":")
    if len(parts) in (_IMAGE_PARTS - 1, _IMAGE_PARTS) and all(part.strip() for part in parts):
        return Image(*parts)
    if re.match(r"(microsoft )?windows server \S", text, re.IGNORECASE):
        return Image("MicrosoftWindowsServer", "WindowsServer", text)
    raise ValueError(
        f"{quoted(text)} isn't a valid image. "
        "Use the format publisher:offer:sku[:version], or a resource id."
    )


def image_type(parts: dict[str, Field]) -> FactType:
    """An image as a text, or as a mapping of its parts."""
    as_record = c.record(Image, parts, "an image")
    as_text = c.parsed(parse_image, "an image")

    def read(value: object, mark: int, log: Log) -> Image | None:
        codec = as_record if isinstance(value, Mapping) else as_text
        image = codec.read(value, mark, log)
        return None if image == Image() else image

    schema = {"anyOf": [{"type": "string"}, as_record.schema]}
    return FactType(Codec(read, schema), more_specific_image, write_image)


def write_image(image: Image) -> Any:
    """A URN where all of it is known; otherwise what is known, by its names."""
    if image.container:
        return None
    if image.id:
        return {"id": image.id}
    parts = [image.publisher, image.offer, image.sku]
    if image.version:
        parts.append(image.version)
    if all(map(_fits_in_urn, parts)):
        return ":".join(map(str, parts))
    return stated(image) or None


def _fits_in_urn(part: str | None) -> bool:
    return bool(part) and ":" not in part and "/" not in part and part == part.strip()  # type: ignore[operator, union-attr]  # bool() looked at it


def _read_flag_or_name(value: object, mark: int, log: Log) -> Image | None:
    """`container: true`, or the name of the container image."""
    if isinstance(value, str) and value.lower() not in _BOOLEAN_WORDS:
        name = TEXT.codec.read(value, mark, log)
    else:
        name = "a Windows container" if c.boolean.read(value, mark, log) else None
    return Image(container=name) if name else None


CONTAINER = FactType(
    Codec(_read_flag_or_name, {"anyOf": [{"type": "boolean"}, {"type": "string"}]}),
    write=lambda image: image.container,
)
