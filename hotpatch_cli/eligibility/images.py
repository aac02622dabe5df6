"""HP101 to HP110, HP216, HP416: the image, the edition, the release, and the shape of the machine.

Source: https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from hotpatch_cli.eligibility.product import (
    EDITIONS,
    WINDOWS_OF_BUILD,
    System,
    folded,
    hyphenated,
    image_edition,
    is_release,
    listed,
    parse_system,
    plain,
    product_of,
    suggestion,
    windows_of_image,
)
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, ImageRow, Lookalike, Matrix, holds
from hotpatch_cli.model import Build, Facts, Finding, Image, make_finding, meaning_of, missing

_LOCAL_GALLERY = r"(?i)/marketplaceGalleryImages/"
_PLAIN_2025 = r"2025-(?:datacenter|standard)(?!-azure-edition)"
_LONGEST = 120
_SLIP = 0.9
"""How like a known publisher another name must be to be called a slip of it (difflib)."""


def check_image(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP101 to HP104, HP110, HP216, HP401, HP416: whether the image is eligible."""
    image = facts.image
    if facts.platform == "azure-local" and (finding := _through_arc(facts, matrix)) is not None:
        yield finding
    elif facts.platform == "azure-local" and _from_iso(facts, matrix):
        yield from _iso_steps(facts, matrix, as_of)
    elif facts.restored:
        yield make_finding("HP102", "restored", seen={"restored": True})
    elif facts.built:
        yield _built(facts.built, image)
    elif image is None:
        yield _no_image(facts)
    elif image.container:
        yield make_finding("HP103", seen={"image": image.container}, image=image.container)
    elif image.id:
        yield _by_id(image.id, facts.platform)
    elif (row := listed(image, matrix, facts.platform)) is not None:
        yield from _dated(image, row, _offered(matrix, facts.platform, as_of), as_of)
        yield from _spelling(image, row, facts)
    elif parts := _missing_parts(image, matrix):
        opened = any(field == "image" for field, _ in facts.unresolved)
        partial = make_finding("HP401", "partial", seen={"image": image}, missing=parts)
        yield missing("HP401", "image", facts) if opened else partial
    else:
        yield _not_supported(image, matrix, _offered(matrix, facts.platform, as_of))


def _through_arc(facts: Facts, matrix: Matrix) -> Finding | None:
    """HP104 for an Azure Local guest that is eligible through Azure Arc: Windows Server 2025
    Standard or Datacenter.

    `Datacenter` with an Azure Edition image is short for Datacenter: Azure Edition.
    """
    image = facts.image
    if image is not None and listed(image, matrix, "azure-local") is not None:
        return None
    system = parse_system(facts.os) if facts.os else System()
    editions = {(row.product[2:], row.edition) for row in matrix.editions}
    if (system.year, system.edition) in editions:
        return make_finding("HP104", "through_arc", seen={"os": facts.os}, named=facts.os)
    sku = hyphenated((image and image.sku) or "")
    if facts.os is None and windows_of_image(image, matrix) and re.match(_PLAIN_2025, sku):
        return make_finding("HP104", "through_arc", seen={"image": image}, named=image)
    return None


def _from_iso(facts: Facts, matrix: Matrix) -> bool:
    """Whether a VM of Azure Local was installed or upgraded from an ISO, to Windows Server 2022
    Azure Edition.

    True where the source states whether the steps of Microsoft's page are done, and where the VM
    runs that edition without a marketplace image of that version.
    https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-edition
    (2023-10-31)
    """
    system = parse_system(facts.os) if facts.os else None
    runs = system is not None and (system.year, system.edition) == ("2022", "azure edition")
    image = facts.image
    if system is not None and not runs and system != System("windows"):
        return False
    if image is not None and image.id and re.search(_LOCAL_GALLERY, image.id):
        return False
    upgraded = windows_of_image(image, matrix)
    if upgraded is not None:
        return runs and upgraded.year != "2022"
    if facts.azure_local.iso_hotpatch is not None:
        return facts.built is None and (image is None or not image.container)
    return runs and (facts.restored or bool(image and image.id))


