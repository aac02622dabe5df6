"""`--install`: which updates a template for Azure installs."""

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hotpatch_cli.cli.request import option

if TYPE_CHECKING:
    from hotpatch_cli.planning.maintenance_export import Installs

PLATFORM = "platform"
_HINT = "--install"
_KB = re.compile(r"(?:KB)?(\d{5,8})", re.IGNORECASE | re.ASCII)

PlanInstalls = Annotated[
    list[str] | None,
    option("--install", "[RING=]KB", "With -f azure: KB to install, or platform. Repeatable."),
]


def parse_installs(texts: Sequence[str] | None, form: str, rings: Collection[str]) -> "Installs":
    """The updates of all rings, or of one: its own replace those of all. Raises BadParameter."""
    from hotpatch_cli.planning.maintenance_export import ALL_UPDATES, Installs

    if not texts:
        return ALL_UPDATES
    if form != "azure":
        raise typer.BadParameter("Use it with `--format azure`.", param_hint=_HINT)
    kbs: dict[str | None, tuple[str, ...]] = {}
    named = [text for text in texts if text.casefold() != PLATFORM]
    for text in named:
        ring, kb = _ring_and_kb(text)
        if ring is not None and ring not in rings:
            known = ", ".join(sorted(rings)) or "none"
            raise typer.BadParameter(
                f"The fleet has no ring {ring!r}. Rings: {known}.", param_hint=_HINT
            )
        kbs[ring] = (*kbs.get(ring, ()), kb)
    return Installs(kbs, platform=len(named) < len(texts))


def _ring_and_kb(text: str) -> tuple[str | None, str]:
    ring, equals, kb = text.rpartition("=")
    match = _KB.fullmatch(kb.strip())
    if match is None:
        raise typer.BadParameter(
            f"{text!r} isn't valid. Specify a KB, such as KB5073379 or pilot=KB5073379, "
            f"or {PLATFORM}.",
            param_hint=_HINT,
        )
    return (ring.strip() if equals else None), f"KB{match[1]}"
