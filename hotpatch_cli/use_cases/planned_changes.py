"""What plans do with machines, in words."""

from collections.abc import Iterator

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.model import JUDGED_CHANGES, ChangeCounts

_WORDS = {
    "create": "to create",
    "replace": "to replace",
    "update": "to update",
    "unevaluated": "not evaluated",
    "unchanged": "unchanged",
    "destroy": "to destroy",
    "forget": "to remove from the state",
}


def changes_sentence(changes: ChangeCounts | None) -> str:
    """How many machines are changed how; empty without a plan."""
    if changes is None:
        return ""
    judged = ", ".join(_parts(changes, *JUDGED_CHANGES, *_kept(changes)))
    left_out = not_judged(changes)
    said = f"Changes: {judged}." if judged else ""
    return f"{said} {left_out}.".strip() if left_out else said


def not_judged(changes: ChangeCounts | None) -> str:
    """The machines of plans that aren't judged; empty where there is none."""
    if changes is None:
        return ""
    keys = ("destroy", "forget") if not changes.only else ("unchanged", "destroy", "forget")
    parts = ", ".join(_parts(changes, *keys))
    return f"Not judged: {parts}" if parts else ""


def nothing_judged(changes: ChangeCounts | None) -> str:
    """Why a plan leaves no machine to judge; empty where another reason applies."""
    if changes is None or any(getattr(changes, key) for key in JUDGED_CHANGES):
        return ""
    left = [key for key in ("unchanged", "destroy", "forget") if getattr(changes, key)]
    if left == ["destroy"]:
        return f"The plan only destroys {counted(changes.destroy, 'machine')}."
    if not left:
        return "The plan changes no machine." if changes.only else ""
    if not changes.only and "unchanged" in left:
        return ""
    return f"The plan changes no machine to judge ({', '.join(_parts(changes, *left))})."


def _kept(changes: ChangeCounts) -> tuple[str, ...]:
    return () if changes.only else ("unchanged",)


def _parts(changes: ChangeCounts, *keys: str) -> Iterator[str]:
    for key in keys:
        if count := getattr(changes, key):
            yield f"{count:,} {_WORDS[key]}"
