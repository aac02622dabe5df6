"""HP101 to HP110: the image, the edition, the release, and the shape of the machine.

Source: https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from hotpatch_cli.eligibility.product import System, folded, hyphenated, listed, parse_system, plain, product_of
from hotpatch_cli.knowledge.rows import PRODUCT_NAMES, ImageRow, Lookalike, Matrix, Product, holds
from hotpatch_cli.model import Facts, Finding, Image, found, missing

_LOCAL_GALLERY = r"(?i)/marketplaceGalleryImages/"
_LONGEST = 120


def check_image(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP101, HP102, HP103, HP110, HP401: whether the image is one that hotpatches."""
    image = facts.image
    if facts.restored:
        yield found("HP102", "restored", seen={"restored": True})
    elif facts.built:
        yield _built(facts.built, image)
    elif image is None:
        yield _no_image(facts)
    elif image.container:
        yield found("HP103", seen={"image": image.container}, image=image.container)
    elif image.id:
        yield _by_id(image.id, facts.platform)
    elif (row := listed(image, matrix, facts.platform)) is not None:
        yield from _dated(image, row, _offered(matrix, facts.platform, as_of), as_of)
        yield from _spelling(image, row)
    elif parts := _missing_parts(image, matrix):
        opened = any(field == "image" for field, _ in facts.unresolved)
        partial = found("HP401", "partial", seen={"image": image}, missing=parts)
        yield missing("HP401", "image", facts) if opened else partial
    else:
        yield _not_supported(image, matrix, _offered(matrix, facts.platform, as_of), product_of(facts, matrix))


def _built(builder: str, base: Image | None) -> Finding:
    """What Packer or Image Builder makes; the base is named, since it does not help."""
    if base is None or base == Image():
        return found("HP102", "built", seen={"image": builder}, builder=builder)
    return found("HP102", "built_on", seen={"image": base}, builder=builder, base=base)


def _no_image(facts: Facts) -> Finding:
    """Nothing names the image. A VM of Azure Local names a resource, and another list has what that is."""
    named = dict(facts.unresolved).get("image")
    if facts.platform == "azure-local" and named:
        return found("HP401", "local_list", seen={"image": named}, image=named)
    return missing("HP401", "image", facts)


def _by_id(resource: str, platform: str | None) -> Finding:
    """A resource id names a custom image, but for an Azure Local copy of a marketplace image, which tells nothing.

    https://learn.microsoft.com/en-us/azure/azure-local/manage/virtual-machine-image-azure-marketplace
    """
    if platform == "azure-local" and re.search(_LOCAL_GALLERY, resource):
        return found("HP401", "local_copy", seen={"image": resource}, image=resource)
    return found("HP102", "gallery", seen={"image": resource}, image=resource)


def _offered(matrix: Matrix, platform: str | None, as_of: date) -> list[ImageRow]:
    """The images of a platform that are offered on a day."""
    named = [row for row in matrix.images if platform is None or platform in row.platforms]
    return [row for row in named if row.from_day <= as_of]


def _dated(image: Image, row: ImageRow, offered: list[ImageRow], as_of: date) -> Iterator[Finding]:
    if as_of < row.from_day:
        nearest = _nearest(row.sku, offered, row.product) if offered else "none"
        yield found("HP101", "not_yet", seen={"image": image}, image=image, since=row.from_day, nearest=nearest)


def _spelling(image: Image, row: ImageRow) -> Iterator[Finding]:
    written, exact = (image.publisher, image.offer, image.sku), (row.publisher, row.offer, row.sku)
    if tuple(map(plain, written)) != tuple(map(plain, exact)):
        yield found("HP110", seen={"image": image}, observed=image, exact=row.urn)


def _missing_parts(image: Image, matrix: Matrix) -> str:
    """The parts of publisher, offer and SKU that are not stated, where what is stated could still be supported."""
    parts = {"publisher": image.publisher, "offer": image.offer, "sku": image.sku}
    missing = [name for name, part in parts.items() if not part]
    fits = any(
        all(not part or folded(part) == folded(getattr(row, name)) for name, part in parts.items())
        for row in matrix.images
    )
    return " and ".join(missing) if missing and fits else ""


