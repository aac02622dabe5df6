"""HP101 to HP110: the image, the edition, the release, and the shape of the machine.

Source: https://learn.microsoft.com/en-us/windows-server/get-started/hotpatch
"""

import re
from collections.abc import Iterator
from datetime import date

from hotpatch_cli.eligibility.product import System, listed, parse_system, plain, product_of
from hotpatch_cli.knowledge.rows import PRODUCT_NAMES, ImageRow, Matrix, holds
from hotpatch_cli.model import Facts, Finding, Image, found

PUBLISHER, OFFER = "MicrosoftWindowsServer", "WindowsServer"


def check_image(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP101, HP102, HP103, HP110, HP401: whether the image is one that hotpatches."""
    image = facts.image
    if facts.restored:
        yield found("HP102", "restored", seen={"restored": True})
    elif facts.built:
        yield found("HP102", "built", seen={"image": facts.built}, builder=facts.built)
    elif image is None:
        yield found("HP401", seen={"image": None})
    elif image.container:
        yield found("HP103", seen={"image": image.container}, image=image.container)
    elif image.id:
        yield found("HP102", "gallery", seen={"image": image.id}, image=image.id)
    elif (row := listed(image, matrix, facts.platform)) is not None:
        yield from _dated(image, row, as_of)
        yield from _spelling(image, row)
    elif missing := _missing_parts(image, matrix):
        yield found("HP401", "partial", seen={"image": image}, missing=missing)
    else:
        yield _not_supported(image, matrix, facts.platform)


def _dated(image: Image, row: ImageRow, as_of: date) -> Iterator[Finding]:
    if as_of < row.from_day:
        yield found("HP101", "not_yet", seen={"image": image}, image=image, since=row.from_day)


def _spelling(image: Image, row: ImageRow) -> Iterator[Finding]:
    written, exact = (image.publisher, image.offer, image.sku), (row.publisher, row.offer, row.sku)
    if tuple(map(plain, written)) != tuple(map(plain, exact)):
        yield found("HP110", seen={"image": image}, observed=image, exact=row.urn)


def _missing_parts(image: Image, matrix: Matrix) -> str:
    """The parts of publisher, offer and SKU that are not stated, where what is stated could still be supported."""
    parts = {"publisher": image.publisher, "offer": image.offer, "sku": image.sku}
    missing = [name for name, part in parts.items() if not part]
    fits = any(
        all(not part or plain(part) == plain(getattr(row, name)) for name, part in parts.items())
        for row in matrix.images
    )
    return " and ".join(missing) if missing and fits else ""


def _not_supported(image: Image, matrix: Matrix, platform: str | None) -> Finding:
    """HP101 with the nearest supported image, and why a look-alike is not it."""
    sku = plain(image.sku)
    named = [row for row in matrix.images if platform is None or platform in row.platforms]
    same_sku = [row for row in named if plain(row.sku) == sku]
    if same_sku:
        wrong = image.publisher if plain(image.publisher) != plain(PUBLISHER) else image.offer
        nearest = same_sku[0].urn
        return found("HP101", "publisher", seen={"image": image}, image=image, publisher=wrong or "?", nearest=nearest)
    for lookalike in matrix.lookalikes:
        if re.fullmatch(lookalike.pattern, sku, re.IGNORECASE):
            instead = [row.urn for each in lookalike.instead for row in named if row.sku == each]
            nearest = " or ".join(instead) or _nearest(sku, named)
            return found("HP101", "look_alike", seen={"image": image}, image=image, why=lookalike.why, nearest=nearest)
    return found("HP101", "not_listed", seen={"image": image}, image=image, nearest=_nearest(sku, named))


def _nearest(sku: str, rows: list[ImageRow]) -> str:
    """The supported SKU whose name is nearest, of the same year where the name has one."""
    from difflib import SequenceMatcher

    year = re.search(r"20(?:22|25)", sku)
    same_year = [row for row in rows if year and row.sku.startswith(year[0])] or rows
    return max(same_year, key=lambda row: SequenceMatcher(None, row.sku, sku[:120]).ratio()).urn


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
    start = min((phase.from_day for phase in matrix.arc_phases), default=date.min)
    if as_of < start:
        yield found("HP105", "before_preview", seen=seen, preview_date=start)


def _edition(text: str, system: System, matrix: Matrix) -> Iterator[Finding]:
    seen = {"os": text}
    if system.edition == "azure edition":
        yield found("HP104", "azure_edition", seen=seen, os=text)
    elif system.edition == "Evaluation":
        yield found("HP402", "evaluation", seen=seen, os=text)
    elif system.edition is None:
        yield found("HP402", "edition", seen=seen, os=text)
    elif system.edition not in {row.edition for row in matrix.editions}:
        yield found("HP104", "edition", seen=seen, os=text)


def check_shape(facts: Facts, _matrix: Matrix, _as_of: date) -> Iterator[Finding]:
    """HP106 and HP107: orchestration of a scale set, generation of the VM."""
    if facts.scale_set == "uniform":
        yield found("HP106", seen={"scale_set": facts.scale_set})
    if facts.generation == 1:
        yield found("HP107", seen={"generation": facts.generation})


def check_end(facts: Facts, matrix: Matrix, as_of: date) -> Iterator[Finding]:
    """HP108: the product's last hotpatch month is past."""
    product = product_of(facts, matrix)
    last = matrix.event(product, "last-hotpatch-month", as_of)
    if product and last and as_of > last.day:
        name, month = PRODUCT_NAMES[product], f"{last.day:%B %Y}"
        yield found("HP108", seen={"image": facts.image}, product=name, last_month=month, as_of=as_of)


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
                yield found("HP109", variant, seen=seen, regions=regions, until=row.until, **shown)
