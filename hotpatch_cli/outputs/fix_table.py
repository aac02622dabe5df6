"""What to fix first, as a table."""

from collections.abc import Sequence

from hotpatch_cli.outputs.machine_rows import room_for_names
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.table import Column, TextTable, drawn, few
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.use_cases.fix_ranking import COLLECTED, IN_AZURE, RankedFix

FIXES = 5
"""The number of changes that a terminal shows."""
_COLUMNS = (
    Column("fix first", colored=False),
    Column("makes ready"),
    Column("how", colored=False),
    Column("machines", 1),
    Column("what is wrong", 2, prose=True, least=30),
    Column("restart needed", 3),
)
_RESTARTS = {True: "yes", False: "no", None: "-"}
_COLLECT, _AZURE = "hotpatch collect", "hotpatch check --azure"


def fix_table(fixes: Sequence[RankedFix], options: ViewOptions) -> str:
    """The changes, best first; empty where no machine needs one."""
    if not fixes:
        return ""
    shown = fixes[:FIXES] if options.most is not None else fixes
    rows: list[tuple[str, ...]] = []
    for fix in shown:
        rows += _rows(fix, options)
    rest = len(fixes) - len(shown)
    more = f"... and {counted(rest, 'more fix', 'more fixes')}: --all shows all.\n" if rest else ""
    return drawn(TextTable(_COLUMNS, rows), options) + more


def _rows(fix: RankedFix, options: ViewOptions) -> list[tuple[str, ...]]:
    """A row for the change, and one more for each other way to it."""
    names = [checked.machine.label for checked in fix.alone or fix.machines]
    first, *others = ways(fix)
    title = fix.rules[0].title if len(fix.rules) == 1 else "Facts that no source states"
    row = (
        fix.name,
        effect(fix),
        first,
        few(names, room_for_names(options)),
        title,
        _RESTARTS[fix.restarts],
    )
    return [row, *(("", "", way, "", "", "") for way in others)]


def effect(fix: RankedFix) -> str:
    """How many machines become ready by this change alone, of those that it concerns."""
    if fix.kind == "new-machine":
        return f"new VM: {fix.total:,}"
    if fix.kind == "upgrade":
        return f"upgrade: {fix.total:,}"
    if fix.kind == "missing-facts":
        return f"up to {fix.total_alone:,}"
    return f"{fix.total_alone:,} of {fix.total:,}"


def ways(fix: RankedFix) -> list[str]:
    """The commands that find the missing facts, write the change, or explain it."""
    if fix.kind == "change":
        return ["hotpatch fix"]
    if fix.kind != "missing-facts":
        return [f"hotpatch explain {fix.codes[0]}"]
    codes = set(fix.codes)
    sources = ((COLLECTED, _COLLECT), (IN_AZURE, _AZURE))
    for found, way in sources:
        if codes <= found:
            return [way]
    others = sorted(codes - COLLECTED - IN_AZURE)
    return [
        *(way for found, way in sources if codes & found),
        *(f"hotpatch explain {code}" for code in others),
    ]