def _not_supported(image: Image, matrix: Matrix, offered: list[ImageRow], product: Product | None) -> Finding:
    """HP101 with the nearest supported image, and why a look-alike is not it."""
    rows = offered or list(matrix.images)
    lookalike = _lookalike(image, matrix)
    wanted = lookalike.instead if lookalike else ()
    instead = [row.urn for sku in wanted for row in rows if row.sku == sku]
    nearest = " or ".join(instead) or _nearest(image.sku or "", rows, product)
    whys = ([lookalike.why] if lookalike else []) + list(_strays(image, matrix))
    if whys:
        why = ", and ".join(whys)
        return found("HP101", "look_alike", seen={"image": image}, image=image, why=why, nearest=nearest)
    return found("HP101", "not_listed", seen={"image": image}, image=image, nearest=nearest)


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
        part, known = getattr(image, name), dict.fromkeys(getattr(row, name) for row in matrix.images)
        if part and known and folded(part) not in map(folded, known):
            yield f"its {name} is {part}, expected {' or '.join(known)}"


def _nearest(sku: str, rows: list[ImageRow], product: Product | None) -> str:
    """The supported image whose SKU is nearest to a name, of the same year where there is one."""
    from difflib import SequenceMatcher

    same_year = [row for row in rows if row.product == product] or rows
    name = folded(sku)[:_LONGEST]
    return max(same_year, key=lambda row: SequenceMatcher(None, folded(row.sku), name).ratio()).urn


def check_system(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP104, HP105, HP402: whether Azure Arc hotpatches this release and edition."""
    text = facts.os
    if not text:
        yield found("HP402", seen={"os": None})
        return
    seen, system = {"os": text}, parse_system(text)
    if system.family == "client":
        yield found("HP104", "client", seen=seen, os=text)
    elif system.family != "server":
        variant = "release" if system.family == "windows" else "unrecognised"
        yield found("HP402", variant, seen=seen, os=text)
    elif system.year not in {row.product[2:] for row in matrix.editions}:
        yield found("HP105", "release", seen=seen, os=text)
    else:
        yield from _edition(text, system, matrix)
    start = _arc_start(system, matrix)
    if as_of < start:
        yield found("HP105", "before_preview", seen=seen, preview_date=start)


def _arc_start(system: System, matrix: Matrix) -> date:
    """The day on which hotpatch through Arc began, for this edition where the matrix has it."""
    rows = [row for row in matrix.editions if (row.product[2:], row.edition) == (system.year, system.edition)]
    began = min((phase.from_day for phase in matrix.arc_phases), default=date.min)
    return max(began, min((row.from_day for row in rows), default=date.min))


def _edition(text: str, system: System, matrix: Matrix) -> Iterator[Finding]:
    seen = {"os": text}
    if system.edition == "azure edition":
        yield found("HP104", "azure_edition", seen=seen, os=text)
    elif system.edition == "Evaluation":
        yield found("HP402", "evaluation", seen=seen, os=text)
    elif system.edition is None:
        yield found("HP402", "edition", seen=seen, os=text)
    elif system.edition not in {row.edition for row in matrix.editions if row.product[2:] == system.year}:
        yield found("HP104", "edition", seen=seen, os=text)


def check_shape(facts: Facts, _matrix: Matrix, _as_of: date) -> Iterator[Finding]:
    """HP106 and HP107: orchestration of a scale set (there are none outside Azure), generation of the VM."""
    if facts.scale_set == "uniform" and facts.platform == "azure":
        yield found("HP106", seen={"scale_set": facts.scale_set})
    if facts.generation == 1:
        yield found("HP107", seen={"generation": facts.generation})


def check_end(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP108: the product's last hotpatch month is past."""
    product = product_of(facts, matrix)
    last = matrix.event(product, "last-hotpatch-month", as_of)
    if product and last and as_of > last.day:
        name, month = PRODUCT_NAMES[product], f"{last.day:%B %Y}"
        seen: dict[str, object] = {"image": facts.image} if facts.image else {"os": facts.os}
        yield found("HP108", seen=seen, product=name, last_month=month, as_of=as_of)


def check_region(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP109: a region that did not offer the product's images yet."""
    product = product_of(facts, matrix)
    for row in matrix.regions:
        if row.product == product and holds(row.from_day, row.until, as_of):
            region = re.sub(r"\s", "", plain(facts.region))
            if region not in row.known:
                regions, seen = ", ".join(row.known), {"region": facts.region}
                variant = "default" if region else "missing"
                shown = {"region": facts.region} if region else {}
                everywhere = row.until + timedelta(days=1)
                yield found("HP109", variant, seen=seen, regions=regions, everywhere=everywhere, **shown)