def _iso_steps(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP101 before hotpatching was offered on Azure Local, otherwise HP216 and HP416."""
    since = min(
        (row.from_day for row in matrix.images if _is_offered_for_iso(row)), default=date.min
    )
    if as_of < since:
        seen = {"azure_local.iso_hotpatch": facts.azure_local.iso_hotpatch}
        yield make_finding("HP101", "iso_not_yet", seen=seen, since=since, as_of=as_of)
        return
    done = facts.azure_local.iso_hotpatch
    if done is None:
        yield make_finding("HP416", seen={"azure_local.iso_hotpatch": None, "os": facts.os})
    elif not done:
        yield make_finding("HP216", seen={"azure_local.iso_hotpatch": False})


def _is_offered_for_iso(row: ImageRow) -> bool:
    return row.product == "ws2022" and "azure-local" in row.platforms


def _built(builder: str, base: Image | None) -> Finding:
    """HP102 for an image that Packer or Image Builder produces, with its base if known."""
    if base is None or base == Image():
        return make_finding("HP102", "built", seen={"image": builder}, builder=builder)
    return make_finding("HP102", "built_on", seen={"image": base}, builder=builder, base=base)


def _no_image(facts: Facts) -> Finding:
    """HP401: no image is stated. An Azure Local VM names a resource, and another list has its
    image.
    """
    named = dict(facts.unresolved).get("image")
    if facts.platform != "azure-local":
        return missing("HP401", "image", facts)
    if named:
        return make_finding("HP401", "local_list", seen={"image": named}, image=named)
    return make_finding("HP401", "local", seen={"image": None})


def _by_id(resource: str, platform: str | None) -> Finding:
    """HP102: a resource ID names a custom image. HP401 for an Azure Local copy of a marketplace
    image, whose ID doesn't identify the image.

    https://learn.microsoft.com/en-us/azure/azure-local/manage/virtual-machine-image-azure-marketplace
    """
    if platform == "azure-local" and re.search(_LOCAL_GALLERY, resource):
        return make_finding("HP401", "local_copy", seen={"image": resource}, image=resource)
    return make_finding("HP102", "gallery", seen={"image": resource}, image=resource)


def _offered(matrix: Matrix, platform: str | None, as_of: date) -> list[ImageRow]:
    """The images of a platform that are offered on a day."""
    named = [row for row in matrix.images if platform is None or platform in row.platforms]
    return [row for row in named if row.from_day <= as_of]


def _dated(image: Image, row: ImageRow, offered: list[ImageRow], as_of: date) -> Iterator[Finding]:
    if as_of < row.from_day:
        nearest = _nearest(image, offered) if offered else "none"
        yield make_finding(
            "HP101",
            "not_yet",
            seen={"image": image},
            image=image,
            since=row.from_day,
            nearest=nearest,
            as_of=as_of,
        )


def _spelling(image: Image, row: ImageRow, facts: Facts) -> Iterator[Finding]:
    """HP110. Azure accepts any letter case; the provider azurerm rejects all but the exact one.

    https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/windows_virtual_machine
    """
    written, exact = (image.publisher, image.offer, image.sku), (row.publisher, row.offer, row.sku)
    if tuple(map(plain, written)) != tuple(map(plain, exact)):
        variant = "declared" if facts.declared else "default"
    elif facts.provider == "azurerm" and written != exact:
        variant = "azurerm"
    else:
        return
    yield make_finding("HP110", variant, seen={"image": image}, observed=image, exact=row.urn)


def _missing_parts(image: Image, matrix: Matrix) -> str:
    """The missing parts of publisher, offer, and SKU, if the stated ones fit a supported image."""
    parts = {"publisher": image.publisher, "offer": image.offer, "sku": image.sku}
    missing = [name for name, part in parts.items() if not part]
    fits = any(
        all(not part or folded(part) == folded(getattr(row, name)) for name, part in parts.items())
        for row in matrix.images
    )
    return " and ".join(missing) if missing and fits else ""


def _not_supported(image: Image, matrix: Matrix, offered: list[ImageRow]) -> Finding:
    """HP101 with the nearest supported image, and why a look-alike isn't supported."""
    lookalike = _lookalike(image, matrix)
    whys = ([lookalike.why] if lookalike else []) + list(_strays(image, matrix))
    if _is_foreign(image, matrix):
        return make_finding("HP101", "elsewhere", seen={"image": image}, image=image)
    nearest = _nearest(image, offered or list(matrix.images))
    if whys:
        why = ", and ".join(whys)
        return make_finding(
            "HP101", "look_alike", seen={"image": image}, image=image, why=why, nearest=nearest
        )
    return make_finding("HP101", "not_listed", seen={"image": image}, image=image, nearest=nearest)


def _is_foreign(image: Image, matrix: Matrix) -> bool:
    """Whether an image is of a client Windows, of Linux, or of another publisher: no supported
    image is near it.

    A publisher that is written almost like one of the matrix is a slip.
    """
    from difflib import SequenceMatcher

    if not image.publisher:
        return not matrix.images
    name = folded(image.publisher)[:_LONGEST]
    known = {folded(row.publisher) for row in matrix.images}
    return all(SequenceMatcher(None, publisher, name).ratio() < _SLIP for publisher in known)


def _lookalike(image: Image, matrix: Matrix) -> Lookalike | None:
    """The look-alike that a SKU is, whichever dashes or spaces it is written with."""
    sku = plain(image.sku)[:_LONGEST]
    for row in matrix.lookalikes:
        if any(re.fullmatch(row.pattern, form, re.IGNORECASE) for form in (sku, hyphenated(sku))):
            return row
    return None


def _strays(image: Image, matrix: Matrix) -> Iterator[str]:
    """Publisher and offer that have no image in the matrix."""
    for name in ("publisher", "offer"):
        part, known = (
            getattr(image, name),
            dict.fromkeys(getattr(row, name) for row in matrix.images),
        )
        if part and known and folded(part) not in map(folded, known):
            yield f"its {name} is {part}, expected {' or '.join(known)}"


def _nearest(image: Image, rows: list[ImageRow]) -> str:
    """The supported image that is nearest by meaning: same year, same installation type (Desktop or
    Core), same disk size.

    Of equals, the one with the most similar name.
    """
    from difflib import SequenceMatcher

    sku = image.sku or ""
    name, year = folded(sku)[:_LONGEST], re.search(r"(?<!\d)20\d\d(?!\d)", sku[:_LONGEST])

    def likeness(row: ImageRow) -> tuple[bool, bool, bool, str, float]:
        return (
            year is not None and row.product[2:] == year[0],
            ("core" in name) == ("core" in row.sku),
            ("smalldisk" in name) == ("smalldisk" in row.sku),
            "" if year is None else row.product,
            SequenceMatcher(None, folded(row.sku), name).ratio(),
        )

    return max(rows, key=likeness).urn


def check_system(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP104, HP105, HP402: whether this Windows version and edition is eligible through Azure Arc.

    A build of another Windows version is not eligible, whatever the name of the operating system
    states. A Windows Server named without a version gets it from the build.
    """
    system = parse_system(facts.os) if facts.os else System()
    releases = {row.product[2:] for row in matrix.editions}
    if (
        system.family == "server"
        and system.year is None
        and _other_windows(facts, releases) is None
    ):
        system = system._replace(year=_year_of_build(meaning_of(facts.build)))
    if (finding := _excluded(facts, system, releases)) is not None:
        yield finding
    elif not facts.os:
        yield make_finding("HP402", seen={"os": None})
    elif not is_release(system.year):
        no_release = system.family in ("server", "windows") and system.year is None
        yield _unrecognized(facts.os, "release" if no_release else "unrecognized")
    else:
        yield from _edition(facts.os, system, matrix)
    start = _arc_start(system, matrix)
    if facts.os and as_of < start:
        seen = {"os": facts.os}
        yield make_finding("HP105", "before_preview", seen=seen, preview_date=start, as_of=as_of)


def _excluded(facts: Facts, system: System, releases: set[str]) -> Finding | None:
    """HP104 and HP105: a Windows that isn't eligible through Azure Arc, by name or by build."""
    seen = {"os": facts.os}
    if system.family == "client":
        return make_finding("HP104", "client", seen=seen, os=facts.os)
    if system.family == "host":
        return make_finding("HP105", "host", seen=seen, os=facts.os)
    if system.edition == "azure edition" and is_release(system.year):
        return make_finding("HP104", "azure_edition", seen=seen, os=facts.os)
    other = _other_windows(facts, releases)
    if other is not None and (
        system.year in releases or not is_release(system.year) or facts.os is None
    ):
        named = f"{facts.os} with build {facts.build}" if facts.os else f"Build {facts.build}"
        return make_finding(
            "HP105", "build", seen={"build": facts.build, **seen}, named=named, windows=other
        )
    if is_release(system.year) and system.year not in releases:
        return make_finding("HP105", "release", seen=seen, os=facts.os)
    return None


def _other_windows(facts: Facts, releases: set[str]) -> str | None:
    """The names of what a build is of, where none of it is a Windows Server of these releases."""
    build = meaning_of(facts.build)
    candidates = WINDOWS_OF_BUILD.get(build.number, ()) if build else ()
    if not candidates or any(
        windows.family == "server" and windows.year in releases for windows in candidates
    ):
        return None
    servers = [windows for windows in candidates if windows.family == "server"]
    is_server = facts.os is not None and parse_system(facts.os).family == "server"
    return " or ".join(
        windows.name for windows in (servers if is_server and servers else candidates)
    )


def _year_of_build(build: Build | None) -> str | None:
    candidates = WINDOWS_OF_BUILD.get(build.number, ()) if build else ()
    return next((windows.year for windows in candidates if windows.family == "server"), None)


def _unrecognized(text: str, variant: str) -> Finding:
    """HP402 for an unrecognized name, with the name that was probably meant."""
    meant = suggestion(text)
    if meant is not None:
        return make_finding("HP402", "meant", seen={"os": text}, os=text, meant=meant)
    return make_finding("HP402", variant, seen={"os": text}, os=text)


def _arc_start(system: System, matrix: Matrix) -> date:
    """The first day of hotpatching through Azure Arc, for this edition where the matrix has it."""
    rows = [
        row
        for row in matrix.editions
        if (row.product[2:], row.edition) == (system.year, system.edition)
    ]
    began = min((phase.from_day for phase in matrix.arc_phases), default=date.min)
    return max(began, min((row.from_day for row in rows), default=date.min))


def _edition(text: str, system: System, matrix: Matrix) -> Iterator[Finding]:
    seen = {"os": text}
    if system.edition == "Evaluation":
        yield make_finding("HP402", "evaluation", seen=seen, os=text)
    elif system.edition is None:
        yield make_finding("HP402", "edition", seen=seen, os=text)
    elif system.edition not in EDITIONS:
        yield _unrecognized(text, "other_edition")
    elif system.edition not in {
        row.edition for row in matrix.editions if row.product[2:] == system.year
    }:
        yield make_finding("HP104", "edition", seen=seen, os=text)


def check_shape(facts: Facts, matrix: Matrix, _as_of: date) -> Iterator[Finding]:
    """HP106 and HP107: the orchestration of a scale set (in Azure only) and the VM's generation."""
    if facts.scale_set == "uniform" and facts.platform == "azure":
        yield make_finding("HP106", seen={"scale_set": facts.scale_set})
    if facts.generation == 1:
        image = facts.image
        if image_edition(image, matrix) == "azure edition":
            yield make_finding(
                "HP107", "image", seen={"generation": 1, "image": image}, image=image
            )
        else:
            yield make_finding("HP107", seen={"generation": 1})


def check_end(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP108: the product's last hotpatch month is past."""
    product = product_of(facts, matrix)
    last = matrix.event(product, "last-hotpatch-month", as_of)
    if product and last and as_of > last.day:
        name, month = PRODUCT_NAMES[product], f"{last.day:%B %Y}"
        seen: dict[str, object] = {"image": facts.image} if facts.image else {"os": facts.os}
        yield make_finding("HP108", seen=seen, product=name, last_month=month, as_of=as_of)


def check_region(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP109: a region that isn't known to offer the product's images yet."""
    product = product_of(facts, matrix)
    for row in matrix.regions:
        if row.product == product and holds(row.from_day, row.until, as_of):
            region = re.sub(r"\s", "", plain(facts.region))
            if region not in row.known:
                regions, seen = ", ".join(row.known), {"region": facts.region}
                variant = "default" if region else "missing"
                shown = {"region": facts.region} if region else {}
                everywhere = row.until + timedelta(days=1)
                yield make_finding(
                    "HP109", variant, seen=seen, regions=regions, everywhere=everywhere, **shown
                )
