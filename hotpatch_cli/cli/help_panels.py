"""How help pages are ordered: commands and options in panels, and examples that run as they stand.

In one place, so that an option that several commands share stands in the same panel of all their
pages.
"""

from typing import Any

COMMAND_PANELS = {
    "Judge": ("check", "image", "report", "diff", "waive"),
    "Look ahead": ("calendar", "windows", "plan", "verify", "rollback"),
    "Fleets and their sources": ("init", "convert", "collect", "schema"),
    "Knowledge": ("explain", "matrix", "releases"),
}
PANELS = {
    "What it reads": (
        "--input-format",
        "--prefer",
        "--map",
        "--windows",
        "--matrix",
        "--releases",
        "--waivers",
        "--known",
    ),
    "What it writes": (
        "--format",
        "--output",
        "--all",
        "--explain",
        "--quiet",
        "--no-color",
        "--write-known",
        "--previous",
        "--alarms",
        "--alarm",
        "--json",
    ),
}
"""Panel -> options. What is in none of them is what the command itself is about, and comes first.
"""

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "check": (
        (
            "hotpatch check examples/fleet.yaml --as-of 2025-12-15",
            "the whole fleet, as it stood on a day",
        ),
        (
            "hotpatch check examples/fleet.yaml --only unsupported --explain",
            "what cannot, why, and what to do",
        ),
        (
            "az vm list -o json | hotpatch check - --fail-on unsupported",
            "a gate on what Azure says",
        ),
        (
            "hotpatch check examples/fleet.yaml -f json -o report.json -f html -o report.html",
            "a program, and people",
        ),
    ),
    "image": (
        (
            "hotpatch image MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition",
            "one image",
        ),
        ("hotpatch image - < examples/images.txt", "a list of images, as a gate in a pipeline"),
    ),
    "report": (
        (
            "hotpatch report examples/fleet.yaml --as-of 2025-12-15 -o report.html",
            "one page, with a plan made now",
        ),
        (
            "hotpatch report examples/fleet.yaml --plan plan.json -o report.html",
            "with the plan that was agreed",
        ),
        ("hotpatch report examples/fleet.yaml --no-plan -o report.html", "without a plan"),
    ),
    "calendar": (
        ("hotpatch calendar --year 2025", "the year as it was"),
        (
            "hotpatch calendar --year 2026 --as-of 2026-01-15 --product ws2025",
            "as it looked in January",
        ),
        ("hotpatch calendar --year 2026 -f svg -o year.svg", "a picture for a slide"),
    ),
    "plan": (
        (
            "hotpatch plan examples/fleet.yaml --as-of 2025-12-15",
            "every restart for the next baseline",
        ),
        (
            "hotpatch plan examples/large.yaml --as-of 2026-02-20 -f json -o plan.json",
            "kept, for verify and report",
        ),
        (
            "hotpatch plan examples/large.yaml --as-of 2026-02-20 --deadline 21d",
            "all within three weeks",
        ),
        (
            "hotpatch plan examples/large.yaml --as-of 2026-02-20 -f png -o plan.png",
            "a picture for a slide",
        ),
    ),
    "verify": (
        (
            "hotpatch verify plan.json examples/large.yaml --as-of 2026-02-20",
            "does an edited plan keep every rule?",
        ),
    ),
    "windows list": (
        (
            "hotpatch windows list examples/fleet.yaml --from 2026-01-01 --next 3",
            "when each machine may restart",
        ),
        (
            "hotpatch windows list examples/fleet.yaml --window sunday-night --by window",
            "one window, once",
        ),
        (
            "hotpatch windows list examples/fleet.yaml -f ics -o windows.ics",
            "a calendar to subscribe to",
        ),
    ),
    "windows lint": (
        ("hotpatch windows lint examples/fleet.yaml", "would Azure take these windows?"),
    ),
    "windows export": (
        (
            "hotpatch windows export examples/fleet.yaml --to azure -o configurations.json",
            "as Azure takes them",
        ),
    ),
    "rollback": (
        (
            "hotpatch rollback examples/fleet.yaml --machine net01 --as-of 2025-12-15",
            "what to uninstall, and when",
        ),
    ),
    "diff": (
        (
            "hotpatch diff examples/az-vm-list.json examples/fleet.yaml --as-of 2025-12-15",
            "who would lose hotpatch",
        ),
    ),
    "waive": (
        (
            (
                "hotpatch waive 'img*' HP102 --reason 'moves in March' --owner me "
                "--expires 2026-03-31 --as-of 2025-12-15"
            ),
            "a pattern of names, one rule, until a day",
        ),
    ),
    "convert": (
        (
            "hotpatch convert examples/az-vm-list.json -o fleet.yaml",
            "what Azure says, as an inventory",
        ),
    ),
    "init": (
        ("hotpatch init -o fleet.yaml", "a commented inventory to start from"),
        (
            "hotpatch init --from-azure examples/az-vm-list.json -o fleet.yaml",
            "start from an export",
        ),
    ),
    "explain": (
        ("hotpatch explain hotpatch", "hotpatch itself, in one page"),
        ("hotpatch explain HP303", "what a rule means, and what to do"),
    ),
    "matrix": (("hotpatch matrix --as-of 2025-12-15", "what was supported where on a day"),),
}


def guided(command: Any, name: str) -> Any:
    """A command whose help page has its panels and examples; a group, with all its commands."""
    # a line of the source is none of the page: its paragraphs are folded to the terminal
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    command.rich_help_panel = next(
        (panel for panel, names in COMMAND_PANELS.items() if name in names), None
    )
    if examples := EXAMPLES.get(name):
        command.epilog = _examples(examples)
    for word, subcommand in getattr(command, "commands", {}).items():
        guided(subcommand, f"{name} {word}")
    for param in command.params:
        if getattr(param, "rich_help_panel", None) is None and hasattr(param, "opts"):
            param.rich_help_panel = _panel(param.opts)
    return command


def _panel(flags: list[str]) -> str | None:
    return next(
        (panel for panel, known in PANELS.items() if not set(flags).isdisjoint(known)), None
    )


def _examples(examples: tuple[tuple[str, str], ...]) -> str:
    """A line that says what an example does, above the line to type."""
    return "Examples:\n" + "\n".join(f"  # {what}\n  {line}" for line, what in examples)
